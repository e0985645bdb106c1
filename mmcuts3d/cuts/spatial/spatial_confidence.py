"""Spatial Confidence: how stable a LocalCut is over tau (CutS3D §3.4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_count, check_range

#: Least confidence inside a mask (Table 5c; supplement, Table 2a). Maps are
#: raw here and in the label store; scores count with it, and so does whoever
#: loads labels to train on them.
MIN_CONFIDENCE = 0.5


def sweep_taus(
    tau_min: float = 0.05, tau_max: float = 0.115, num_cuts: int = 6
) -> NDArray[np.float64]:
    """The T thresholds, linear from `tau_min` to `tau_max`, both included.

    Args:
        tau_min: Defaults to 0.05 (supplement, Table 7).
        tau_max: Defaults to 0.115 (supplement, Table 7).
        num_cuts: T; with 1 only `tau_max` is cut. Defaults to 6 (Table 7).

    Returns:
        (T,) float64, rising.

    Raises:
        ValueError: If `tau_min` is not in (0, `tau_max`].
    """
    check_range('tau_max', tau_max, 0, open_low=True)
    check_range('tau_min', tau_min, 0, tau_max, open_low=True)
    if check_count('num_cuts', num_cuts) == 1:
        return np.array([tau_max])
    return np.linspace(tau_min, tau_max, num_cuts, dtype=np.float64)


def spatial_confidence(
    cuts: ArrayLike, mask: ArrayLike
) -> NDArray[np.float32]:
    """Mean of T binary cuts inside the mask (Eq. 4), without a floor.

    Args:
        cuts: (T, h, w) bool, LocalCuts at rising thresholds.
        mask: (h, w) bool, the instance.

    Returns:
        (h, w) float32, multiples of 1/T inside the mask, 0 outside. The
        paper's least confidence, :data:`MIN_CONFIDENCE`, is applied by who
        uses the map.

    Raises:
        ValueError: If the grids differ or there is no cut.
    """
    stack = as_array('cuts', cuts)
    inside = as_array('mask', mask).astype(bool)
    if stack.ndim != 3 or not len(stack) or stack.shape[1:] != inside.shape:
        raise ValueError(
            'Expected argument `cuts` to be (T, h, w) with T >= 1 and the '
            f'grid of `mask` {inside.shape}, but got shape {stack.shape}.'
        )
    mean = stack.astype(np.float32).mean(axis=0)
    return np.where(inside, mean, 0).astype(np.float32)
