"""Losses that know how far a pseudo-label can be trusted."""

from .drop_loss import DropLoss, overlap_keep
from .soft_target_loss import SoftTargetLoss, check_scores
from .spatial_confidence_bce import (
    SpatialConfidenceBCE,
    spatial_confidence_bce,
)
from .spatial_confidence_dice import (
    SpatialConfidenceDice,
    signed_levels,
    spatial_confidence_dice,
)

__all__ = [
    'DropLoss',
    'SoftTargetLoss',
    'SpatialConfidenceBCE',
    'SpatialConfidenceDice',
    'check_scores',
    'overlap_keep',
    'signed_levels',
    'spatial_confidence_bce',
    'spatial_confidence_dice',
]
