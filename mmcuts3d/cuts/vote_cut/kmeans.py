"""Clusters of numbers: k-means in one dimension, solved exactly.

VoteCut clusters the eigenvector of a normalized cut. On a line the clusters
of the best k-means are intervals, so that dynamic programming finds them
(Wang and Song, 2011), without a start that is drawn and without local minima.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_count
from ..pixel_masks import TIE


def kmeans_1d(values: ArrayLike, k: int) -> NDArray[np.int64]:
    """The k clusters of numbers with the least sum of squares.

    Values of neighbours on the line that differ by at most 1e-6 of the
    largest magnitude are one value: patches of one look differ by rounding
    only.

    Args:
        values: (n,) float, finite, n >= 1.
        k: Number of clusters.

    Returns:
        (n,) int64, the cluster of each value, 0 for the lowest; fewer than k
        clusters where there are fewer values.

    Raises:
        ValueError: If `values` is not (n,) and finite, or `k` below 1.
    """
    check_count('k', k)
    numbers = as_array('values', values).astype(np.float64)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(
            'Expected argument `values` to be (n,) with n >= 1, '
            f'but got shape {numbers.shape}.'
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            'Expected argument `values` to be finite, '
            'but got values NaN or infinite.'
        )
    level_of = _levels(numbers)
    counts = np.bincount(level_of)
    centers = np.bincount(level_of, numbers) / counts
    borders = _borders(centers, counts, min(k, len(counts)))
    return np.searchsorted(borders, level_of, side='right')


def _levels(numbers: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n,) the rank of each number among those that differ."""
    order = np.argsort(numbers, kind='stable')
    steps = np.diff(numbers[order]) > TIE * np.abs(numbers).max()
    ranks = np.concatenate([[0], np.cumsum(steps)])
    level_of = np.empty(len(numbers), np.intp)
    level_of[order] = ranks
    return level_of


def _borders(
    centers: NDArray[np.float64], counts: NDArray[Any], k: int
) -> list[int]:
    """(k - 1,) the first level of each cluster but the lowest."""
    number = len(centers)
    shifted = centers - np.average(centers, weights=counts)
    weight = np.concatenate([[0], np.cumsum(counts)])
    first = np.concatenate([[0], np.cumsum(counts * shifted)])
    second = np.concatenate([[0], np.cumsum(counts * shifted**2)])

    def spread(start: Any, end: Any) -> NDArray[np.float64]:
        """Sum of squares around the mean of levels from `start` to `end`."""
        mass = weight[end] - weight[start]
        moment = first[end] - first[start]
        return np.asarray(second[end] - second[start] - moment**2 / mass)

    # least[e]: the best sum of the levels below e, in the clusters so far.
    least: NDArray[np.float64] = np.full(number + 1, np.inf)
    least[1:] = spread(0, np.arange(1, number + 1))
    starts_of: list[NDArray[np.intp]] = []
    for used in range(1, k):
        ends = range(used + 1, number + 1) if used < k - 1 else [number]
        longer: NDArray[np.float64] = np.full(number + 1, np.inf)
        starts: NDArray[np.intp] = np.zeros(number + 1, np.intp)
        for end in ends:
            sums = least[used:end] + spread(np.arange(used, end), end)
            best = int(np.argmin(sums))
            longer[end], starts[end] = sums[best], used + best
        least = longer
        starts_of.append(starts)
    borders: list[int] = []
    end = number
    for starts in reversed(starts_of):
        end = int(starts[end])
        borders.insert(0, end)
    return borders
