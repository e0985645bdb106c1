"""Metrics: class-agnostic AP/AR, and the label store as a metric."""

from .class_agnostic_coco_metric import ClassAgnosticCocoMetric
from .coco_evaluation import evaluate_coco
from .dump_pseudo_labels import DumpPseudoLabels

__all__ = ['ClassAgnosticCocoMetric', 'DumpPseudoLabels', 'evaluate_coco']
