"""The nearest images of each image, in pieces that memory holds."""

import numpy as np

#: Steps of a cosine that count: whatever the order of a sum, the same image
#: twice is equally near.
_STEPS = 10**9
#: Below the cosine, a key holds the index: the lower, the larger the key.
_INDEX = 2**32


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
        ValueError: If there are fewer than two images, lengths are not 1, or
            a setting is below 1.
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
    lengths = np.linalg.norm(descriptors[:: max(1, count // 1000)], axis=1)
    # Longer ones would leave no room for the index.
    if not np.allclose(lengths, 1, atol=1e-3):
        raise ValueError(
            'Expected argument `descriptors` to have length 1, but got '
            f'lengths from {lengths.min():.4g} to {lengths.max():.4g}'
        )
    keep = min(number, count - 1)
    keys = np.empty((count, keep), np.int64)
    for begin in range(0, count, chunk):
        rows = np.arange(begin, min(begin + chunk, count))
        mine = descriptors[rows].astype(np.float64)
        best = np.empty((len(rows), 0), np.int64)
        for other in range(0, count, chunk):
            columns = np.arange(other, min(other + chunk, count))
            near = mine @ descriptors[columns].astype(np.float64).T
            own = np.rint(near * _STEPS).astype(np.int64)
            own = own * _INDEX + (_INDEX - 1 - columns)
            own[rows[:, None] == columns] = np.iinfo(np.int64).min
            best = np.concatenate([best, own], axis=1)
            if best.shape[1] > keep:
                best = np.partition(best, -keep, axis=1)[:, -keep:]
        keys[rows] = np.sort(best, axis=1)[:, ::-1]
    steps, rest = np.divmod(keys, _INDEX)
    return _INDEX - 1 - rest, steps / _STEPS
