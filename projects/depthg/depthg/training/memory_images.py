"""A small data set that is read once."""

from collections.abc import Mapping
from typing import Any

from torch.utils.data import Dataset

from mmcuts3d.registry import DATASETS


@DATASETS.register_module()
class MemoryImages(Dataset):
    """Keeps the items of a data set in memory.

    For pipelines without chance, such as that of the demo: whatever the
    number of a draw, an image is what it was at the first.

    Args:
        dataset (dict | SegFolder): The images.
    """

    def __init__(self, dataset: Mapping[str, Any] | Any) -> None:
        if isinstance(dataset, Mapping):
            dataset = DATASETS.build(dict(dataset))
        self.dataset = dataset
        self._items: dict[int, Any] = {}

    @property
    def metainfo(self) -> dict:
        """Of the images."""
        return self.dataset.metainfo

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Item of an image.

        Args:
            number (int): That of the image, plus a multiple of their number.

        Returns:
            dict: What the pipeline gave.
        """
        index = number % len(self)
        if index not in self._items:
            self._items[index] = self.dataset[index]
        return dict(self._items[index])

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What is known of an image."""
        return self.dataset.get_data_info(index)
