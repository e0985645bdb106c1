"""UnScene3D: unsupervised instance segmentation of 3D scans."""

from .features import FileFeatures, GeometricFeatures, LiftedFeatures

__all__ = ['FileFeatures', 'GeometricFeatures', 'LiftedFeatures']
