"""RoI heads: how box heads and mask heads of a detector work together."""

from .single_mask_cascade_roi_head import SingleMaskCascadeRoIHead

__all__ = ['SingleMaskCascadeRoIHead']
