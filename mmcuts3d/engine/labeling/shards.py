"""A share of the images of a labeling job."""

from dataclasses import dataclass


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
