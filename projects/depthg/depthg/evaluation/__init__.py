"""How good a segmentation is."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .confusion import (
    UNMATCHED,
    Extra,
    accuracy,
    class_iou,
    confusion_matrix,
    match_clusters,
    merge_clusters,
)
from .seg_metric import UnsupervisedSegMetric

__all__ = [
    'UNMATCHED',
    'Extra',
    'UnsupervisedSegMetric',
    'accuracy',
    'class_iou',
    'confusion_matrix',
    'match_clusters',
    'merge_clusters',
]
