"""Models (L2): features, depth, labelers, losses and heads."""

from . import bbox_heads, depth, features, labelers, losses, mask_heads

__all__ = [
    'bbox_heads',
    'depth',
    'features',
    'labelers',
    'losses',
    'mask_heads',
]
