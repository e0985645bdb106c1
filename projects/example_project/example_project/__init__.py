"""The example project: features that know where a patch is."""

from .positioned_features import PositionedFeatures

__all__ = ['PositionedFeatures']
