"""Heads without RoIs that train with Spatial Confidence."""

from .condinst_head import SpatialConfidenceCondInstMaskHead
from .mask2former_head import SpatialConfidenceMask2FormerHead
from .rtmdet_ins_head import (
    SpatialConfidenceRTMDetInsHead,
    SpatialConfidenceRTMDetInsSepBNHead,
)
from .solov2_head import SpatialConfidenceSOLOV2Head

__all__ = [
    'SpatialConfidenceCondInstMaskHead',
    'SpatialConfidenceMask2FormerHead',
    'SpatialConfidenceRTMDetInsHead',
    'SpatialConfidenceRTMDetInsSepBNHead',
    'SpatialConfidenceSOLOV2Head',
]
