"""UnScene3D: unsupervised instance segmentation of 3D scans."""

from . import evaluation, features, labeler, models, segments, training

__all__ = [
    'evaluation',
    'features',
    'labeler',
    'models',
    'segments',
    'training',
]
