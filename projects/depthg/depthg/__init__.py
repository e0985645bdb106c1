"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import data, evaluation, guidance, models, neighbours, training

__all__ = [
    'data',
    'evaluation',
    'guidance',
    'models',
    'neighbours',
    'training',
]
