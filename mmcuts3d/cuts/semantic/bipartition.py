"""From eigenvector to semantic foreground: MaskCut's rules (CutS3D §3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import label

from .._check import as_array, check_literal
from ..pixel_masks import mask_iou, peak
from .node_split import above_mean, part_of, split_at_mean

MIN_BACKGROUND_CORNERS = 3
CornerRule = Literal['published', 'any_sign', 'largest']


@dataclass(frozen=True)
class Bipartition:
    """A two-sided split of the patch grid.

    Attributes:
        foreground: (h, w) bool, the whole side that was chosen.
        background: (h, w) bool, the other side.
        component: (h, w) bool, its 4-connected part that holds the seed.
        seed: (row, column) of the seed.
        eigenvector: (h, w) float, signed so that the foreground is high.
    """

    foreground: NDArray[np.bool_]
    background: NDArray[np.bool_]
    component: NDArray[np.bool_]
    seed: tuple[int, int]
    eigenvector: NDArray[np.floating]


def bipartition(
    eigenvector: ArrayLike,
    corner_rule: CornerRule = 'published',
    left: NDArray[np.bool_] | None = None,
) -> Bipartition:
    """Split at the mean, choose the foreground side, keep the seed's part.

    The foreground is the side with the largest ``|x|``; if it holds three or
    more of the four corners it is background after all, and the other side
    is taken (objects are rarely in three corners). The seed is the largest
    value of x on the chosen side.

    Args:
        eigenvector: (h, w) float.
        corner_rule: ``'published'``: MaskCut's code counts corners only on
            the side above the mean, so that a peak of negative sign keeps
            its side, corners or not; it depends on the sign that LAPACK
            gives an eigenvector, which :func:`normalized_cut` reproduces.
            ``'any_sign'``, ours: as above, whatever the sign of the
            eigenvector. ``'largest'``: the side with the largest ``|x|``,
            corners or not (TokenCut). Defaults to 'published'.
        left: (h, w) bool, the patches that are nodes of the graph; others
            are on no side, and get the least value of the eigenvector.
            Defaults to None: all.

    Returns:
        :class:`Bipartition`.

    Raises:
        ValueError: If `eigenvector` is not (h, w).
    """
    check_literal('corner_rule', corner_rule, CornerRule)
    x, flipped = orient(eigenvector, left)

    def turn(above: NDArray[np.bool_]) -> bool:
        if corner_rule == 'largest':
            return False
        if flipped and corner_rule == 'published':
            return False
        return num_corners(above) >= MIN_BACKGROUND_CORNERS

    split = split_at_mean(x, turn, left)
    seed = (split.seed // x.shape[1], split.seed % x.shape[1])
    component = component_of(split.foreground, seed)
    return Bipartition(
        split.foreground, split.background, component, seed, split.eigenvector
    )


def sign_matters(
    eigenvector: NDArray[np.floating],
    left: NDArray[np.bool_] | None,
    corner_rule: CornerRule,
) -> bool:
    """Whether a bipartition depends on the sign of the eigenvector.

    Args:
        eigenvector: (h, w) float.
        left: See :func:`bipartition`.
        corner_rule: See :func:`bipartition`.
    """
    if corner_rule != 'published':
        return False
    x, _ = orient(eigenvector, left)
    return num_corners(above_mean(x, left)) >= MIN_BACKGROUND_CORNERS


def orient(
    eigenvector: ArrayLike, left: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.floating], bool]:
    """Sign an eigenvector (h, w) whose largest ``|x|`` is then above the mean.

    Returns:
        The signed eigenvector, and whether the sign was changed.

    Raises:
        ValueError: If `eigenvector` is not (h, w), or `left` of another
            shape or empty.
    """
    x = as_array('eigenvector', eigenvector)
    if x.ndim != 2 or not x.size:
        raise ValueError(
            'Expected argument `eigenvector` to be (h, w), '
            f'but got shape {x.shape}.'
        )
    if left is not None and (left.shape != x.shape or not left.any()):
        raise ValueError(
            f'Expected argument `left` to be {x.shape} with a patch at '
            f'least, but got shape {left.shape} with {int(left.sum())}.'
        )
    values = x if left is None else x[left]
    largest = values.flat[peak(np.abs(values))]
    flipped = bool(largest < values.mean())
    return (-x if flipped else x), flipped


def num_corners(mask: NDArray[np.bool_]) -> int:
    """How many of the four corners of a grid lie in a mask (h, w)."""
    return int(mask[[0, 0, -1, -1], [0, -1, 0, -1]].sum())


def component_of(
    mask: NDArray[np.bool_], seed: tuple[int, int]
) -> NDArray[np.bool_]:
    """The 4-connected part of a mask (h, w) that holds `seed`.

    Empty where the seed lies outside the mask (a constant eigenvector).
    """
    index = seed[0] * mask.shape[1] + seed[1]
    return part_of(mask, index, lambda nodes: label(nodes)[0])


def is_complement(
    cut: Bipartition,
    found: NDArray[np.bool_],
    threshold: float = 0.99,
) -> bool:
    """Whether a cut, either side of it, is all that was not found before.

    Then the cut predicts "the rest" and no object is left (§3.1).
    """
    sides = (cut.foreground, cut.background)
    return max(mask_iou(side, ~found) for side in sides) > threshold
