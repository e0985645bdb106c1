"""Feature extractors (L2): image -> (B, C, h, w) on the patch grid."""

from .classical import ClassicalFeatures, classical_features
from .convert import convert_to_mmpretrain
from .from_files import FeaturesFromFiles
from .vit_keys import ViTKeys
from .weights import OFFICIAL_WEIGHTS, WeightsError

__all__ = [
    'OFFICIAL_WEIGHTS',
    'ClassicalFeatures',
    'FeaturesFromFiles',
    'ViTKeys',
    'WeightsError',
    'classical_features',
    'convert_to_mmpretrain',
]
