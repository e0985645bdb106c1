"""Mask heads that train with Spatial Confidence."""

from .spatial_confidence_mask_head import (
    SpatialConfidenceHTCMaskHead,
    SpatialConfidenceMaskHead,
)

__all__ = ['SpatialConfidenceHTCMaskHead', 'SpatialConfidenceMaskHead']
