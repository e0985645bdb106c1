"""Does confidence tell where a mask is wrong?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.cuts import resize_nearest
from mmcuts3d.labels import decode_confidence

from ..statistics import Measure, SampleStatistics
from .calibration import (
    check_num_bins,
    correlation,
    error_auroc,
    expected_calibration_error,
    reliability_bins,
)
from .groups import (
    Computable,
    MeasureGroup,
)
from .overlaps import ImageRows, rows_by_image

_LOWER: dict[str, Any] = {'higher_is_better': False, 'interval': False}


def confidence_quality(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    num_bins: int = 10,
    min_iou: float = 0.0,
    min_confidence: float = 0.5,
) -> dict[str, float]:
    """Measure Spatial Confidence against the true error of its mask.

    A pixel of a mask is right if it belongs to the instance that the mask
    meets with the highest IoU, else wrong; in a mask that meets none all are
    wrong. Pixels of crowds are left out. A patch is what the mask has of one
    cell of its confidence map, and its error is the share of wrong pixels.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations with ``segmentation`` as a
            run-length code.
        predictions (Sequence[dict]): ``image_id``, ``score``,
            ``segmentation`` and ``confidence``, a map of shape (h, w) in
            [0, 1] or its code as label files hold it. Those without are
            left out.
        num_bins (int): Bins of the calibration error. Defaults to 10.
        min_iou (float): Masks that meet no instance with this IoU are left
            out, in [0, 1]. Defaults to 0: all count.
        min_confidence (float): The floor of the confidence inside the mask,
            as in training. Defaults to 0.5.

    Returns:
        dict[str, float]: ``confidence_error_pearson`` and
        ``confidence_error_spearman``, correlation of confidence and error
        over all patches (good: near -1), NaN if undefined;
        ``confidence_ECE``, expected calibration error over pixels, and
        ``confidence_AUROC``, detection of wrong pixels, in percent, -1 where
        there is nothing to measure; ``confidence_mean`` and
        ``confidence_accuracy``, mean confidence and share of right pixels,
        in percent, -1 without pixels.

    Raises:
        ValueError: If an argument is out of range, or a map has another
            shape.
    """
    group = ConfidenceQuality(num_bins, min_iou, min_confidence)
    return group(images, ground_truth, predictions)


def patch_errors(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    min_iou: float = 0.0,
    min_confidence: float = 0.5,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right and wrong pixels in every patch of every mask.

    Args:
        images (Sequence[dict]): See :func:`confidence_quality`, as all
            others.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): Predictions.
        min_iou (float): Defaults to 0.
        min_confidence (float): Defaults to 0.5.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: Confidence, number of
        right pixels, number of wrong pixels of N patches with a pixel at
        least.
    """
    group = ConfidenceQuality(10, min_iou, min_confidence)
    parts = [
        group.update(rows.of(group.iou_type))
        for rows in rows_by_image(images, ground_truth, predictions)
    ]
    confidence, right, wrong = np.concatenate(
        [np.zeros((3, 0)), *parts], axis=1
    )
    return confidence, right, wrong


