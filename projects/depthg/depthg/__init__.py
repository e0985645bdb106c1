"""DepthG: unsupervised semantic segmentation, guided by depth."""

from . import guidance, models

__all__ = ['guidance', 'models']
