"""Compiled mean-field step of many labels (numba, on first call).

Plain single-threaded loops in a fixed order: a run repeats to the bit.
Import this module inside functions only: numba takes its time to import.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ._kernels import LANES


@njit(cache=True)
def update_labels(
    marginals: NDArray[np.float32],
    unary: NDArray[np.float32],
    messages: NDArray[np.float32],
    labels: int,
) -> np.float32:
    """One mean-field step in place; clears the messages.

    Labels lie in pairs, as many as the filter takes together.

    Args:
        marginals: (L, P, 2) float32, of label 2 l + i at [l, :, i]; changed.
        unary: (L, P, 2) float32, log-probabilities.
        messages: (L, P, 2) float32, what the pairwise terms add to them; 0
            afterwards.
        labels: Number of labels, 2 L or 2 L - 1.

    Returns:
        The largest change.
    """
    change, zero = np.float32(0), np.float32(0)
    logits = np.empty(labels, np.float32)
    for p in range(unary.shape[1]):
        top = -np.float32(np.inf)
        for k in range(labels):
            pair, lane = k // LANES, k % LANES
            logits[k] = unary[pair, p, lane] + messages[pair, p, lane]
            messages[pair, p, lane] = zero
            top = max(top, logits[k])
        total = zero
        for k in range(labels):
            logits[k] = np.exp(logits[k] - top)
            total += logits[k]
        for k in range(labels):
            pair, lane = k // LANES, k % LANES
            new = logits[k] / total
            change = max(change, abs(new - marginals[pair, p, lane]))
            marginals[pair, p, lane] = new
    return change
