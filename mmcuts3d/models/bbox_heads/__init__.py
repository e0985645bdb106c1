"""Box heads with DropLoss or soft targets, and the sampler they ask."""

from .drop_loss_bbox_head import (
    DropLossBBoxHead,
    DropLossConvFCBBoxHead,
)
from .overlap_sampler import OverlapRandomSampler
from .soft_target_bbox_head import (
    SoftTargetBBoxHead,
    SoftTargetConvFCBBoxHead,
)

__all__ = [
    'DropLossBBoxHead',
    'DropLossConvFCBBoxHead',
    'OverlapRandomSampler',
    'SoftTargetBBoxHead',
    'SoftTargetConvFCBBoxHead',
]
