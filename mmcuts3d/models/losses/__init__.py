"""Losses that know how far a pseudo-label can be trusted."""

from .drop_loss import DropLoss, overlap_keep
from .soft_target_loss import SoftTargetLoss, check_scores
from .spatial_confidence_bce import (
    SpatialConfidenceBCE,
    spatial_confidence_bce,
)

__all__ = [
    'DropLoss',
    'SoftTargetLoss',
    'SpatialConfidenceBCE',
    'check_scores',
    'overlap_keep',
    'spatial_confidence_bce',
]
