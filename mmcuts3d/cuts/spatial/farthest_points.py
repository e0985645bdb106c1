"""Farthest-point sampling: points that lie far from each other.

Eldar et al., "The Farthest Point Strategy for Progressive Image Sampling",
1997. DepthG (Sick et al., CVPR 2024) chooses by it the places of a feature
map that it compares, so that they spread over depth as well.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_count

Start = Literal['first', 'outermost']


def farthest_points(
    points: ArrayLike,
    number: int,
    start: Start | int | ArrayLike = 'first',
) -> NDArray[np.intp]:
    """Choose points, each the farthest from those chosen before.

    The distance of a point to those that were chosen is that to the nearest
    of them; where several points are equally far, the first one is taken. No
    point is chosen twice, not even where points coincide.

    Args:
        points: (n, 3) finite float, or (b, n, 3), b clouds.
        number: How many, from 1 to n.
        start: The point to begin with: its index, or (b,) indices, one for
            each cloud, which is how a random beginning is given; ``'first'``
            is index 0; ``'outermost'`` the point that is farthest from the
            mean of its cloud. Defaults to 'first'.

    Returns:
        (number,) or (b, number) intp, indices in the order of the choice:
        the first m of them are what is chosen for ``number=m``.

    Raises:
        ValueError: If `points` is of another shape or not finite, there are
            fewer than `number`, or `start` is no index of them.
    """
    array = as_array('points', points)
    if array.ndim not in (2, 3) or array.shape[-1] != 3 or not array.size:
        raise ValueError(
            'Expected argument `points` to be (n, 3) or (b, n, 3) with a '
            f'point at least, but got shape {array.shape}.'
        )
    clouds = np.ascontiguousarray(array, np.float64)
    if not np.isfinite(clouds).all():
        bad = int((~np.isfinite(clouds)).any(-1).sum())
        raise ValueError(
            'Expected argument `points` to be finite, but got '
            f'{bad} points with NaN or infinite coordinates.'
        )
    check_count('number', number)
    if number > array.shape[-2]:
        raise ValueError(
            'Expected argument `number` to be at most the number of points, '
            f'{array.shape[-2]}, but got {number}.'
        )
    from ._farthest_kernel import farthest

    clouds = clouds.reshape(-1, *array.shape[-2:])
    chosen = farthest(clouds, _starts(clouds, start), int(number))
    return np.asarray(chosen, np.intp).reshape(*array.shape[:-2], number)


def _starts(
    clouds: NDArray[np.float64], start: Start | int | ArrayLike
) -> NDArray[np.int64]:
    """(b,) the index to begin with in each cloud, or ValueError."""
    count, size = clouds.shape[:2]
    if isinstance(start, str):
        if start == 'first':
            return np.zeros(count, np.int64)
        if start == 'outermost':
            offset = clouds - clouds.mean(axis=1, keepdims=True)
            return np.asarray((offset**2).sum(axis=2).argmax(axis=1), np.int64)
        raise ValueError(
            f'Expected argument `start` to be one of {get_args(Start)} or '
            f'indices, but got {start!r}.'
        )
    given = as_array('start', start)
    fits = given.dtype.kind in 'iu' and given.shape in ((), (count,))
    if not fits or given.min() < 0 or given.max() >= size:
        raise ValueError(
            f'Expected argument `start` to be an index from 0 to {size - 1}, '
            f'or {count} of them, but got {given.tolist()!r:.80}.'
        )
    return np.broadcast_to(given, (count,)).astype(np.int64)
