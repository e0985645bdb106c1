"""UnScene3D: unsupervised instance segmentation of 3D scans."""

from . import models, training

__all__ = ['models', 'training']
