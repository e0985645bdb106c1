"""The measures as functions of plain lists; the metrics call them."""

from .bootstrap import bootstrap
from .boundary import boundary_iou, mask_boundary
from .calibration import (
    ReliabilityBins,
    error_auroc,
    expected_calibration_error,
    reliability_bins,
)
from .coco_evaluation import evaluate_coco
from .coco_tables import CocoTables, average_precision, coco_tables
from .confidence_quality import (
    confidence_quality,
    patch_errors,
    score_quality,
)
from .corloc import correct_localization
from .hoover import hoover_classes
from .instance_recall import same_class_recall
from .quality import label_quality
from .quality_tables import best_overlaps, quality_tables
from .segmentation_split import segmentation_split

__all__ = [
    'CocoTables',
    'ReliabilityBins',
    'average_precision',
    'best_overlaps',
    'bootstrap',
    'boundary_iou',
    'coco_tables',
    'confidence_quality',
    'correct_localization',
    'error_auroc',
    'evaluate_coco',
    'expected_calibration_error',
    'hoover_classes',
    'label_quality',
    'mask_boundary',
    'patch_errors',
    'quality_tables',
    'reliability_bins',
    'same_class_recall',
    'score_quality',
    'segmentation_split',
]
