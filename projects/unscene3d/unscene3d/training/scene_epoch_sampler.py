"""Draws of scenes that tell the epochs apart."""

from collections.abc import Iterator

from mmengine.dataset import DefaultSampler
from mmengine.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class SceneEpochSampler(DefaultSampler):
    """mmengine's sampler, whose numbers go on from epoch to epoch.

    Scene i of n is drawn as e · n + i in epoch e. A dataset makes the seed of
    its augmentation of it, which so differs in each epoch, and is the same
    when a training goes on from a checkpoint.
    """

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * len(self.dataset)
        return iter([first + index for index in super().__iter__()])
