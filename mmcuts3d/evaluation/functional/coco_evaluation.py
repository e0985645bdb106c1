"""Class-agnostic AP and AR on plain lists."""

from collections.abc import Sequence

import numpy as np

from .coco_backends import AREAS, accumulate, with_area

IOU_TYPES = ('bbox', 'segm', 'boundary')


def evaluate_coco(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str,
    max_dets: Sequence[int] = (1, 10, 100),
    backend: str = 'pycocotools',
) -> dict[str, float]:
    """Measure predictions of one class against ground truth.

    Args:
        images (Sequence[dict]): COCO images, ``id`` at least; for masks also
            ``height`` and ``width``.
        ground_truth (Sequence[dict]): Annotations with ``image_id``,
            ``bbox`` (x, y, width, height), ``area``, ``iscrowd`` and, for
            masks, ``segmentation`` as a run-length code. Ids and categories
            are not looked at.
        predictions (Sequence[dict]): ``image_id``, ``score`` and, as the IoU
            type asks, ``bbox`` or ``segmentation``.
        iou_type (str): 'bbox', 'segm', or 'boundary': the lower of mask IoU
            and Boundary IoU (Cheng et al., CVPR 2021, boundaries of 2 % of
            the image's diagonal).
        max_dets (Sequence[int]): Numbers of predictions an image for AR, in
            rising order; AP is measured at the last. Defaults to
            (1, 10, 100).
        backend (str): 'pycocotools', or 'faster_coco_eval' (an own package,
            in C++), which gives the same values. Defaults to 'pycocotools'.

    Returns:
        dict[str, float]: ``AP`` (mean over IoU 0.50:0.05:0.95), ``AP50``,
        ``AP75``, ``AP_S``, ``AP_M``, ``AP_L`` (area up to 32², 96², above)
        and ``AR`` with each of ``max_dets``, in percent; -1 where there is
        no ground truth to measure against, as pycocotools has it.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If the IoU type or the backend has no such name, or
            ``max_dets`` is empty or does not rise.
    """
    if iou_type not in IOU_TYPES:
        raise ValueError(
            f'Expected argument `iou_type` to be one of {IOU_TYPES}, but got '
            f'{iou_type!r}.'
        )
    numbers = list(max_dets)
    if not numbers or numbers != sorted(set(numbers)) or numbers[0] < 1:
        raise ValueError(
            'Expected argument `max_dets` to be positive numbers in rising '
            f'order, but got {tuple(numbers)}.'
        )
    thresholds, precision, recall = accumulate(
        images,
        ground_truth,
        [with_area(row, iou_type) for row in predictions],
        iou_type,
        max_dets,
        backend,
    )
    everything = precision[:, :, AREAS.index('all'), -1]
    values = {
        'AP': _mean(everything),
        'AP50': _mean(everything[np.isclose(thresholds, 0.5)]),
        'AP75': _mean(everything[np.isclose(thresholds, 0.75)]),
    }
    for area in ('small', 'medium', 'large'):
        name = f'AP_{area[0].upper()}'
        values[name] = _mean(precision[:, :, AREAS.index(area), -1])
    for column, number in enumerate(max_dets):
        everything = recall[:, AREAS.index('all'), column]
        values[f'AR{number}'] = _mean(everything)
    return values


def _mean(values: np.ndarray) -> float:
    values = values[values > -1]
    return float(values.mean() * 100) if values.size else -1.0
