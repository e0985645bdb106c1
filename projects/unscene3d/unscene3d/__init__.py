"""UnScene3D: unsupervised instance segmentation of 3D scans."""

from .features import FileFeatures, GeometricFeatures, LiftedFeatures
from .segments import Felzenszwalb

__all__ = [
    'Felzenszwalb',
    'FileFeatures',
    'GeometricFeatures',
    'LiftedFeatures',
]
