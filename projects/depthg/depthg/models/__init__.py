"""The model: head, probes, losses, predictions."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .cached_features import CachedFeatures
from .correlation_loss import (
    CENTRINGS,
    Centring,
    centred,
    correlation_loss,
    cosines,
)
from .depth_g import DepthG
from .losses import CorrelationLoss, Samples, Term, other_images, sample_maps
from .oracle_features import OracleFeatures
from .prediction import CRF_SETTINGS, Prediction
from .probes import ClusterProbe, LinearProbe
from .stego_head import StegoHead

__all__ = [
    'CENTRINGS',
    'CRF_SETTINGS',
    'CachedFeatures',
    'Centring',
    'ClusterProbe',
    'CorrelationLoss',
    'DepthG',
    'LinearProbe',
    'OracleFeatures',
    'Prediction',
    'Samples',
    'StegoHead',
    'Term',
    'centred',
    'correlation_loss',
    'cosines',
    'other_images',
    'sample_maps',
]
