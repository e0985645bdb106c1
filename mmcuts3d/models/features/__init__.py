"""Feature extractors: image -> (B, C, h, w) on the patch grid."""

from .backbones import BACKBONES, Backbone, features_config, find_backbone
from .classical import ClassicalFeatures, classical_features
from .convert import convert_to_mmpretrain
from .from_files import FeaturesFromFiles
from .from_transformers import FeaturesFromTransformers
from .frozen_vit import KINDS
from .layer_reader import (
    LayerReader,
    Place,
    find_places,
    has_layers,
    num_blocks,
    reader_config,
)
from .several import SeveralFeatures
from .vit_keys import ViTKeys
from .weights import OFFICIAL_WEIGHTS, WeightsError

__all__ = [
    'BACKBONES',
    'KINDS',
    'OFFICIAL_WEIGHTS',
    'Backbone',
    'ClassicalFeatures',
    'FeaturesFromFiles',
    'FeaturesFromTransformers',
    'LayerReader',
    'Place',
    'SeveralFeatures',
    'ViTKeys',
    'WeightsError',
    'classical_features',
    'convert_to_mmpretrain',
    'features_config',
    'find_backbone',
    'find_places',
    'has_layers',
    'num_blocks',
    'reader_config',
]
