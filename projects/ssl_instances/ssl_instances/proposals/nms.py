"""Non-maximum suppression of masks, by their own overlap (Sec. 4)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmcuts3d.cuts import pairwise_iou


def mask_nms(
    masks: NDArray[np.bool_], scores: ArrayLike, max_iou: float = 0.8
) -> NDArray[np.intp]:
    """Which masks stay when none may repeat a better one.

    From the highest score on, a mask stays unless its IoU with one that
    stays is above `max_iou`. Exact: the overlaps are those of the masks, not
    of their boxes, and of equal scores the first mask comes first.

    Args:
        masks: (n, h, w) bool, none of them empty.
        scores: (n,) float, finite.
        max_iou: In [0, 1]. Defaults to 0.8 (Sec. A.2.1).

    Returns:
        (m,) int, indices of the masks that stay, the highest score first.

    Raises:
        ValueError: On an empty mask, scores of another number or not finite,
            or a `max_iou` out of range.
    """
    values = np.asarray(scores, np.float64)
    if masks.ndim != 3 or values.shape != masks.shape[:1]:
        raise ValueError(
            'Expected arguments `masks` and `scores` to be (n, h, w) and '
            f'(n,), but got {masks.shape} and {values.shape}.'
        )
    if not np.isfinite(values).all():
        raise ValueError(
            'Expected argument `scores` to be finite, but got '
            f'{values[~np.isfinite(values)][0]}.'
        )
    if not 0 <= max_iou <= 1:
        raise ValueError(
            f'Expected argument `max_iou` to be in [0, 1], but got {max_iou}.'
        )
    empty = np.flatnonzero(~masks.any(axis=(1, 2)))
    if len(empty):
        raise ValueError(
            'Expected argument `masks` to hold no empty mask, but got one at '
            f'{int(empty[0])}.'
        )
    repeats = pairwise_iou(masks) > max_iou
    free = np.ones(len(masks), bool)
    kept: list[int] = []
    for place in np.argsort(-values, kind='stable').tolist():
        if free[place]:
            kept.append(place)
            free &= ~repeats[place]
    return np.array(kept, np.intp)
