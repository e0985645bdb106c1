"""Which of several settings is better, where nobody has labeled anything."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment


def repeatability(
    masks: Sequence[np.ndarray], others: Sequence[np.ndarray]
) -> float:
    """How well masks come again when the image is altered.

    Masks are paired one to one so that the sum of their agreement is
    largest; it is divided by the number of masks, of the two the larger.
    Agreement is Cohen's kappa of the two masks, patch by patch: 1 where they
    are equal, 0 (or less, which counts 0) where they overlap as much as
    masks of their sizes do by chance. So what says nothing counts nothing:
    no mask, a mask of everything, and the rest of the image around a single
    patch that is another one each time.

    Args:
        masks (Sequence[np.ndarray]): (h, w) bool each.
        others (Sequence[np.ndarray]): (h, w) bool each, of the altered
            image, in the frame of the first.

    Returns:
        float: In [0, 1].
    """
    if not len(masks) or not len(others):
        return 0.0
    agreement = np.array([[kappa(a, b) for b in others] for a in masks])
    pairs = linear_sum_assignment(agreement, maximize=True)
    return float(agreement[pairs].sum() / max(agreement.shape))


def kappa(mask: np.ndarray, other: np.ndarray) -> float:
    """Cohen's kappa (Cohen, 1960) of two masks, at least 0.

    Args:
        mask (np.ndarray): (h, w) bool.
        other (np.ndarray): (h, w) bool.

    Returns:
        float: In [0, 1]; 0 where one is empty or has everything.
    """
    a, b = float(mask.mean()), float(other.mean())
    by_chance = a * b + (1 - a) * (1 - b)
    if not 0 < a < 1 or not 0 < b < 1:
        return 0.0
    agreed = float((mask == other).mean())
    return max(0.0, (agreed - by_chance) / (1 - by_chance))
