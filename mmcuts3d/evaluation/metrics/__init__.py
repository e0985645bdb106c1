"""The measures as mmengine metrics."""

from .class_agnostic_coco_metric import ClassAgnosticCocoMetric
from .dump_pseudo_labels import DumpPseudoLabels

__all__ = ['ClassAgnosticCocoMetric', 'DumpPseudoLabels']
