"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import data, guidance, models

__all__ = ['data', 'guidance', 'models']
