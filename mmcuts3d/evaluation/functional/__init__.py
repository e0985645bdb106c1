"""Metrics of plain lists: each counted and declared once."""

from .average_precision import AveragePrecision, evaluate_coco
from .bootstrap import bootstrap
from .boundary import boundary_iou, mask_boundary
from .calibration import (
    ReliabilityBins,
    error_auroc,
    expected_calibration_error,
    reliability_bins,
)
from .confidence_quality import (
    ConfidenceQuality,
    confidence_quality,
    patch_errors,
)
from .corloc import CorLoc, correct_localization
from .groups import (
    ImageStatistics,
    MeasureGroup,
    RatioGroup,
    image_statistics,
)
from .hoover import hoover_classes
from .iou_quality import BestIoU, ScoreQuality, best_iou, score_quality
from .quality import label_quality, quality_groups
from .same_class_recall import SameClassRecall, same_class_recall
from .segmentation_split import SegmentationSplit, segmentation_split

__all__ = [
    'AveragePrecision',
    'BestIoU',
    'ConfidenceQuality',
    'CorLoc',
    'ImageStatistics',
    'MeasureGroup',
    'RatioGroup',
    'ReliabilityBins',
    'SameClassRecall',
    'ScoreQuality',
    'SegmentationSplit',
    'best_iou',
    'bootstrap',
    'boundary_iou',
    'confidence_quality',
    'correct_localization',
    'error_auroc',
    'evaluate_coco',
    'expected_calibration_error',
    'hoover_classes',
    'image_statistics',
    'label_quality',
    'mask_boundary',
    'patch_errors',
    'quality_groups',
    'reliability_bins',
    'same_class_recall',
    'score_quality',
    'segmentation_split',
]
