"""Everything that can be measured of a set of labels, as one flat table."""

from collections.abc import Sequence

from .boundary import with_boundaries
from .coco_evaluation import evaluate_coco
from .confidence_quality import confidence_quality, score_quality
from .corloc import correct_localization
from .instance_recall import same_class_recall
from .segmentation_split import segmentation_split


def label_quality(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_types: Sequence[str] = ('bbox', 'segm'),
    max_dets: Sequence[int] = (1, 10, 100),
    backend: str = 'pycocotools',
) -> dict[str, float]:
    """Measure predictions or pseudo-labels by all measures that apply.

    - Each of ``iou_types``: AP and AR (``bbox_AP50``, ``segm_AR100``, …),
      recall by number of same-class instances (``segm_AR_same1``, …), rank
      correlation of score and IoU (``segm_score_IoU_spearman``) and
      ``segm_mean_IoU``.
    - With 'bbox': ``CorLoc``.
    - With 'segm' or 'boundary': over- and under-segmentation
      (``split_instances``, …) and, if a prediction has a ``confidence`` map,
      the quality of confidence (``confidence_ECE``, …).

    Left out, so that keys are missing, is what the input cannot answer: IoU
    types of masks, and what follows from them, if an annotation or a
    prediction has no ``segmentation`` (ground truth of ImageNet, VOC, KITTI);
    quality of confidence if no prediction has a map (labels of a detector).
    A measure that applies and finds nothing to measure is -1, a correlation
    NaN.

    Args:
        images (Sequence[dict]): COCO images, with ``height`` and ``width``.
        ground_truth (Sequence[dict]): Annotations, as
            :func:`load_ground_truth` makes them.
        predictions (Sequence[dict]): ``image_id``, ``score``, ``bbox`` (x,
            y, width, height) and perhaps ``segmentation`` (run-length code)
            and ``confidence`` (map, or its code in label files).
        iou_types (Sequence[str]): Of 'bbox', 'segm', 'boundary'. Defaults to
            ('bbox', 'segm').
        max_dets (Sequence[int]): See :func:`evaluate_coco`.
        backend (str): See :func:`evaluate_coco`.

    Returns:
        dict[str, float]: Names to values, in percent but for correlations
        and ``merged_per_mask``.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If an IoU type or the backend has no such name.
    """
    has_masks = all(
        row.get('segmentation')
        for rows in (ground_truth, predictions)
        for row in rows
    )
    if has_masks and 'boundary' in iou_types:
        ground_truth, predictions = map(
            with_boundaries, (ground_truth, predictions)
        )
    data = (images, ground_truth, predictions)
    values: dict[str, float] = {}
    for iou_type in iou_types:
        if iou_type in ('segm', 'boundary') and not has_masks:
            continue
        measured = {
            **evaluate_coco(*data, iou_type, max_dets, backend),
            **same_class_recall(*data, iou_type),
            **score_quality(*data, iou_type),
        }
        values.update({f'{iou_type}_{k}': v for k, v in measured.items()})
    if 'bbox' in iou_types:
        values.update(correct_localization(*data))
    if has_masks and set(iou_types) & {'segm', 'boundary'}:
        values.update(segmentation_split(*data))
        if any(row.get('confidence') is not None for row in predictions):
            values.update(confidence_quality(*data))
    return values
