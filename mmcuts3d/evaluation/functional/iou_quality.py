"""How well predictions and instances meet, and whether scores tell."""

from collections.abc import Sequence

import numpy as np

from ..statistics import Measure, RatioStatistics, SampleStatistics
from .calibration import correlation
from .groups import (
    IOU_WORDS,
    Computable,
    IoUType,
    MeasureGroup,
    RatioGroup,
    check_iou_type,
)
from .overlaps import ImageRows


def best_iou(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: IoUType = 'segm',
) -> dict[str, float]:
    """Mean over instances of the highest IoU with any prediction.

    The average best overlap of work on object proposals (ABO: Uijlings et
    al., Selective Search, IJCV 2013), over all instances and not class by
    class. Scores play no part. Crowds are no instances.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): ``image_id``, ``score`` and, as the IoU
            type asks, ``bbox`` or ``segmentation``.
        iou_type (str): 'bbox', 'segm' or 'boundary'. Defaults to 'segm'.

    Returns:
        dict[str, float]: ``best_IoU`` in percent, -1 without instances.

    Raises:
        ValueError: If there is no such IoU type.

    Examples:
        >>> from mmcuts3d.evaluation import best_iou
        >>> images = [{'id': 1, 'height': 8, 'width': 8}]
        >>> truth = [{'image_id': 1, 'id': 1, 'bbox': [0, 0, 4, 4]}]
        >>> predictions = [{'image_id': 1, 'score': 0.9, 'bbox': [0, 0, 4, 3]}]
        >>> best_iou(images, truth, predictions, 'bbox')
        {'best_IoU': 75.0}
    """
    group = BestIoU(iou_type, prefix=False)
    return group(images, ground_truth, predictions)


def score_quality(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: IoUType = 'segm',
) -> dict[str, float]:
    """Rank correlation of scores with the true IoU.

    The true IoU of a prediction is the highest with any instance of its
    image, 0 if there is none. Crowds are no instances.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): ``image_id``, ``score`` and, as the IoU
            type asks, ``bbox`` or ``segmentation``.
        iou_type (str): 'bbox', 'segm' or 'boundary'. Defaults to 'segm'.

    Returns:
        dict[str, float]: ``score_IoU_spearman`` in [-1, 1], NaN for fewer
        than two predictions or if all scores or all IoU are equal, and
        ``mean_IoU`` of the predictions in percent, -1 without predictions.
    """
    group = ScoreQuality(iou_type, prefix=False)
    return group(images, ground_truth, predictions)


class BestIoU(RatioGroup):
    """:func:`best_iou` image by image.

    Args:
        iou_type (str): See there.
        prefix (bool): Whether the name begins with the IoU type. Defaults to
            True.

    Raises:
        ValueError: If there is no such IoU type.
    """

    def __init__(self, iou_type: IoUType = 'segm', prefix: bool = True):
        check_iou_type(iou_type)
        self.iou_type = iou_type
        start = f'{iou_type}_' if prefix else ''
        title = f'{IOU_WORDS[iou_type]} mean best IoU'
        self.measures = (Measure(f'{start}best_IoU', title, main=True),)

    def update(self, rows: ImageRows) -> dict[str, tuple[float, float]]:
        """See :class:`~.groups.RatioGroup`."""
        best = rows.ious(self.iou_type).max(axis=0, initial=0)
        name = self.measures[0].name
        return {name: (float(best.sum()), float(len(rows.truth)))}


class ScoreQuality(MeasureGroup):
    """:func:`score_quality` image by image.

    Args:
        iou_type (str): See there.
        prefix (bool): Whether names begin with the IoU type. Defaults to
            True.

    Raises:
        ValueError: If there is no such IoU type.
    """

    def __init__(self, iou_type: IoUType = 'segm', prefix: bool = True):
        check_iou_type(iou_type)
        self.iou_type = iou_type
        start = f'{iou_type}_' if prefix else ''
        word = IOU_WORDS[iou_type]
        self.measures = (
            Measure(
                f'{start}score_IoU_spearman',
                f'{word} score–IoU correlation (Spearman)',
                'correlation',
                interval=False,
            ),
            Measure(f'{start}mean_IoU', f'{word} mean IoU of predictions'),
        )

    def update(self, rows: ImageRows) -> np.ndarray:
        """Find the true IoU of each prediction.

        Args:
            rows (ImageRows): What belongs to the image.

        Returns:
            np.ndarray: (2, N): scores, and highest IoU with an instance.
        """
        best = rows.ious(self.iou_type).max(axis=1, initial=0)
        scores = np.array([row['score'] for row in rows.found], float)
        return np.stack([scores, best])

    def gather(self, updates: list) -> list[Computable]:
        """See :class:`~.groups.MeasureGroup`."""
        by_rank, mean = self.measures
        sums = [
            {mean.name: (update[1].sum(), update.shape[1])}
            for update in updates
        ]
        return [
            SampleStatistics((by_rank,), updates, _spearman),
            RatioStatistics.gather((mean,), sums),
        ]


def _spearman(scores: np.ndarray, ious: np.ndarray) -> list[float]:
    return [correlation(scores, ious, 'spearman')]
