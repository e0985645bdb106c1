"""Everything that can be measured of a set of labels, as one flat table."""

from collections.abc import Sequence

from .average_precision import AveragePrecision, evaluate_coco
from .coco_backends import Backend, check_backend
from .confidence_quality import ConfidenceQuality
from .corloc import CorLoc
from .groups import IoUType, MeasureGroup, check_iou_type, image_statistics
from .iou_quality import BestIoU, ScoreQuality
from .same_class_recall import SameClassRecall
from .segmentation_split import SegmentationSplit


def label_quality(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_types: Sequence[IoUType] = ('bbox', 'segm'),
    max_dets: Sequence[int] = (1, 10, 100),
    backend: Backend = 'pycocotools',
) -> dict[str, float]:
    """Measure predictions or pseudo-labels by all measures that apply.

    - Each of ``iou_types``: AP and AR (``bbox_AP50``, ``segm_AR100``, …),
      mean best IoU of an instance (``segm_best_IoU``), recall by number of
      same-class instances (``segm_AR_same1``, …), rank correlation of score
      and IoU (``segm_score_IoU_spearman``) and ``segm_mean_IoU``.
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
        ValueError: If an IoU type or the backend has no such name, an image
            is listed twice, or a row is of none of them.
    """
    check_backend(backend)
    groups = quality_groups(
        ground_truth, predictions, iou_types, tuple(max_dets)
    )
    data = (images, ground_truth, predictions)
    if backend == 'pycocotools':
        return image_statistics(groups, *data).reported()
    by_pycocotools = [g for g in groups if isinstance(g, AveragePrecision)]
    others = [g for g in groups if not isinstance(g, AveragePrecision)]
    values: dict[str, float] = {}
    for group in by_pycocotools:
        kind = group.iou_type
        measured = evaluate_coco(*data, kind, max_dets, backend)
        values.update({f'{kind}_{k}': v for k, v in measured.items()})
    return values | image_statistics(others, *data).reported()


def quality_groups(
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_types: Sequence[IoUType] = ('bbox', 'segm'),
    max_dets: tuple[int, ...] = (1, 10, 100),
) -> list[MeasureGroup]:
    """All measures that the input can answer, see :func:`label_quality`.

    Args:
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): Predictions.
        iou_types (Sequence[str]): See there.
        max_dets (tuple[int, ...]): See there.

    Returns:
        list[MeasureGroup]: For :func:`image_statistics`.

    Raises:
        ValueError: If an IoU type has no such name.
    """
    has_masks = all(
        row.get('segmentation')
        for rows in (ground_truth, predictions)
        for row in rows
    )
    groups: list[MeasureGroup] = []
    for iou_type in iou_types:
        check_iou_type(iou_type)
        if iou_type == 'bbox' or has_masks:
            groups += [
                AveragePrecision(iou_type, max_dets),
                BestIoU(iou_type),
                SameClassRecall(iou_type),
                ScoreQuality(iou_type),
            ]
    if 'bbox' in iou_types:
        groups.append(CorLoc())
    if has_masks and set(iou_types) & {'segm', 'boundary'}:
        groups.append(SegmentationSplit())
        if any(row.get('confidence') is not None for row in predictions):
            groups.append(ConfidenceQuality())
    return groups
