"""Which of several settings is better, where nobody has labeled anything.

The criterion is ours. It has two factors, because either alone is fooled:
masks that come again may be the same two halves of the image each time, and
a cheap cut may take off what only noise joins.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from mmcuts3d.cuts import CutStep

#: Least patches of a side: half of them must still make a picture.
LEAST_GRID = 8


class Stability(NamedTuple):
    """What an image says of a setting.

    Args:
        repeatability (float): In [0, 1], see :func:`repeatability`.
        ncut (float): Mean cost of the semantic cuts, in [0, 2]; 1 where
            nothing was cut.
    """

    repeatability: float
    ncut: float

    @property
    def value(self) -> float:
        """The criterion, in [0, 1]: repeatability · (1 − ncut)."""
        return self.repeatability * max(0.0, 1 - self.ncut)


def half_grids(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two maps of an image that have no patch in common.

    One has every second patch of every second row from the first on, the
    other from the second on, so that noise of patches is another one while
    the image is the same.

    Args:
        features (np.ndarray): (C, h, w) float.

    Returns:
        tuple[np.ndarray, np.ndarray]: (C, h // 2, w // 2) each.

    Raises:
        ValueError: If the grid has less than 8 patches a side.
    """
    height, width = features.shape[1:]
    if min(height, width) < LEAST_GRID:
        raise ValueError(
            f'Expected features of a grid of at least {LEAST_GRID} patches a '
            f'side, but got {height} by {width}'
        )
    even = features[:, : height // 2 * 2, : width // 2 * 2]
    first, second = even[:, ::2, ::2], even[:, 1::2, 1::2]
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def stability(
    steps: Sequence[CutStep], others: Sequence[CutStep], number: int
) -> Stability:
    """How surely an image is cut.

    Args:
        steps (Sequence[CutStep]): Of one of its :func:`half_grids`.
        others (Sequence[CutStep]): Of the other one.
        number (int): N, steps that were asked for.

    Returns:
        Stability: The two factors of the criterion.
    """
    masks, again = (
        [step.local_cut for step in found if step.accepted]
        for found in (steps, others)
    )
    costs = [step.eigenvalue for step in (*steps, *others)]
    known = [cost for cost in costs if np.isfinite(cost)]
    return Stability(
        repeatability(masks, again, number),
        float(np.mean(known)) if known else 1.0,
    )


def repeatability(
    masks: Sequence[np.ndarray], others: Sequence[np.ndarray], number: int
) -> float:
    """How many masks come again, and how well.

    Masks are paired one to one so that the sum of their agreement is
    largest; it is divided by the number of masks that were asked for.
    Agreement is Cohen's kappa of the two masks, patch by patch: 1 where they
    are equal, 0 (or less, which counts 0) where they overlap as much as
    masks of their sizes do by chance. So what says nothing counts nothing:
    no mask, a mask of everything, and the rest of the image around a single
    patch that is another one each time.

    Args:
        masks (Sequence[np.ndarray]): (h, w) bool each.
        others (Sequence[np.ndarray]): (h, w) bool each, of the same image.
        number (int): Masks that were asked for, N.

    Returns:
        float: In [0, 1].
    """
    if not len(masks) or not len(others):
        return 0.0
    agreement = np.array([[kappa(a, b) for b in others] for a in masks])
    pairs = linear_sum_assignment(agreement, maximize=True)
    return float(agreement[pairs].sum() / number)


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
