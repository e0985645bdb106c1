"""Average recall by the number of instances of one class in the image."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..statistics import Measure
from .groups import IOU_WORDS, IoUType, RatioGroup, check_iou_type
from .overlaps import ImageRows

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)


def same_class_recall(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: IoUType = 'segm',
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
    group = SameClassRecall(iou_type, last_bucket, prefix=False)
    return group(images, ground_truth, predictions)


class SameClassRecall(RatioGroup):
    """:func:`same_class_recall` image by image.

    Args:
        iou_type (str): See there.
        last_bucket (int): See there.
        prefix (bool): Whether names begin with the IoU type. Defaults to
            True.

    Raises:
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        iou_type: IoUType = 'segm',
        last_bucket: int = 6,
        prefix: bool = True,
    ):
        check_iou_type(iou_type)
        if last_bucket < 1:
            raise ValueError(
                'Expected argument `last_bucket` to be 1 or more, but got '
                f'{last_bucket}.'
            )
        self.iou_type = iou_type
        start = f'{iou_type}_' if prefix else ''
        word = IOU_WORDS[iou_type]
        buckets = [str(number) for number in range(1, last_bucket)]
        self.measures = tuple(
            Measure(
                f'{start}AR_same{bucket}',
                f'{word} AR, {bucket} of the class in the image',
            )
            for bucket in [*buckets, f'{last_bucket}+']
        )

    def update(self, rows: ImageRows) -> dict[str, tuple[float, float]]:
        """See :class:`~.groups.RatioGroup`."""
        best = rows.ious(self.iou_type).max(0, initial=0)
        recall = (best[:, None] >= IOU_THRESHOLDS).mean(axis=1)
        sizes = Counter(_category(row) for row in rows.truth)
        last = len(self.measures)
        bucket = np.array(
            [min(sizes[_category(row)], last) for row in rows.truth], int
        )
        return {
            measure.name: (
                float(recall[bucket == number].sum()),
                float((bucket == number).sum()),
            )
            for number, measure in enumerate(self.measures, start=1)
        }


def _category(row: dict[str, Any]) -> Any:
    return row.get('original_category_id', row.get('category_id'))
