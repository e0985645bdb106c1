"""Correct localisation: does the first box of an image hit an object?"""

from collections.abc import Sequence

import numpy as np

from .overlaps import iou_matrix, rows_by_image


def correct_localization(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_thr: float = 0.5,
    with_ignored: bool = False,
) -> dict[str, float]:
    """CorLoc, the measure of single-object discovery.

    The share of images whose prediction of the highest score has an IoU of
    at least ``iou_thr`` with the box of any instance (Deselaers, Alexe,
    Ferrari, IJCV 2012; as in LOST, Siméoni et al., BMVC 2021, and TokenCut,
    Wang et al., CVPR 2022). Images without instances are left out; one
    without predictions is missed.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations with ``bbox``.
        predictions (Sequence[dict]): ``image_id``, ``score``, ``bbox``; of
            equal scores the first in the list counts.
        iou_thr (float): In (0, 1]. Defaults to 0.5.
        with_ignored (bool): Whether annotations with ``iscrowd`` are
            instances, as objects that VOC calls difficult are to LOST.
            Defaults to False.

    Returns:
        dict[str, float]: ``CorLoc`` in percent, -1 if no image has an
        instance.

    Raises:
        ValueError: If the threshold is out of range.
    """
    if not 0 < iou_thr <= 1:
        raise ValueError(
            f'Expected argument `iou_thr` to be in (0, 1], but got {iou_thr}.'
        )
    hits = []
    for rows in rows_by_image(images, ground_truth, predictions):
        truth = rows.truth + (rows.crowds if with_ignored else [])
        if truth:
            ious = iou_matrix(rows.found[:1], truth, 'bbox')
            hits.append(bool((ious >= iou_thr).any()))
    return {'CorLoc': float(np.mean(hits) * 100) if hits else -1.0}
