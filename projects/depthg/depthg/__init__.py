"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import data, evaluation

__all__ = ['data', 'evaluation']
