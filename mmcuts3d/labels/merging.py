"""Merging two label stores image by image: nothing whole is in memory."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .contract import LabelStore, ShardPlan, StoreRun, StoreSummary
from .opening import begin_store, open_shard
from .records import ImageRecord
from .rounds import merge_image


class StoreMerge:
    """Merging of two stores in shards, which several processes may share.

    What :func:`.merge_rounds` does with dicts. The result is a Parquet store
    with the images of ``previous`` in their order, then those of
    ``predicted`` only. It is a job of :mod:`mmcuts3d.engine.executors`:
    :meth:`plan` once, :meth:`label` for each shard, anywhere, and
    :meth:`finish` once. A merge that was stopped goes on with the shards
    that are missing.

    Args:
        previous (LabelStore): Labels of the round before.
        predicted (LabelStore): The detector's masks on the same images.
        out_dir (str | Path): Folder of the result.
        score_thr (float): See :func:`.merge_rounds`.
        iou_thr (float): See :func:`.merge_rounds`.
        keep_confidence (bool): See :func:`.merge_rounds`. Defaults to False.
        overwrite (bool): Whether to remove labels that the folder holds.
            Defaults to False.
    """

    def __init__(
        self,
        previous: LabelStore,
        predicted: LabelStore,
        out_dir: str | Path,
        score_thr: float,
        iou_thr: float,
        keep_confidence: bool = False,
        overwrite: bool = False,
    ) -> None:
        self.stores = previous, predicted
        self.out_dir = out_dir
        self.thresholds = score_thr, iou_thr
        self.keep_confidence = keep_confidence
        self.overwrite = overwrite
        self._run: StoreRun | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_run': None}

    def plan(self, count: int | None = None) -> list[ShardPlan]:
        """Lock the folder of the result; the shards that are missing.

        Args:
            count (int, optional): Changes nothing. Defaults to None.

        Returns:
            list[ShardPlan]: The shards.

        Raises:
            ValueError: If an id of an image is in use, or the folder holds
                other labels.
        """
        previous, predicted = self.stores
        settings = {
            'before': previous.digest(),
            'new': predicted.digest(),
            'score_thr': self.thresholds[0],
            'iou_thr': self.thresholds[1],
            'keep_confidence': self.keep_confidence,
        }
        text = json.dumps(settings, sort_keys=True).encode()
        names = list(previous.file_names())
        known = set(names)
        names += [n for n in predicted.file_names() if n not in known]
        _check_ids(previous, predicted, known)
        self._run = begin_store(
            self.out_dir,
            names,
            hashlib.sha256(text).hexdigest()[:16],
            'parquet',
            {'settings': settings},
            self.overwrite,
        )
        return self._run.plan(count)

    def size(self, shards: Sequence[ShardPlan]) -> int:
        """Number of images of shards."""
        return sum(len(shard.images) for shard in shards)

    def label(
        self, shard: ShardPlan, count: Callable[[int], None] | None = None
    ) -> None:
        """Merge the images of a shard.

        Args:
            shard (ShardPlan): One of :meth:`plan`.
            count (Callable, optional): Told how many images were merged.
                Defaults to None.

        Raises:
            ValueError: If an image has another size.
        """
        previous, predicted = self.stores
        keep = self.keep_confidence
        records = [
            _merged(
                previous.record(place, keep)
                if place < len(previous)
                else None,
                _at(predicted, name, place, keep),
                *self.thresholds,
            )
            for place, name in zip(shard.images, shard.names, strict=True)
        ]
        with open_shard(shard) as writer:
            writer.fill(records)
        if count is not None:
            count(len(records))

    def finish(self) -> StoreSummary:
        """Make the result ready to be read.

        Returns:
            StoreSummary: What it holds.

        Raises:
            ValueError: If there was no :meth:`plan`, or shards are missing.
        """
        if self._run is None:
            raise ValueError(
                'Expected `plan` to be called before `finish`, but got no '
                'plan of this merge.'
            )
        return self._run.finish()

    def close(self) -> None:
        """Unlock the folder; a second call does nothing."""
        if self._run is not None:
            self._run.close()
            self._run = None


def merge_stores(
    previous: LabelStore,
    predicted: LabelStore,
    out_dir: str | Path,
    score_thr: float,
    iou_thr: float,
    keep_confidence: bool = False,
    overwrite: bool = False,
) -> StoreSummary:
    """Merge a detector's masks with the labels before, in this process.

    Args:
        previous (LabelStore): See :class:`StoreMerge`, as the others.
        predicted (LabelStore): The detector's masks.
        out_dir (str | Path): Folder of the result.
        score_thr (float): See :func:`.merge_rounds`.
        iou_thr (float): See :func:`.merge_rounds`.
        keep_confidence (bool): See :func:`.merge_rounds`. Defaults to False.
        overwrite (bool): Whether to remove labels that the folder holds.
            Defaults to False.

    Returns:
        StoreSummary: What the result holds.

    Raises:
        ValueError: If an image has another size or an id in use, or the
            folder holds other labels.
    """
    merge = StoreMerge(
        previous,
        predicted,
        out_dir,
        score_thr,
        iou_thr,
        keep_confidence,
        overwrite,
    )
    try:
        for shard in merge.plan():
            merge.label(shard)
        return merge.finish()
    finally:
        merge.close()


def _merged(
    old: ImageRecord | None,
    new: ImageRecord | None,
    score_thr: float,
    iou_thr: float,
) -> ImageRecord:
    if new is not None:
        return merge_image(old, new, score_thr, iou_thr)
    if old is None:
        raise ValueError('Expected labels of an image, but got none.')
    return old


def _at(
    store: LabelStore, name: str, place: int, confidence: bool
) -> ImageRecord | None:
    """An image, which mostly has the same place in both stores."""
    if place < len(store):
        record = store.record(place, confidence)
        if record.file_name == name:
            return record
    found = store.find(name)
    return None if found is None else store.record(found, confidence)


def _check_ids(
    previous: LabelStore, predicted: LabelStore, known: set[str]
) -> None:
    """Ids of images that are only in the second store must be new."""
    used = previous.image_columns().image_ids
    ids = predicted.image_columns().image_ids
    taken = np.isin(ids, used)
    for place, name in enumerate(predicted.file_names()):
        if taken[place] and name not in known:
            raise ValueError(
                f'Expected {name} to have an id of its own, but got id '
                f'{ids[place]}, which is that of another image.'
            )
