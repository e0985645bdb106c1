"""Depth sources: image -> list of (H_i, W_i) in [0, 1], 0 = nearest."""

from .camera import Camera
from .flat import FlatDepth
from .from_diffusers import DepthFromDiffusers
from .from_files import DepthFromFiles
from .from_transformers import DepthFromTransformers
from .kinds import DepthKind
from .normalise import normalise_depth
from .ranges import set_depth_clip

__all__ = [
    'Camera',
    'DepthFromDiffusers',
    'DepthFromFiles',
    'DepthFromTransformers',
    'DepthKind',
    'FlatDepth',
    'normalise_depth',
    'set_depth_clip',
]
