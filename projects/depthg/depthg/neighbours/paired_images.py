"""Images with one of their neighbours: the pairs that STEGO learns from."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmcuts3d.files import as_path, shown
from mmcuts3d.registry import DATASETS

from .finding import image_ids
from .neighbour_file import Neighbours, digest_of


@DATASETS.register_module()
class PairedImages(Dataset):
    """A data set whose images come with one of their nearest images.

    Which one is drawn depends on ``seed`` and the number of the draw alone,
    see :class:`NumberedSampler`.

    Args:
        dataset (dict | SegFolder): The images.
        neighbours (str | PathLike): File of :func:`find_neighbours`, of these
            very images.
        num_neighbours (int): One of so many nearest images is drawn.
            Defaults to 7, STEGO's.
        seed (int): Of what is drawn. Defaults to 0.

    Raises:
        ValueError: If the file is missing, of other images, or has not as
            many neighbours.
    """

    def __init__(
        self,
        dataset: Mapping[str, Any] | Any,
        neighbours: str | os.PathLike[str],
        num_neighbours: int = 7,
        seed: int = 0,
    ) -> None:
        if isinstance(dataset, Mapping):
            dataset = DATASETS.build(dict(dataset))
        path = as_path(neighbours, 'neighbours')
        if num_neighbours < 1:
            raise ValueError(
                'Expected argument `num_neighbours` to be at least 1, but '
                f'got {num_neighbours}'
            )
        remedy = 'make it with projects/depthg/tools/find_neighbours.py CONFIG'
        if not path.is_file():
            raise ValueError(
                f'Expected argument `neighbours` to be a file, but '
                f'{shown(path)} is none: {remedy}'
            )
        found = Neighbours.read(path)
        if found.images != digest_of(image_ids(dataset), {}):
            raise ValueError(
                f'Expected {shown(path)} to hold neighbours of these '
                f'{len(dataset)} images, but got those of '
                f'{len(found.indices)} that are others or in another order: '
                f'delete it and {remedy}'
            )
        most = min(num_neighbours, len(dataset) - 1)
        if found.indices.shape[1] < most:
            raise ValueError(
                f'Expected {shown(path)} to hold {most} neighbours of each '
                f'image, but got {found.indices.shape[1]}'
            )
        self.dataset = dataset
        self.indices = found.indices[:, :most]
        self.seed = seed

    @property
    def metainfo(self) -> dict:
        """Of the images."""
        return self.dataset.metainfo

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, number: int) -> dict[str, Any]:
        """An image and a neighbour.

        Args:
            number (int): Of the draw: that of the image, plus a multiple of
                their number.

        Returns:
            dict: ``inputs`` and ``data_samples`` of the image,
            ``positive_inputs`` and ``positive_samples`` of the neighbour.
        """
        draw, index = divmod(number, len(self))
        rng = np.random.default_rng((self.seed, 1, number))
        row = self.indices[index]
        other = int(row[rng.integers(len(row))])
        item = self.dataset[number]
        neighbour = self.dataset[draw * len(self) + other]
        return dict(
            **item,
            positive_inputs=neighbour['inputs'],
            positive_samples=neighbour['data_samples'],
        )

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The first draw of each image."""
        return (self[index] for index in range(len(self)))

    def get_data_info(self, index: int) -> dict[str, Any]:
        """What is known of an image, see :class:`SegFolder`."""
        return self.dataset.get_data_info(index)
