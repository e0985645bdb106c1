"""Shares of the images, whatever the number of workers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Images of a shard at most, and shards of a small set at most: so many that
#: several workers share it out.
SHARD_IMAGES, SMALL_SET_SHARDS = 256, 16


@dataclass(frozen=True)
class Shard:
    """A share of the images, and the part of the store it goes to.

    Attributes:
        number (int): From 0 on; names the journal in the store.
        images (tuple[int, ...]): Indices into the dataset.
        fingerprint (str): That of the job, the same in all shards.
    """

    number: int
    images: tuple[int, ...]
    fingerprint: str


def share_out(
    images: Sequence[int],
    fingerprint: str,
    batch_size: int = 1,
    count: int | None = None,
) -> list[Shard]:
    """Share images out.

    Args:
        images (Sequence[int]): Indices into the dataset.
        fingerprint (str): Of the job.
        batch_size (int): Shards are of whole batches, but for the last.
            Defaults to 1.
        count (int, optional): Number of shards, some perhaps empty; images
            go round. Defaults to None: neighbours stay together, as they
            lie on the disk, at most about 256 in a shard.

    Returns:
        list[Shard]: The shards.
    """
    if count is not None:
        return [
            Shard(number, tuple(images[number::count]), fingerprint)
            for number in range(count)
        ]
    wanted = min(math.ceil(len(images) / SMALL_SET_SHARDS), SHARD_IMAGES)
    size = max(math.ceil(wanted / batch_size), 1) * batch_size
    return [
        Shard(number, tuple(images[start : start + size]), fingerprint)
        for number, start in enumerate(range(0, len(images), size))
    ]
