"""Mask heads that train with Spatial Confidence."""

from .spatial_confidence_mask_head import SpatialConfidenceMaskHead

__all__ = ['SpatialConfidenceMaskHead']
