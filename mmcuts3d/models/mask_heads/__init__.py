"""Mask heads that train with Spatial Confidence, or with scores."""

from .soft_target_mask_head import SoftTargetHTCMaskHead, SoftTargetMaskHead
from .spatial_confidence_mask_head import (
    SpatialConfidenceHTCMaskHead,
    SpatialConfidenceMaskHead,
)

__all__ = [
    'SoftTargetHTCMaskHead',
    'SoftTargetMaskHead',
    'SpatialConfidenceHTCMaskHead',
    'SpatialConfidenceMaskHead',
]
