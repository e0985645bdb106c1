"""Features per segment, of geometry and of frames, and their similarity."""

from mmcuts3d import registry  # noqa: F401  # isort: skip (first: it repairs)

from .file_features import FileFeatures
from .geometric import GeometricFeatures
from .lifted import LiftedFeatures
from .segment_features import SegmentFeatures
from .similarity import similarity

__all__ = [
    'FileFeatures',
    'GeometricFeatures',
    'LiftedFeatures',
    'SegmentFeatures',
    'similarity',
]
