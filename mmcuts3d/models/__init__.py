"""Models: features, depth, labelers, losses and heads."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from . import (
    bbox_heads,
    dense_heads,
    depth,
    features,
    labelers,
    losses,
    mask_heads,
    roi_heads,
)
from .placeholder import GivenByCaller

__all__ = [
    'GivenByCaller',
    'bbox_heads',
    'dense_heads',
    'depth',
    'features',
    'labelers',
    'losses',
    'mask_heads',
    'roi_heads',
]
