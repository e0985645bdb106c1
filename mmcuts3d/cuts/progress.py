"""How far the steps of one image are, between two eigenvectors.

A method cuts an image step by step, and each step begins with a semantic cut
of what is left. Whoever has the graph, here or on another device, asks which
patches are found, cuts the rest, and hands the semantic mask over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .semantic.normalized_cut import NormalizedCut
from .semantic.semantic_cut import SemanticCut, SemanticMask
from .spatial.surface import Surface
from .types import CutStep


@dataclass(kw_only=True)
class Progress:
    """The state of one image; it can be pickled.

    Attributes:
        found: (h, w) bool, patches that later semantic cuts leave out.
        steps: The steps so far; when `done`, at least one.
        earlier: The masks of the steps so far, None for a rejected one.
        done: Whether no semantic cut is wanted any more.
    """

    found: NDArray[np.bool_]
    steps: list[CutStep] = field(default_factory=list)
    earlier: list[NDArray[np.bool_] | None] = field(default_factory=list)
    done: bool = False


@dataclass(kw_only=True)
class SurfaceProgress(Progress):
    """The state of one image with depth.

    Attributes:
        surface: Its depth on the patch grid.
    """

    surface: Surface


class Method(Protocol):
    """What :class:`CutS3D` and :class:`MaskCut` share."""

    semantic: SemanticCut

    def advance(self, progress: Any, cut: SemanticMask | None) -> None:
        """Does one step."""


def advanced(
    method: Method, progress: Progress, cut: NormalizedCut | None
) -> Progress:
    """One step of a method from the solution of its normalized cut.

    Args:
        method: The method.
        progress: State of the image.
        cut: Of the patches that :meth:`SemanticCut.mask_of` names; None
            where what is left has no structure.

    Returns:
        The state after the step: a process gives back what it was sent.
    """
    mask = None
    if cut is not None:
        mask = method.semantic.mask_of(
            cut.eigenvector, cut.eigenvalue, progress.found
        )
    method.advance(progress, mask)
    return progress
