"""Does confidence tell where a mask is wrong?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.cuts import resize_nearest
from mmcuts3d.labels import decode_confidence

from .calibration import (
    correlation,
    error_auroc,
    expected_calibration_error,
    reliability_bins,
)
from .overlaps import ImageRows, iou_matrix, rows_by_image


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
    if not 0 <= min_iou <= 1:
        raise ValueError(
            f'Expected argument `min_iou` to be in [0, 1], but got {min_iou}.'
        )
    confidence, right, wrong = patch_errors(
        images, ground_truth, predictions, min_iou, min_confidence
    )
    pixels = right + wrong
    error = wrong / pixels
    bins = reliability_bins(confidence, right, wrong, num_bins)
    return {
        'confidence_error_pearson': correlation(confidence, error, 'pearson'),
        'confidence_error_spearman': correlation(
            confidence, error, 'spearman'
        ),
        'confidence_ECE': _percent(expected_calibration_error(bins)),
        'confidence_AUROC': _percent(error_auroc(confidence, right, wrong)),
        'confidence_mean': _mean_percent(confidence, pixels),
        'confidence_accuracy': _mean_percent(right / pixels, pixels),
    }


def score_quality(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str = 'segm',
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
    scores: list[float] = []
    ious: list[float] = []
    for rows in rows_by_image(images, ground_truth, predictions, iou_type):
        overlap = iou_matrix(rows.found, rows.truth, iou_type)
        scores += [float(row['score']) for row in rows.found]
        ious += overlap.max(axis=1, initial=0).tolist()
    return {
        'score_IoU_spearman': correlation(scores, ious, 'spearman'),
        'mean_IoU': float(np.mean(ious) * 100) if ious else -1.0,
    }


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
    parts = [np.zeros((3, 0))]
    for rows in rows_by_image(images, ground_truth, predictions, 'segm'):
        rows.found = [row for row in rows.found if _has_map(row)]
        if rows.found:
            parts += _image_patches(rows, min_iou, min_confidence)
    confidence, right, wrong = np.concatenate(parts, axis=1)
    return confidence, right, wrong


def _image_patches(
    rows: ImageRows, min_iou: float, min_confidence: float
) -> list[np.ndarray]:
    overlap = iou_matrix(rows.found, rows.truth, 'segm')
    crowds = [row['segmentation'] for row in rows.crowds]
    crowd = coco_mask.decode(coco_mask.merge(crowds)) if crowds else None
    parts = []
    for row, ious in zip(rows.found, overlap, strict=True):
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
    return value * 100 if value >= 0 else value


def _mean_percent(values: np.ndarray, weights: np.ndarray) -> float:
    if not weights.size:
        return -1.0
    return float(np.average(values, weights=weights) * 100)
