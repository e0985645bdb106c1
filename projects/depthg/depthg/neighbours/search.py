"""The nearest images of each image, in pieces that memory holds."""

import numpy as np

#: Decimals of a cosine that count: whatever the order of a sum, the same
#: image twice is equally near.
_DECIMALS = 9


def nearest_images(
    descriptors: np.ndarray, number: int, chunk: int = 1024
) -> tuple[np.ndarray, np.ndarray]:
    """The images with the largest cosine, without the image itself.

    Equal to a matrix of all cosines that is sorted, of which never more than
    chunk x chunk are in memory. Of equally near images the first ones are
    taken; cosines that differ by less than 1e-9 are equal.

    Args:
        descriptors (np.ndarray): (n, C) float of length 1, in memory or
            mapped from a file.
        number (int): How many of each, at least 1; where there are not as
            many others, all others.
        chunk (int): Images that are compared at a time. Defaults to 1024.

    Returns:
        tuple: (n, k) int64 indices, the nearest first, and (n, k) float64
        cosines.

    Raises:
        ValueError: If there are fewer than two images, or a setting is below
            1.
    """
    count = len(descriptors)
    for name, value in (('number', number), ('chunk', chunk)):
        if value < 1:
            raise ValueError(
                f'Expected argument `{name}` to be at least 1, but got {value}'
            )
    if count < 2:
        raise ValueError(
            'Expected argument `descriptors` to be of two images at least, '
            f'but got {count}: a neighbour is another image'
        )
    keep = min(number, count - 1)
    indices = np.empty((count, keep), np.int64)
    cosines = np.empty((count, keep), np.float64)
    for begin in range(0, count, chunk):
        rows = np.arange(begin, min(begin + chunk, count))
        mine = descriptors[rows].astype(np.float64)
        best = np.empty((len(rows), 0))
        who = np.empty((len(rows), 0), np.int64)
        for other in range(0, count, chunk):
            columns = np.arange(other, min(other + chunk, count))
            near = mine @ descriptors[columns].astype(np.float64).T
            near = near.round(_DECIMALS)
            near[rows[:, None] == columns] = -np.inf
            best = np.concatenate([best, near], axis=1)
            who = np.concatenate(
                [who, np.broadcast_to(columns, near.shape)], axis=1
            )
            best, who = _first(best, who, keep)
        indices[rows], cosines[rows] = who, best
    return indices, cosines


def _first(
    values: np.ndarray, who: np.ndarray, keep: int
) -> tuple[np.ndarray, np.ndarray]:
    """The largest of each row; of equal ones those that stand first."""
    order = np.argsort(-values, axis=1, kind='stable')[:, :keep]
    return (
        np.take_along_axis(values, order, axis=1),
        np.take_along_axis(who, order, axis=1),
    )
