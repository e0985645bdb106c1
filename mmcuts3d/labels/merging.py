"""Merging two label stores image by image: nothing whole is in memory."""

import hashlib
import json
from pathlib import Path

import numpy as np

from .backends import ParquetShardWriter
from .contract import LabelStore, StoreSummary
from .opening import begin_store
from .records import ImageRecord
from .rounds import merge_image


def merge_stores(
    previous: LabelStore,
    predicted: LabelStore,
    out_dir: str | Path,
    score_thr: float,
    iou_thr: float,
    keep_confidence: bool = False,
    overwrite: bool = False,
) -> StoreSummary:
    """Merge a detector's masks with the labels before, as a Parquet store.

    What :func:`.merge_rounds` does with dicts. The result has the images of
    ``previous`` in their order, then those of ``predicted`` only. A merge
    that was stopped goes on with the shards that are missing.

    Args:
        previous (LabelStore): Labels of the round before.
        predicted (LabelStore): The detector's masks on the same images.
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
    settings = {
        'before': previous.info.fingerprint,
        'new': predicted.info.fingerprint,
        'paths': [str(store.path) for store in (previous, predicted)],
        'score_thr': score_thr,
        'iou_thr': iou_thr,
        'keep_confidence': keep_confidence,
    }
    text = json.dumps(settings, sort_keys=True).encode()
    fingerprint = hashlib.sha256(text).hexdigest()[:16]
    names = list(previous.file_names())
    known = set(names)
    names += [name for name in predicted.file_names() if name not in known]
    _check_ids(previous, predicted, known)
    with begin_store(
        out_dir,
        names,
        fingerprint,
        'parquet',
        {'settings': settings},
        overwrite,
    ) as run:
        for plan in run.plan():
            records = [
                _merged(
                    previous.record(place, keep_confidence)
                    if place < len(previous)
                    else None,
                    _at(predicted, name, place, keep_confidence),
                    score_thr,
                    iou_thr,
                )
                for place, name in zip(plan.images, plan.names, strict=True)
            ]
            writer = ParquetShardWriter(plan)
            with writer:
                writer.fill(records)
        return run.finish()


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
