"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import data, evaluation, neighbours

__all__ = ['data', 'evaluation', 'neighbours']
