"""The saliency map of an image, and how much of a mask lies on it (Sec. 4)."""

import numpy as np
from numpy.typing import NDArray


def salient_cluster(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """The one of two clusters that shares fewer patches with the border.

    The paper: "the mask that shares fewer pixels with the image boundary as
    the foreground". Where both share as many, the smaller one is the
    foreground, which the paper leaves open; where they are as large too, the
    second.

    Args:
        labels: (h, w) int, clusters 0 and 1, such as those of k-way spectral
            clustering with k = 2.

    Returns:
        (h, w) bool. Where there is one cluster only, nothing stands out: all
        False.

    Raises:
        ValueError: If `labels` is no map of 0 and 1.
    """
    labels = np.asarray(labels)
    known = np.issubdtype(labels.dtype, np.integer) or labels.dtype == bool
    if labels.ndim != 2 or not labels.size or not known:
        raise ValueError(
            'Expected argument `labels` to be (h, w) integers, but got '
            f'shape {labels.shape} of {labels.dtype}.'
        )
    found = np.unique(labels)
    if not set(found.tolist()) <= {0, 1}:
        raise ValueError(
            'Expected argument `labels` to hold the clusters 0 and 1, but '
            f'got {found.tolist()}.'
        )
    if len(found) < 2:
        return np.zeros(labels.shape, bool)
    on_border = np.ones(labels.shape, bool)
    on_border[1:-1, 1:-1] = False
    second = labels == 1
    first = ~second
    costs = [
        ((side & on_border).sum(), side.sum()) for side in (first, second)
    ]
    return first if costs[0] < costs[1] else second


def share_inside(
    masks: NDArray[np.bool_], region: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """How much of each mask lies in a region.

    The paper calls it the "intersection score" (Sec. A.2.1) and does not say
    what it is divided by; here it is the area of the mask.

    Args:
        masks: (n, h, w) bool.
        region: (h, w) bool.

    Returns:
        (n,) float64 in [0, 1]; 0 for an empty mask.

    Raises:
        ValueError: If the shapes do not agree.
    """
    if masks.shape[1:] != region.shape:
        raise ValueError(
            'Expected argument `region` to be of the size of the masks, '
            f'{masks.shape[1:]}, but got {region.shape}.'
        )
    areas = masks.sum(axis=(1, 2))
    inside = (masks & region).sum(axis=(1, 2))
    return np.asarray(inside / np.maximum(areas, 1), np.float64)
