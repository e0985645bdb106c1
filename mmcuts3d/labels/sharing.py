"""Shares of the images, whatever the number of workers."""

import math
from collections.abc import Sequence

#: Images of a shard at most, and shards of a small set at most: so many that
#: several workers share it out.
SHARD_IMAGES, SMALL_SET_SHARDS = 256, 16


def share_out(
    images: Sequence[int],
    count: int | None = None,
    batch_size: int = 1,
    most: int = SHARD_IMAGES,
) -> list[tuple[int, ...]]:
    """Share images out.

    Args:
        images (Sequence[int]): Their places.
        count (int, optional): Number of shares, some perhaps empty; images
            go round. Defaults to None: neighbours stay together, as they
            lie on the disk.
        batch_size (int): Without ``count``, shares are of whole batches, but
            for the last. Defaults to 1.
        most (int): Without ``count``, images of a share at most, up to a
            whole batch. Defaults to 256.

    Returns:
        list[tuple[int, ...]]: The shares.
    """
    if count is not None:
        return [tuple(images[number::count]) for number in range(count)]
    wanted = min(math.ceil(len(images) / SMALL_SET_SHARDS), most)
    size = max(math.ceil(wanted / batch_size), 1) * batch_size
    return [
        tuple(images[start : start + size])
        for start in range(0, len(images), size)
    ]
