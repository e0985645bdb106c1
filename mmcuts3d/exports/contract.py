"""What a format of another tool is: images come one by one, files go out."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from mmcuts3d.cuts import box_of, resize_nearest
from mmcuts3d.files import shown
from mmcuts3d.labels import CATEGORY_NAME, ImageRecord, decode_confidence


@dataclass(frozen=True)
class ExportedInstance:
    """One mask of an image.

    Attributes:
        mask (ndarray): (H, W), bool, at least one pixel.
        score (float): In [0, 1]; 1 where the labels have none.
        confidence (ndarray, optional): Raw Spatial Confidence, (h, w),
            float32 in [0, 1], on a grid over the whole image. Defaults to
            None: the labels have none.
    """

    mask: npt.NDArray[np.bool_]
    score: float
    confidence: npt.NDArray[np.float32] | None = None

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels, the last two exclusive."""
        left, top, right, bottom = (int(side) for side in box_of(self.mask))
        return left, top, right, bottom

    def confidence_map(self) -> npt.NDArray[np.float32] | None:
        """(H, W), 0 outside of the mask; None without confidence."""
        if self.confidence is None:
            return None
        size = (self.mask.shape[0], self.mask.shape[1])
        return np.asarray(resize_nearest(self.confidence, size) * self.mask)


@dataclass(frozen=True)
class ExportedImage:
    """The labels of one image.

    Attributes:
        file_name (str): Path of the image in its folder, forward slashes.
        height (int): In pixels.
        width (int): In pixels.
        instances (list[ExportedInstance]): Its masks, which may overlap.
    """

    file_name: str
    height: int
    width: int
    instances: list[ExportedInstance] = field(default_factory=list)

    @classmethod
    def of_record(
        cls, record: ImageRecord, score_thr: float = 0.0
    ) -> ExportedImage:
        """Decode a record of a label store.

        Args:
            record (ImageRecord): Of any store.
            score_thr (float): Masks with a lower score stay behind. Defaults
                to 0: none.

        Returns:
            ExportedImage: With masks in the order of the record.
        """
        instances = []
        for row in record.annotations:
            score = row.get('score')
            score = 1.0 if score is None else float(score)
            if score < score_thr:
                continue
            packed = row.get('confidence')
            instances.append(
                ExportedInstance(
                    coco_mask.decode(row['segmentation']).astype(bool),
                    score,
                    None if packed is None else decode_confidence(packed),
                )
            )
        return cls(record.file_name, record.height, record.width, instances)


class ExportFormat(ABC):
    """Writes labels into an empty folder in the form of another tool.

    Args:
        folder (Path): Where to, empty.
        images (Path, optional): The folder of the images. Defaults to None.

    Attributes:
        name (str): How commands call it.
        tools (str): Who reads it.
        lost (tuple[str, ...]): What the format has no place for.
        needs_images (bool): Whether the images stand in the folder too.
    """

    name: ClassVar[str]
    tools: ClassVar[str]
    lost: ClassVar[tuple[str, ...]]
    needs_images: ClassVar[bool] = False
    categories: ClassVar[tuple[str, ...]] = (CATEGORY_NAME,)

    def __init__(self, folder: Path, images: Path | None = None) -> None:
        self.folder = folder
        self.images = images

    @abstractmethod
    def add(self, image: ExportedImage) -> None:
        """Write what belongs to one image.

        Raises:
            ValueError: If the format cannot hold the image.
        """

    @abstractmethod
    def finish(self) -> None:
        """Write what belongs to all of them."""

    def path(self, top: str, name: str, suffix: str | None = None) -> Path:
        """A file in the folder, whose parents are made.

        Args:
            top (str): Sub-folder, such as 'labels'; '' is the folder.
            name (str): Name of an image.
            suffix (str, optional): In place of the image's. Defaults to
                None: as it is.
        """
        path = self.folder / top / name
        if suffix is not None:
            path = path.with_suffix(suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def place_image(
        self, image: ExportedImage, top: str, name: str | None = None
    ) -> Path:
        """Put an image beside its labels: a hard link, else a copy.

        Args:
            image (ExportedImage): Whose file.
            top (str): Sub-folder of the images.
            name (str, optional): Its name there. Defaults to None: its own.

        Returns:
            Path: Where it is.

        Raises:
            ValueError: If there is no such file, or no folder of images.
        """
        if self.images is None:
            raise ValueError(
                'Expected argument `images`, the folder of the images, for '
                f'format {self.name!r}, but got none.'
            )
        source = self.images / image.file_name
        if not source.is_file():
            raise ValueError(
                f'Expected the image {shown(image.file_name)} in '
                f'{self.images}, but got no such file.'
            )
        target = self.path(top, name or image.file_name)
        try:
            os.link(source.resolve(), target)
        except OSError:  # another file system, or one without links
            shutil.copyfile(source, target)
        return target


class OneNameEach:
    """Keeps two images from one file of labels.

    Args:
        what (str): What the format names files by, for messages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._taken: dict[str, str] = {}

    def take(self, key: str, file_name: str) -> str:
        """Claim a name.

        Args:
            key (str): The name of the file of labels.
            file_name (str): The image's.

        Returns:
            str: The key.

        Raises:
            ValueError: If another image has it.
        """
        other = self._taken.setdefault(key.casefold(), file_name)
        if other != file_name:
            raise ValueError(
                f'Expected images with different {self.what}, but got '
                f'{shown(other)} and {shown(file_name)}, whose labels would '
                'be one file: rename one.'
            )
        return key


def stem_of(file_name: str) -> str:
    """The path of an image without its suffix."""
    return PurePosixPath(file_name).with_suffix('').as_posix()


def ranked(instances: list[ExportedInstance]) -> Iterator[ExportedInstance]:
    """The lowest score first, so that what is drawn last is the surest."""
    return iter(sorted(instances, key=lambda one: one.score))


def rounded(value: float, digits: int = 4) -> float:
    """A number as files of text show it."""
    return round(float(value), digits)
