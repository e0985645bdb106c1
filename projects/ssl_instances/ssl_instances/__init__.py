"""Instances in self-supervised features (Engstler et al., 2023)."""

from mmcuts3d import registry  # noqa: F401  # isort: skip (first: it repairs)

from . import labeler, proposals, training
from .clustering import KS, SpectralMasks, spectral_masks

__all__ = [
    'KS',
    'SpectralMasks',
    'labeler',
    'proposals',
    'spectral_masks',
    'training',
]
