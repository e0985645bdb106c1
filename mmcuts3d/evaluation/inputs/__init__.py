"""What the measures begin with: ground truth and predictions as lists."""

from .ground_truth import (
    annotation,
    load_ground_truth,
    mark_box_only,
    sample_ground_truth,
)
from .predictions import Predictions, unpack_predictions

__all__ = [
    'Predictions',
    'annotation',
    'load_ground_truth',
    'mark_box_only',
    'sample_ground_truth',
    'unpack_predictions',
]
