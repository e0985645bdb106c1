"""The images of a study, and their true instances where they are known."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmcuts3d.evaluation import load_ground_truth
from mmcuts3d.files import list_images, read_image, shown


class StudyImage(NamedTuple):
    """An image of a study.

    Args:
        id (Any): Its id, that of the annotations where there are any.
        name (str): Its file below the folder.
        path (Path): The file.
    """

    id: Any
    name: str
    path: Path

    def read(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB, as it is stored: COCO knows no EXIF."""
        return read_image(self.path, upright=False)


class StudyImages:
    """Images of a folder, all or those that annotations list.

    Args:
        folder (str | PathLike): The images.
        annotations (str | PathLike, optional): COCO file with their true
            instances, of any classes. Defaults to None: none are known.
        limit (int, optional): Images at most, spread evenly. Defaults to
            None: all.

    Attributes:
        rows (list[dict]): COCO images; empty without annotations.
        truth (list[dict]): Their annotations.
        num_absent (int): Images of the annotations that are not there.

    Raises:
        ValueError: If there is no image, or none of the annotations is
            there, or ``limit`` below 1.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        annotations: str | os.PathLike[str] | None = None,
        limit: int | None = None,
    ) -> None:
        if limit is not None and limit < 1:
            raise ValueError(
                f'Expected argument `limit` to be at least 1, but got {limit}.'
            )
        self.folder = Path(folder)
        self.rows: list[dict] = []
        self.truth: list[dict] = []
        self.num_absent = 0
        if annotations is None:
            names = list_images(folder, recursive=True).images
            found = [
                StudyImage(number, str(name), self.folder / name)
                for number, name in enumerate(names, start=1)
            ]
        else:
            found = self._annotated(annotations)
        if not found:
            raise ValueError(
                f'Expected {shown(folder)} to hold images, but got none.'
            )
        self.images = _spread(found, limit)
        kept = {image.id for image in self.images}
        self.rows = [row for row in self.rows if row['id'] in kept]
        self.truth = [row for row in self.truth if row['image_id'] in kept]

    def __len__(self) -> int:
        return len(self.images)

    def __iter__(self) -> Iterator[StudyImage]:
        return iter(self.images)

    @property
    def has_truth(self) -> bool:
        """Whether true instances are known."""
        return bool(self.rows)

    def _annotated(
        self, annotations: str | os.PathLike[str]
    ) -> list[StudyImage]:
        if not self.folder.is_dir():
            raise ValueError(
                f'Expected {shown(self.folder)} to be a folder of images, '
                'but it is none.'
            )
        self.rows, self.truth = load_ground_truth(annotations, self.folder)
        if not self.truth:
            raise ValueError(
                f'Expected {shown(annotations)} to hold true instances, but '
                'got none.'
            )
        found = [
            StudyImage(
                row['id'], row['file_name'], self.folder / row['file_name']
            )
            for row in self.rows
        ]
        present = [image for image in found if image.path.exists()]
        self.num_absent = len(found) - len(present)
        if not present:
            raise ValueError(
                f'Expected {shown(annotations)} to list images of '
                f'{shown(self.folder)}, but got {len(found)} of which none is '
                f'there, such as {shown(found[0].name)}.'
            )
        return present


def _spread(images: list[StudyImage], limit: int | None) -> list[StudyImage]:
    if limit is None or len(images) <= limit:
        return images
    places = (np.arange(limit) + 0.5) * len(images) / limit
    return [images[int(place)] for place in places]
