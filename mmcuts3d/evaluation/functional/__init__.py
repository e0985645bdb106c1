"""The measures as functions of plain lists; the metrics call them."""

from .coco_evaluation import evaluate_coco
from .ground_truth import load_ground_truth

__all__ = ['evaluate_coco', 'load_ground_truth']
