"""Depth as a guide: what is correlated, where it is sampled, how long."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .correlation import VARIANTS, Variant, check_variant, depth_correlation
from .depth_guidance import DepthGuidance
from .maps import KINDS, Kind, guidance_maps, sample_depth
from .sampling import (
    FIELD_OF_VIEW,
    NEAR,
    AllPlaces,
    FarthestPlaces,
    RandomPlaces,
    degrees_as_radians,
    far_patches,
    patch_places,
)
from .schedule import DecaySchedule

__all__ = [
    'FIELD_OF_VIEW',
    'KINDS',
    'NEAR',
    'VARIANTS',
    'AllPlaces',
    'DecaySchedule',
    'DepthGuidance',
    'FarthestPlaces',
    'Kind',
    'RandomPlaces',
    'Variant',
    'check_variant',
    'degrees_as_radians',
    'depth_correlation',
    'far_patches',
    'guidance_maps',
    'patch_places',
    'sample_depth',
]
