"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import data

__all__ = ['data']
