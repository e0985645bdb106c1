"""Compiled loop of farthest-point sampling (numba, on first call).

A plain single-threaded loop in a fixed order: a run repeats to the bit.
Import this module inside functions only: numba takes its time to import.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def farthest(
    clouds: NDArray[np.float64], starts: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    """The points of each cloud, one after the other.

    Args:
        clouds: (b, n, 3) float64.
        starts: (b,) int64, the first choice in each.
        number: How many, from 1 to n.

    Returns:
        (b, number) int64, indices.
    """
    count, size, _ = clouds.shape
    chosen = np.empty((count, number), np.int64)
    nearest = np.empty(size, np.float64)
    for c in range(count):
        nearest[:] = np.inf
        latest = starts[c]
        for m in range(number):
            chosen[c, m] = latest
            nearest[latest] = -1.0  # below any distance: not again
            x, y, z = clouds[c, latest]
            most, best = -1.0, np.int64(0)
            for p in range(size):
                dx = clouds[c, p, 0] - x
                dy = clouds[c, p, 1] - y
                dz = clouds[c, p, 2] - z
                far = min(nearest[p], dx * dx + dy * dy + dz * dz)
                nearest[p] = far
                if far > most:
                    most, best = far, np.int64(p)
            latest = best
    return chosen
