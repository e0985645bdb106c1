"""What labels were before a person corrected them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.labels import ImageRecord, LabelStore
from mmcuts3d.labels.coco import Notes, shown

SAME = 'masks as before: score and confidence kept'
OTHER = 'masks changed or new: no confidence map'
GONE = 'masks of before deleted or changed'
UNKNOWN = 'images that were not labeled before'
LEFT = 'images labeled before that did not come back left out'
KEPT = 'images labeled before that did not come back kept as they were'
SAME_IOU = 0.95


def keep_unchanged(
    records: Sequence[ImageRecord],
    before: LabelStore,
    notes: Notes,
    same_iou: float = SAME_IOU,
    keep_rest: bool = False,
) -> list[ImageRecord]:
    """Give masks that nobody changed the score and confidence that they had.

    Args:
        records (Sequence[ImageRecord]): What came back; rows are changed.
        before (LabelStore): What was exported.
        notes (Notes): Counts what was kept.
        same_iou (float): Least IoU of a mask with itself as it was, in
            (0, 1]: formats of polygons change a mask a little. Defaults to
            0.95.
        keep_rest (bool): Whether images that did not come back are added as
            they were. Defaults to False.

    Returns:
        list[ImageRecord]: By id; images that were labeled before have the id
        that they had.

    Raises:
        ValueError: If an image has another size than before.
    """
    if not 0 < same_iou <= 1:
        raise ValueError(
            f'Expected argument `same_iou` to be in (0, 1], but got '
            f'{same_iou}.'
        )
    first = int(max(before.image_columns().image_ids, default=0)) + 1
    found = []
    back = set()
    for record in records:
        place = before.find(record.file_name)
        if place is None:
            notes.add(UNKNOWN, shown(record.file_name))
            record.image_id = first
            first += 1
        else:
            back.add(place)
            _match(record, before.record(place), notes, same_iou)
        found.append(record)
    rest = [place for place in range(len(before)) if place not in back]
    for place in rest:
        old = before.record(place)
        notes.add(KEPT if keep_rest else LEFT, shown(old.file_name))
        if keep_rest:
            found.append(old)
    return sorted(found, key=lambda record: record.image_id)


def _match(
    record: ImageRecord, old: ImageRecord, notes: Notes, same_iou: float
) -> None:
    """Bring the rows of an image together with those of before."""
    name = shown(record.file_name)
    if (record.height, record.width) != (old.height, old.width):
        raise ValueError(
            f'Expected image {name} to be of the size that it had before, '
            f'{old.height} x {old.width}, but got {record.height} x '
            f'{record.width}.'
        )
    record.image_id = old.image_id
    pairs = same_masks(record.annotations, old.annotations, same_iou)
    for here, there in pairs.items():
        row = old.annotations[there]
        for key in ('score', 'confidence'):
            if key in row:
                record.annotations[here][key] = row[key]
    notes.add(SAME, name, len(pairs))
    notes.add(OTHER, name, len(record.annotations) - len(pairs))
    notes.add(GONE, name, len(old.annotations) - len(pairs))


def same_masks(
    rows: Sequence[dict[str, Any]],
    old: Sequence[dict[str, Any]],
    same_iou: float,
) -> dict[int, int]:
    """Masks that are the same, the most similar pairs first.

    Args:
        rows (Sequence[dict]): Annotations with run-length codes.
        old (Sequence[dict]): Others of the same image.
        same_iou (float): Least IoU.

    Returns:
        dict[int, int]: Place in ``rows`` to place in ``old``, one to one.
    """
    if not rows or not old:
        return {}
    ious = np.asarray(coco_mask.iou(_codes(rows), _codes(old), [0] * len(old)))
    pairs: dict[int, int] = {}
    for flat in np.argsort(-ious, axis=None, kind='stable').tolist():
        here, there = divmod(flat, len(old))
        if ious[here, there] < same_iou:
            break
        if here not in pairs and there not in pairs.values():
            pairs[here] = there
    return pairs


def _codes(rows: Iterable[dict[str, Any]]) -> list[Any]:
    return [row['segmentation'] for row in rows]
