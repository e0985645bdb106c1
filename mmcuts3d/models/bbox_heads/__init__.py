"""Box heads with DropLoss, and the sampler that tells them the overlaps."""

from .drop_loss_bbox_head import (
    DropLossBBoxHead,
    DropLossConvFCBBoxHead,
)
from .overlap_sampler import OverlapRandomSampler

__all__ = [
    'DropLossBBoxHead',
    'DropLossConvFCBBoxHead',
    'OverlapRandomSampler',
]
