"""What self-training does with labels (CutS3D, Sec. 4; CutLER's recipe).

A round keeps the detector's confident masks, and of the labels before it
those that no kept mask covers.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .reading import check_labels
from .records import ImageRecord, build_labels
from .statistics import LabelStatistics


def merge_rounds(
    previous: dict[str, Any],
    predicted: dict[str, Any],
    score_thr: float,
    iou_thr: float,
    keep_confidence: bool = False,
) -> dict[str, Any]:
    """Merge a detector's masks with the labels it was trained on.

    Images are matched by file name and keep the id they had; an image of
    only one of the two stays in the result.

    Args:
        previous (dict): Labels of the round before, as ``read_labels`` gives
            them. Scores are kept.
        predicted (dict): The detector's masks on the same images.
        score_thr (float): Predictions with a score above it are kept.
        iou_thr (float): A previous mask stays if its IoU with every kept
            prediction is below it.
        keep_confidence (bool): Whether masks keep their confidence maps.
            Defaults to False: all count with a confidence of 1 in the next
            round (supplement of CutS3D, Sec. E.3).

    Returns:
        dict: The merged labels: per image the kept predictions by falling
        score, then the previous masks that stay.

    Raises:
        ValueError: If one of the dicts is no valid label dict, or an image
            has another size or an id in use.
    """
    previous = check_labels(previous)
    predicted = check_labels(predicted)
    records = records_of(previous)
    ids = {record.image_id: name for name, record in records.items()}
    for name, new in records_of(predicted).items():
        old = records.get(name)
        if old is None and ids.setdefault(new.image_id, name) != name:
            raise ValueError(
                f'Expected {name} to have an id of its own, but got id '
                f'{new.image_id}, which is that of {ids[new.image_id]}.'
            )
        records[name] = merge_image(old, new, score_thr, iou_thr)
    if not keep_confidence:
        for record in records.values():
            drop_confidence(record)
    return build_labels(
        list(records.values()),
        {'description': 'pseudo-labels of mmcuts3d, merged'},
    )


def merge_image(
    old: ImageRecord | None,
    new: ImageRecord,
    score_thr: float,
    iou_thr: float,
) -> ImageRecord:
    """Merge the masks of one image; see :func:`merge_rounds`.

    Args:
        old (ImageRecord, optional): The labels before, None without any.
        new (ImageRecord): The detector's masks.
        score_thr (float): Predictions with a score above it are kept.
        iou_thr (float): A previous mask stays if its IoU with every kept
            prediction is below it.

    Returns:
        ImageRecord: With the id that the image had.

    Raises:
        ValueError: If the image has another size.
    """
    kept = [
        annotation
        for annotation in new.annotations
        if annotation.get('score', 1.0) > score_thr
    ]
    kept.sort(key=lambda annotation: -annotation.get('score', 1.0))
    if old is None:
        return replace(new, annotations=kept)
    if (old.height, old.width) != (new.height, new.width):
        raise ValueError(
            f'Expected {new.file_name} to be of size {old.height} x '
            f'{old.width} as before, but got {new.height} x {new.width}.'
        )
    # Codes that come out of a store, or of `check_labels`, are whole.
    overlap = largest_iou(
        *(
            [annotation['segmentation'] for annotation in annotations]
            for annotations in (old.annotations, kept)
        )
    )
    stay = [
        annotation
        for annotation, iou in zip(old.annotations, overlap, strict=True)
        if iou < iou_thr
    ]
    return replace(old, annotations=kept + stay)


def drop_confidence(record: ImageRecord) -> None:
    """Take the confidence maps off a record's masks."""
    record.annotations = [
        {k: v for k, v in row.items() if k != 'confidence'}
        for row in record.annotations
    ]


def label_statistics(labels: dict[str, Any]) -> dict[str, Any]:
    """Count what a label dict holds.

    Args:
        labels (dict): Labels as ``read_labels`` gives them.

    Returns:
        dict: See :meth:`.LabelStatistics.to_numbers`.
    """
    statistics = LabelStatistics()
    for record in records_of(labels).values():
        statistics.add_record(record)
    return statistics.to_numbers()


def records_of(labels: dict[str, Any]) -> dict[str, ImageRecord]:
    """The records of a label dict.

    Args:
        labels (dict): Labels as ``read_labels`` gives them.

    Returns:
        dict[str, ImageRecord]: By file name; the dict's own annotations.
    """
    annotations = defaultdict(list)
    for annotation in labels['annotations']:
        annotations[annotation['image_id']].append(annotation)
    return {
        image['file_name']: ImageRecord(
            file_name=image['file_name'],
            height=image['height'],
            width=image['width'],
            image_id=image['id'],
            annotations=annotations[image['id']],
        )
        for image in labels['images']
    }


def largest_iou(
    masks: Sequence[dict[str, Any]], kept: Sequence[dict[str, Any]]
) -> list[float]:
    """Largest IoU of each mask with the kept ones, 0 without any.

    Args:
        masks (Sequence[dict]): Run-length codes, whole.
        kept (Sequence[dict]): Run-length codes, whole.

    Returns:
        list[float]: One for each of ``masks``, in [0, 1].
    """
    if not kept or not masks:
        return [0.0] * len(masks)
    iou = coco_mask.iou(list(masks), list(kept), [0] * len(kept))
    return [float(value) for value in np.asarray(iou).max(axis=1)]
