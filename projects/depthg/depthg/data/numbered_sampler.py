"""Endless sampling of images that tells one draw of an image from the next."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info
from mmengine.registry import DATA_SAMPLERS
from torch.utils.data import Sampler


@DATA_SAMPLERS.register_module()
class NumberedSampler(Sampler):
    """Shuffled passes over a dataset without end, whose numbers go on.

    Image i of n is drawn as e · n + i in pass e. A dataset makes the seed of
    what is random of it, which so differs in each pass; as nothing else
    decides the order, a training that goes on from a checkpoint sees what it
    would have seen.

    Args:
        dataset (Sized): What is drawn from.
        seed (int): Of the order. Defaults to 0.

    Raises:
        ValueError: If there is nothing to draw from.
    """

    def __init__(self, dataset: Any, seed: int = 0) -> None:
        if not len(dataset):
            raise ValueError(
                'Expected argument `dataset` to have images, but got none'
            )
        self.size = len(dataset)
        self.seed = seed
        self.rank, self.world_size = get_dist_info()

    def __iter__(self) -> Iterator[int]:
        place = draw = 0
        while True:
            rng = np.random.default_rng((self.seed, draw))
            for index in rng.permutation(self.size).tolist():
                if place % self.world_size == self.rank:
                    yield draw * self.size + index
                place += 1
            draw += 1

    def __len__(self) -> int:
        return self.size

    def set_epoch(self, epoch: int) -> None:
        """Not used: there are no epochs."""
