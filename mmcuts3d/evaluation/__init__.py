"""Metrics of instances, of plain lists and for mmengine, and the label store
as a metric."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .functional import (
    best_iou,
    confidence_quality,
    correct_localization,
    evaluate_coco,
    label_quality,
    same_class_recall,
    score_quality,
    segmentation_split,
)
from .inputs import load_ground_truth
from .metrics import (
    BestIoUMetric,
    ClassAgnosticCocoMetric,
    ConfidenceQualityMetric,
    CorLocMetric,
    DumpPseudoLabels,
    InstanceMetric,
    SameClassRecallMetric,
    SegmentationSplitMetric,
)

__all__ = [
    'BestIoUMetric',
    'ClassAgnosticCocoMetric',
    'ConfidenceQualityMetric',
    'CorLocMetric',
    'DumpPseudoLabels',
    'InstanceMetric',
    'SameClassRecallMetric',
    'SegmentationSplitMetric',
    'best_iou',
    'confidence_quality',
    'correct_localization',
    'evaluate_coco',
    'label_quality',
    'load_ground_truth',
    'same_class_recall',
    'score_quality',
    'segmentation_split',
]
