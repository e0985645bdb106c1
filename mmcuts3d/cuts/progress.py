"""How far the steps of one image are, between two eigenvectors.

A method cuts an image step by step, and each step begins with a semantic cut
of what is left. Whoever has the graph, here or on another device, asks which
patches are found, cuts the rest, and hands the semantic mask over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
