"""The metrics for mmengine."""

from .average_precision import ClassAgnosticCocoMetric
from .confidence_quality import ConfidenceQualityMetric
from .corloc import CorLocMetric
from .dump_pseudo_labels import DumpPseudoLabels
from .instance_metric import InstanceMetric
from .iou_quality import BestIoUMetric
from .same_class_recall import SameClassRecallMetric
from .segmentation_split import SegmentationSplitMetric

__all__ = [
    'BestIoUMetric',
    'ClassAgnosticCocoMetric',
    'ConfidenceQualityMetric',
    'CorLocMetric',
    'DumpPseudoLabels',
    'InstanceMetric',
    'SameClassRecallMetric',
    'SegmentationSplitMetric',
]
