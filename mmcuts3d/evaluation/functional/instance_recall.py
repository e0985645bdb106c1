"""Average recall by the number of instances of one class in the image."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .overlaps import iou_matrix, rows_by_image

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)


def same_class_recall(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str = 'segm',
    last_bucket: int = 6,
) -> dict[str, float]:
    """Recall of instances that are alone in their class, one of two, …

    Tells whether a method separates instances or only finds semantic
    regions: an image with two dogs and a cat counts the dogs under 2 and the
    cat under 1 (Engstler, Melas-Kyriazi, Rupprecht, Laina: Understanding
    Self-Supervised Features for Learning Unsupervised Instance Segmentation,
    2023, Table 1). The recall of a bucket is the share of its instances that
    any prediction of the image meets with enough IoU, averaged over IoU
    0.50:0.05:0.95. Classes of predictions and their scores play no part.
    Crowds are neither counted nor sought.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations; the class is
            ``original_category_id``, else ``category_id``, else all are of
            one class.
        predictions (Sequence[dict]): ``image_id``, ``score``, and ``bbox``
            or ``segmentation``.
        iou_type (str): 'segm' as in the paper, 'bbox' or 'boundary'.
        last_bucket (int): From this number on all go into one bucket.
            Defaults to 6.

    Returns:
        dict[str, float]: ``AR_same1`` … ``AR_same6+`` in percent, -1 for a
        bucket without instances.

    Raises:
        ValueError: If an argument is out of range.
    """
    if last_bucket < 1:
        raise ValueError(
            'Expected argument `last_bucket` to be 1 or more, but got '
            f'{last_bucket}.'
        )
    best: dict[int, list[float]] = {n: [] for n in range(1, last_bucket + 1)}
    for rows in rows_by_image(images, ground_truth, predictions, iou_type):
        overlap = iou_matrix(rows.found, rows.truth, iou_type)
        numbers = Counter(_category(row) for row in rows.truth)
        for row, iou in zip(
            rows.truth, overlap.max(0, initial=0), strict=True
        ):
            bucket = min(numbers[_category(row)], last_bucket)
            best[bucket].append(float(iou))
    values = {f'AR_same{n}': _recall(ious) for n, ious in best.items()}
    values[f'AR_same{last_bucket}+'] = values.pop(f'AR_same{last_bucket}')
    return values


def _category(row: dict[str, Any]) -> Any:
    return row.get('original_category_id', row.get('category_id'))


def _recall(best: list[float]) -> float:
    if not best:
        return -1.0
    found = np.array(best)[:, None] >= IOU_THRESHOLDS
    return float(found.mean() * 100)
