"""What a label store is: how labels are read, and how they are written.

Reading: :class:`LabelStore`, which ``open_store`` gives. Writing: one driver
holds a :class:`StoreRun` (``begin_store``), which says what is to be labeled
as :class:`ShardPlan`; wherever a plan is carried, ``open_shard`` gives the
:class:`ShardWriter` of its part of the store. Backends fill these in.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmcuts3d.cuts.closing import Closing

from .records import ImageRecord
from .statistics import LabelStatistics


@dataclass(frozen=True)
class StoreInfo:
    """Where labels come from.

    Attributes:
        backend (str): 'jsonl', 'parquet', or 'json' for a COCO file.
        fingerprint (str): Stands for everything the labels depend on; ''
            where nobody knows.
        provenance (dict): What was given with it: ``version`` and, where
            they are known, ``settings`` and ``weights``.
    """

    backend: str
    fingerprint: str = ''
    provenance: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageColumns:
    """What is known of N images without reading a mask.

    Attributes:
        image_ids (ndarray): (N,), int64.
        heights (ndarray): (N,), int32, in pixels.
        widths (ndarray): (N,), int32, in pixels.
        num_masks (ndarray): (N,), int32.
    """

    image_ids: npt.NDArray[np.int64]
    heights: npt.NDArray[np.int32]
    widths: npt.NDArray[np.int32]
    num_masks: npt.NDArray[np.int32]


@dataclass(frozen=True)
class InstanceColumns:
    """What is known of the M masks of some images without reading them.

    Attributes:
        images (ndarray): (M,), int64: index of each mask's image in the
            store, rising.
        scores (ndarray): (M,), float64, in [0, 1]; 1 where there is none.
        areas (ndarray): (M,), float64, in pixels.
        boxes (ndarray): (M, 4), float64: x, y, width, height in pixels.
        crowds (ndarray): (M,), bool: stands for many.
        ignored (ndarray): (M,), bool: marked as to be ignored.
    """

    images: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    areas: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float64]
    crowds: npt.NDArray[np.bool_]
    ignored: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StoreSummary:
    """What a finished store holds.

    Attributes:
        num_images (int): Images that have labels, of earlier runs included.
        num_masks (int): Their masks.
        num_errors (int): Images that failed.
        mean_score (float): Of the masks; NaN without masks.
    """

    num_images: int
    num_masks: int
    num_errors: int
    mean_score: float


class LabelStore(ABC):
    """Finished labels, read only. It can be pickled, and is light then.

    Records have a place from 0 on, in the order of the images that were
    labeled. Images that failed have none.

    Attributes:
        path (Path): The folder or file.
        info (StoreInfo): Where the labels come from.
    """

    path: Path
    info: StoreInfo

    @abstractmethod
    def __len__(self) -> int:
        """Number of images that have labels."""

    @abstractmethod
    def record(self, index: int, confidence: bool = True) -> ImageRecord:
        """The labels of one image.

        Args:
            index (int): Its place, in [0, len).
            confidence (bool): Whether confidence maps are needed: reading
                is faster without. Defaults to True.

        Returns:
            ImageRecord: A record of its own, free to be changed.

        Raises:
            IndexError: If there is no such place.
            ValueError: If what is on the disk is damaged; names the file.
        """

    @abstractmethod
    def find(self, key: str) -> int | None:
        """The place of an image by its file name, None without labels."""

    @abstractmethod
    def file_names(self) -> Iterator[str]:
        """File names in order, without reading a mask."""

    @abstractmethod
    def errors(self) -> Iterator[tuple[str, str]]:
        """File name and message of each image that failed, by name."""

    @abstractmethod
    def image_columns(self) -> ImageColumns:
        """Ids, sizes and numbers of masks of all images."""

    @abstractmethod
    def instance_columns(self) -> Iterator[InstanceColumns]:
        """Scores, areas and boxes of all masks, part by part in order."""

    @abstractmethod
    def statistics(self) -> LabelStatistics:
        """Counts and histograms of the whole store."""

    @abstractmethod
    def digest(self) -> str:
        """Stands for what the store holds; made without reading a mask.

        Returns:
            str: 32 hexadecimal digits.

        Raises:
            ValueError: If a file is missing.
        """

    def records(self, start: int = 0) -> Iterator[ImageRecord]:
        """The records in order, few of them in memory at a time.

        Args:
            start (int): Place of the first. Defaults to 0.

        Yields:
            ImageRecord: One an image.
        """
        for index in range(start, len(self)):
            yield self.record(index)

    def __iter__(self) -> Iterator[ImageRecord]:
        return self.records()


@dataclass(frozen=True)
class ShardPlan:
    """A part of the store that is to be labeled; it can be pickled.

    Attributes:
        out_dir (str): Folder of the store.
        backend (str): 'jsonl' or 'parquet'.
        fingerprint (str): That of the run.
        number (int): Number of the shard.
        images (tuple[int, ...]): Places, in the list of images that the run
            began with, of those that have no labels yet; perhaps none, where
            a shard only has to be sealed.
        names (tuple[str, ...]): File names of ``images``.
        members (tuple[str, ...]): File names of all images of the shard, in
            order; empty where a shard may hold any.
        total (int): Number of shards of the store. Defaults to 1.
        provenance (dict): See :class:`StoreInfo`. Defaults to none.
        is_open (bool): Whether the images are not known beforehand: the
            shard takes any. Defaults to False.
    """

    out_dir: str
    backend: str
    fingerprint: str
    number: int
    images: tuple[int, ...]
    names: tuple[str, ...]
    members: tuple[str, ...] = ()
    total: int = 1
    provenance: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False


class ShardWriter(Closing):
    """Writes one shard; a lock keeps other processes out of it.

    Use it as a context manager, or :meth:`close` it.

    Attributes:
        done (set[str]): File names of images of the shard that have labels:
            at least those that had some when it was opened.
    """

    done: set[str]

    @abstractmethod
    def append(self, record: ImageRecord) -> None:
        """Keep an image's labels; safe from a kill when the call returns.

        An image that is already done is left as it is.

        Raises:
            ValueError: If the image does not belong to the shard, the record
                cannot be kept, another image has its id, or the disk is
                full; what was kept before is not touched.
        """

    @abstractmethod
    def fail(self, name: str, message: str) -> None:
        """Keep the reason why an image has no labels.

        Args:
            name (str): Its file name.
            message (str): What went wrong.
        """

    @abstractmethod
    def seal(self) -> None:
        """Make the shard final, when each image is appended or failed.

        Raises:
            ValueError: If an image is neither, or the disk is full.
        """

    def fill(self, records: Sequence[ImageRecord]) -> None:
        """Write all that is left of the shard, and make it final.

        For records that are made quickly: a kill may lose the whole shard.

        Args:
            records (Sequence[ImageRecord]): One for each image that is left,
                their run-length codes checked already.

        Raises:
            ValueError: See :meth:`append` and :meth:`seal`.
        """
        for record in records:
            self.append(record)
        self.seal()

    @abstractmethod
    def close(self) -> None:
        """Let others write the shard; a second call does nothing."""


class StoreRun(Closing):
    """The driver's side of a run: it holds the folder's lock.

    Use it as a context manager, or :meth:`close` it.

    Attributes:
        out_dir (Path): Folder of the store.
        backend (str): 'jsonl' or 'parquet'.
        num_done (int): Images that had labels when the run began.
        is_new (bool): Whether the folder held neither labels nor failures
            then.
    """

    out_dir: Path
    backend: str
    num_done: int
    is_new: bool

    @abstractmethod
    def plan(
        self, count: int | None = None, batch_size: int = 1
    ) -> list[ShardPlan]:
        """Share out the images that have no labels, failed ones included.

        Args:
            count (int, optional): So many shards of jsonl, some perhaps
                empty. Those of parquet are fixed ranges of the list of
                images, and each that is whole is left out. Defaults to
                None: small ones, whatever the number of workers.
            batch_size (int): Images that are labeled together: shards of
                jsonl are of whole batches. Defaults to 1.

        Returns:
            list[ShardPlan]: The plans.

        Raises:
            ValueError: If a file of the store is damaged; names it.
        """

    @abstractmethod
    def finish(self) -> StoreSummary:
        """Make the store ready to be read, when all shards are sealed.

        Calling it again gives the same.

        Returns:
            StoreSummary: What the store holds.

        Raises:
            ValueError: If shards are missing, or two images have one id.
        """

    @abstractmethod
    def close(self) -> None:
        """Let other runs into the folder; a second call does nothing."""
