"""Mask proposals (Sec. 4): clusters, a saliency map, a filter, NMS."""

from .nms import mask_nms
from .saliency import salient_cluster, share_inside
from .spectral_proposals import SpectralProposals

__all__ = [
    'SpectralProposals',
    'mask_nms',
    'salient_cluster',
    'share_inside',
]
