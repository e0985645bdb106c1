"""The measures as mmengine metrics."""

from .class_agnostic_coco_metric import ClassAgnosticCocoMetric
from .confidence_quality_metric import ConfidenceQualityMetric
from .corloc_metric import CorLocMetric
from .dump_pseudo_labels import DumpPseudoLabels
from .instance_metric import InstanceMetric
from .same_class_recall_metric import SameClassRecallMetric
from .segmentation_split_metric import SegmentationSplitMetric

__all__ = [
    'ClassAgnosticCocoMetric',
    'ConfidenceQualityMetric',
    'CorLocMetric',
    'DumpPseudoLabels',
    'InstanceMetric',
    'SameClassRecallMetric',
    'SegmentationSplitMetric',
]
