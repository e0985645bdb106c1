"""Spatial Importance and sharpening of a batch of images.

The twin of ``semantic/spatial_importance.py``.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from .._check import check_literal, check_range
from ..semantic.spatial_importance import PairRule

#: Differences below which a depth map is flat, as in the reference.
FLAT = 1e-7


def spatial_importance(
    depth: Tensor, beta: float = 0.45, sigma: float = 3.0
) -> Tensor:
    """``|G_sigma * D - D|``, normalised to [beta, 1] for each image.

    Args:
        depth: (B, h, w) float in [0, 1], on the patch grid.
        beta: Lower bound in [0, 1]. Defaults to 0.45.
        sigma: Width of the Gaussian in patches. Defaults to 3.

    Returns:
        (B, h, w) float32 in [beta, 1]; all 0 for an image of flat depth.

    Raises:
        ValueError: On a depth outside [0, 1], or settings out of range.
    """
    check_range('beta', beta, 0, 1)
    check_range('sigma', sigma, 0, open_low=True)
    if depth.ndim != 3 or 0 in depth.shape[1:]:
        raise ValueError(
            'Expected argument `depth` to be (B, h, w) with no empty axis, '
            f'but got shape {tuple(depth.shape)}.'
        )
    values = depth.float().double()
    if not bool(((values >= 0) & (values <= 1)).all()):
        raise ValueError(
            'Expected argument `depth` to lie in [0, 1] with 0 = nearest, '
            'but got values outside, NaN or infinite.'
        )
    rows, columns = (_blur(side, sigma, values) for side in values.shape[1:])
    blurred = rows @ values @ columns.T
    difference = (blurred - values).abs()
    low = difference.amin(dim=(1, 2), keepdim=True)
    extent = difference.amax(dim=(1, 2), keepdim=True) - low
    flat = extent < FLAT
    share = (1 - beta) * (difference - low) / torch.where(flat, 1, extent)
    return torch.where(flat, 0, share + beta).float()


def _blur(side: int, sigma: float, like: Tensor) -> Tensor:
    """(side, side) float64, the Gaussian filter of the reference."""
    unit = np.eye(side)
    blur = gaussian_filter1d(unit, sigma, axis=0, mode='nearest')
    return torch.from_numpy(blur).to(like.device)


def sharpen(
    affinity: Tensor, importance: Tensor, pair_rule: PairRule = 'mean'
) -> Tensor:
    """W_ij ** (1 - importance_ij), element by element.

    Args:
        affinity: (B, h*w, h*w) float, cosine similarities.
        importance: (B, h, w) float in [0, 1].
        pair_rule: See the reference. Defaults to 'mean'.

    Returns:
        (B, h*w, h*w) float32 in [0, 1], symmetric.

    Raises:
        ValueError: If the two do not belong to the same grid.
    """
    powers = _powers(affinity, importance, pair_rule)
    sharpened = _logarithms(affinity).mul_(powers).exp_()
    sharpened.mul_(affinity > 0)
    if pair_rule == 'row':
        return 0.5 * (sharpened + sharpened.mT)
    return sharpened


def strong_edges(
    affinity: Tensor,
    importance: Tensor,
    tau: float,
    pair_rule: PairRule = 'mean',
) -> Tensor:
    """Which edges exceed a threshold after sharpening; no power is taken.

    W^p > tau is p log W > log tau.

    Args:
        affinity: (B, h*w, h*w) float, cosine similarities.
        importance: (B, h, w) float in [0, 1].
        tau: Threshold in [0, 1].
        pair_rule: See :func:`sharpen`. Defaults to 'mean'.

    Returns:
        (B, h*w, h*w) bool, symmetric where the affinity is.

    Raises:
        ValueError: If the two do not belong to the same grid.
    """
    check_range('tau', tau, 0, 1)
    if pair_rule == 'row':  # a sum of two powers
        return exceeds(sharpen(affinity, importance, pair_rule), tau)
    powers = _powers(affinity, importance, pair_rule)
    positive = affinity > 0
    if tau == 0:
        return positive
    logarithms = _logarithms(affinity).mul_(powers)
    return positive & exceeds(logarithms, float(np.log(tau)))


def exceeds(values: Tensor, threshold: float) -> Tensor:
    """values > threshold, the threshold rounded as numpy rounds it."""
    limit = torch.tensor(threshold, dtype=values.dtype, device=values.device)
    return values > limit


def _logarithms(affinity: Tensor) -> Tensor:
    smallest = float(np.finfo(np.float32).tiny)
    return affinity.float().clamp(min=smallest).log_()


def _powers(
    affinity: Tensor, importance: Tensor, pair_rule: PairRule
) -> Tensor:
    """(B, n, n) exponents of all pairs; of a rule by row (B, n, 1)."""
    check_literal('pair_rule', pair_rule, PairRule)
    exponent = 1 - importance.flatten(1).float()
    if affinity.shape != (*exponent.shape, exponent.shape[1]):
        raise ValueError(
            'Expected argument `affinity` to have one row per patch of '
            f'`importance` {tuple(exponent.shape)}, '
            f'but got {tuple(affinity.shape)}.'
        )
    rows, columns = exponent[:, :, None], exponent[:, None, :]
    if pair_rule == 'mean':
        return 0.5 * rows + 0.5 * columns
    if pair_rule == 'max':
        return torch.minimum(rows, columns)
    if pair_rule == 'product':
        return 1 - (1 - rows) * (1 - columns)
    return rows
