"""Metrics: class-agnostic AP/AR, and the label store as a metric."""

from .functional import evaluate_coco, load_ground_truth
from .metrics import ClassAgnosticCocoMetric, DumpPseudoLabels

__all__ = [
    'ClassAgnosticCocoMetric',
    'DumpPseudoLabels',
    'evaluate_coco',
    'load_ground_truth',
]
