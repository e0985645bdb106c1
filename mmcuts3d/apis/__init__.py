"""Inferencers: image or folder in, instances and pictures out."""

from .inferencer import CutS3DInferencer
from .placeholder import GivenByCaller

__all__ = ['CutS3DInferencer', 'GivenByCaller']
