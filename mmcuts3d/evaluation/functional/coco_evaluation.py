"""Class-agnostic AP and AR on plain lists, by pycocotools."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

_AREAS = {'all': '', 'small': '_S', 'medium': '_M', 'large': '_L'}


def evaluate_coco(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str,
    max_dets: Sequence[int] = (1, 10, 100),
) -> dict[str, float]:
    """Measure predictions of one class against ground truth.

    Args:
        images (Sequence[dict]): COCO images, ``id`` at least.
        ground_truth (Sequence[dict]): Annotations with ``image_id``,
            ``bbox`` (x, y, width, height), ``area``, ``iscrowd`` and, for
            masks, ``segmentation`` as a run-length code. Ids and categories
            are not looked at.
        predictions (Sequence[dict]): ``image_id``, ``score`` and, as the IoU
            type asks, ``bbox`` or ``segmentation``.
        iou_type (str): 'bbox' or 'segm'.
        max_dets (Sequence[int]): Numbers of predictions an image for AR, in
            rising order; AP is measured at the last. Defaults to
            (1, 10, 100).

    Returns:
        dict[str, float]: ``AP`` (mean over IoU 0.50:0.05:0.95), ``AP50``,
        ``AP75``, ``AP_S``, ``AP_M``, ``AP_L`` (area up to 32², 96², above)
        and ``AR`` with each of ``max_dets``, in percent; -1 where there is
        no ground truth to measure against, as pycocotools has it.
    """
    # pycocotools reports on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(
            _index(images, ground_truth),
            _index(
                images, [_prediction(row, iou_type) for row in predictions]
            ),
            iou_type,
        )
        evaluation.params.maxDets = list(max_dets)
        evaluation.evaluate()
        evaluation.accumulate()
    # IoU thresholds x recalls x categories x areas x max_dets, and the same
    # without recalls.
    precision = evaluation.eval['precision'][:, :, 0, :, -1]
    recall = evaluation.eval['recall'][:, 0, 0, :]
    thresholds = evaluation.params.iouThrs
    labels = evaluation.params.areaRngLbl
    everything = precision[:, :, labels.index('all')]
    values = {
        'AP': _mean(everything),
        'AP50': _mean(everything[np.isclose(thresholds, 0.5)]),
        'AP75': _mean(everything[np.isclose(thresholds, 0.75)]),
    }
    for area, suffix in _AREAS.items():
        if suffix:
            name = f'AP{suffix}'
            values[name] = _mean(precision[:, :, labels.index(area)])
    for column, number in enumerate(max_dets):
        values[f'AR{number}'] = _mean(recall[:, column])
    return values


def _index(images: Sequence[dict], annotations: Sequence[dict]) -> COCO:
    """COCO object of one category.

    Annotations are numbered anew from 1: pycocotools takes a match with an
    annotation of id 0 for no match.
    """
    coco = COCO()
    coco.dataset = {
        'images': list(images),
        'annotations': [
            {**row, 'id': number, 'category_id': 1}
            for number, row in enumerate(annotations, start=1)
        ],
        'categories': [{'id': 1, 'name': 'object'}],
    }
    coco.createIndex()
    return coco


def _prediction(row: dict[str, Any], iou_type: str) -> dict[str, Any]:
    """Prediction with the area that decides whether it counts as small."""
    if iou_type == 'bbox':
        area = row['bbox'][2] * row['bbox'][3]
    else:
        area = coco_mask.area(row['segmentation'])
    return {**row, 'iscrowd': 0, 'area': float(area)}


def _mean(values: np.ndarray) -> float:
    values = values[values > -1]
    return float(values.mean() * 100) if values.size else -1.0
