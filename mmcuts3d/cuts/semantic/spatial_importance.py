"""Spatial Importance and the sharpening of affinities (CutS3D §3.3).

Depth edges get high importance; there the affinities are raised towards 1, so
that the semantic cut keeps the border for LocalCut to cut at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from .._check import as_array, check_literal, check_range, check_unit_depth

PairRule = Literal['mean', 'max', 'product', 'row']


@dataclass(frozen=True, kw_only=True)
class Sharpening:
    """Spatial Importance Sharpening of the affinity (§3.3).

    Args:
        beta: Lower bound of Spatial Importance, in [0, 1]. Defaults to 0.45
            (supplement, Table 7).
        sigma: Width of the blur in patches, not stated. Defaults to 3.
        pair_rule: See :func:`sharpen`. Defaults to 'mean'.

    Raises:
        ValueError: On a setting out of range.
    """

    beta: float = 0.45
    sigma: float = 3.0
    pair_rule: PairRule = 'mean'

    def __post_init__(self) -> None:
        check_range('beta', self.beta, 0, 1)
        check_range('sigma', self.sigma, 0, open_low=True)
        check_literal('pair_rule', self.pair_rule, PairRule)

    def __call__(
        self, affinity: ArrayLike, depth: ArrayLike
    ) -> NDArray[np.float32]:
        """Sharpen an affinity (h*w, h*w) by depth (h, w) in [0, 1]."""
        return sharpen(affinity, self.importance(depth), self.pair_rule)

    def importance(self, depth: ArrayLike) -> NDArray[np.float32]:
        """The :func:`spatial_importance` of a depth (h, w) in [0, 1]."""
        return spatial_importance(depth, self.beta, self.sigma)


def spatial_importance(
    depth: ArrayLike, beta: float = 0.45, sigma: float = 3.0
) -> NDArray[np.float32]:
    """``|G_sigma * D - D|``, normalised to [beta, 1] (Eq. 1 and 2).

    Args:
        depth: (h, w) float in [0, 1], on the patch grid.
        beta: Lower bound in [0, 1]. Defaults to 0.45 (supplement, Table 7).
        sigma: Width of the Gaussian in patches, not stated in the paper.
            Defaults to 3.

    Returns:
        (h, w) float32 in [beta, 1]. On a flat depth map nothing is
        important and the map is all 0: sharpening then leaves the
        affinities as they are.

    Raises:
        ValueError: On a depth outside [0, 1], or settings out of range.
    """
    check_range('beta', beta, 0, 1)
    check_range('sigma', sigma, 0, open_low=True)
    depth = check_unit_depth(depth).astype(np.float64)
    blurred: NDArray[np.float64] = gaussian_filter(
        depth, sigma, mode='nearest'
    )
    difference = np.abs(blurred - depth)
    low, high = difference.min(), difference.max()
    if high - low < 1e-7:
        return np.zeros(depth.shape, np.float32)
    importance = (1 - beta) * (difference - low) / (high - low) + beta
    return np.asarray(importance, np.float32)


def sharpen(
    affinity: ArrayLike, importance: ArrayLike, pair_rule: PairRule = 'mean'
) -> NDArray[np.float32]:
    """W_ij ** (1 - importance_ij), element by element (Eq. 3).

    Negative similarities become 0 (a power of them is undefined), and 0
    stays 0 whatever the exponent, so that painted-out patches stay apart.

    Args:
        affinity: (h*w, h*w) float, cosine similarities.
        importance: (h, w) float in [0, 1].
        pair_rule: How two patches' importances become one: ``'mean'``,
            ``'max'``, ``'product'``, or ``'row'`` (the authors' earlier
            work: each row by its own patch; averaged with its transpose,
            since the graph is undirected, so that a rule by column is the
            same). Defaults to 'mean'.

    Returns:
        (h*w, h*w) float32 in [0, 1], symmetric.

    Raises:
        ValueError: If the two do not belong to the same grid.
    """
    check_literal('pair_rule', pair_rule, PairRule)
    weights = np.clip(as_array('affinity', affinity), 0, None)
    exponent = 1 - as_array('importance', importance).ravel()
    exponent = exponent.astype(np.float32)
    if weights.shape != (exponent.size, exponent.size):
        raise ValueError(
            'Expected argument `affinity` to have one row per patch of '
            f'`importance` ({exponent.size}), but got {weights.shape}.'
        )
    # In place from here: the matrix has millions of elements.
    positive = weights > 0
    sharpened = np.log(np.maximum(weights, np.finfo(np.float32).tiny))
    sharpened *= pair_powers(exponent, exponent, pair_rule)
    np.exp(sharpened, out=sharpened)
    sharpened *= positive
    if pair_rule == 'row':
        sharpened = 0.5 * (sharpened + sharpened.T)
    return np.asarray(sharpened, np.float32)


def pair_powers(
    down: NDArray[np.float32], right: NDArray[np.float32], pair_rule: PairRule
) -> NDArray[np.float32]:
    """Exponents of pairs of patches, of which each has one.

    Args:
        down: (n,) float32, of the patches of the rows.
        right: (m,) float32, of those of the columns.
        pair_rule: See :func:`sharpen`.

    Returns:
        (n, m) float32; of the rule 'row' (n, 1), which broadcasts.
    """
    rows, columns = down[:, None], right[None, :]
    if pair_rule == 'mean':
        return 0.5 * rows + 0.5 * columns
    if pair_rule == 'max':
        return np.minimum(rows, columns)
    if pair_rule == 'product':
        return 1 - (1 - rows) * (1 - columns)
    return rows
