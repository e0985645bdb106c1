"""Inferencers: image or folder in, instances and pictures out."""

from .inferencer import CutS3DInferencer

__all__ = ['CutS3DInferencer']