class ConfidenceQuality(MeasureGroup):
    """:func:`confidence_quality` image by image.

    Args:
        num_bins (int): See there.
        min_iou (float): See there.
        min_confidence (float): See there.

    Raises:
        ValueError: If an argument is out of range.
    """

    measures = (
        Measure(
            'confidence_error_pearson',
            'confidence–error correlation (Pearson)',
            'correlation',
            **_LOWER,
        ),
        Measure(
            'confidence_error_spearman',
            'confidence–error correlation (Spearman)',
            'correlation',
            **_LOWER,
        ),
        Measure('confidence_ECE', 'confidence: ECE', **_LOWER),
        Measure(
            'confidence_AUROC', 'confidence: AUROC of errors', interval=False
        ),
        Measure(
            'confidence_mean',
            'confidence: mean',
            higher_is_better=None,
            interval=False,
        ),
        Measure('confidence_accuracy', 'confidence: accuracy', interval=False),
    )

    def __init__(
        self,
        num_bins: int = 10,
        min_iou: float = 0.0,
        min_confidence: float = 0.5,
    ):
        check_num_bins(num_bins)
        if not 0 <= min_iou <= 1:
            raise ValueError(
                'Expected argument `min_iou` to be in [0, 1], but got '
                f'{min_iou}.'
            )
        self.num_bins = num_bins
        self.min_iou = min_iou
        self.min_confidence = min_confidence

    def update(self, rows: ImageRows) -> np.ndarray:
        """Count the pixels of each patch of each mask.

        Args:
            rows (ImageRows): What belongs to the image.

        Returns:
            np.ndarray: (3, N): confidence, right and wrong pixels.
        """
        parts = _image_patches(rows, self.min_iou, self.min_confidence)
        return np.concatenate([np.zeros((3, 0)), *parts], axis=1)

    def gather(self, updates: list) -> list[Computable]:
        """See :class:`~.groups.MeasureGroup`."""
        return [SampleStatistics(self.measures, updates, self._values)]

    def _values(
        self, confidence: np.ndarray, right: np.ndarray, wrong: np.ndarray
    ) -> list[float]:
        pixels = right + wrong
        error = wrong / pixels
        bins = reliability_bins(confidence, right, wrong, self.num_bins)
        return [
            correlation(confidence, error, 'pearson'),
            correlation(confidence, error, 'spearman'),
            _percent(expected_calibration_error(bins)),
            _percent(error_auroc(confidence, right, wrong)),
            _mean_percent(confidence, pixels),
            _mean_percent(right / pixels, pixels),
        ]


def _image_patches(
    rows: ImageRows, min_iou: float, min_confidence: float
) -> list[np.ndarray]:
    known = [_has_map(row) for row in rows.found]
    if not any(known):
        return []
    crowds = [row['segmentation'] for row in rows.crowds]
    crowd = coco_mask.decode(coco_mask.merge(crowds)) if crowds else None
    parts = []
    overlap = rows.ious('segm')
    for row, ious, has_map in zip(rows.found, overlap, known, strict=True):
        if not has_map:
            continue
        best = ious.max(initial=0)
        if best < min_iou:
            continue
        mask = coco_mask.decode(row['segmentation']) > 0
        instance = np.zeros_like(mask)
        if best > 0:
            code = rows.truth[int(ious.argmax())]['segmentation']
            instance = coco_mask.decode(code) > 0
        if crowd is not None:
            mask &= instance | (crowd == 0)
        parts.append(_mask_patches(row, mask, instance, min_confidence))
    return parts


def _mask_patches(
    row: dict[str, Any],
    mask: np.ndarray,
    instance: np.ndarray,
    min_confidence: float,
) -> np.ndarray:
    """(3, N): confidence, right and wrong pixels of a mask's patches."""
    levels = _confidence_map(row['confidence'])
    levels = np.maximum(levels, min_confidence)
    cells = np.arange(levels.size).reshape(levels.shape)
    inside = resize_nearest(cells, mask.shape)[mask]
    right = instance[mask]
    hits = np.bincount(inside, right, levels.size)
    misses = np.bincount(inside, ~right, levels.size)
    table = np.stack([levels.ravel(), hits, misses])
    return table[:, hits + misses > 0]


def _has_map(row: dict[str, Any]) -> bool:
    return row.get('confidence') is not None


def _confidence_map(confidence: Any) -> np.ndarray:
    if isinstance(confidence, dict):
        return decode_confidence(confidence).astype(np.float64)
    levels = np.asarray(confidence, np.float64)
    if levels.ndim != 2 or not levels.size:
        raise ValueError(
            'Expected `confidence` of a prediction to be a map of shape '
            f'(h, w), but got shape {levels.shape}.'
        )
    return levels


def _percent(value: float) -> float:
    return value * 100 if value >= 0 else float('nan')


def _mean_percent(values: np.ndarray, weights: np.ndarray) -> float:
    if not weights.size:
        return float('nan')
    return float(np.average(values, weights=weights) * 100)
