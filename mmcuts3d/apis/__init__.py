"""Inferencers: image or folder in, instances and pictures out."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .inferencer import CutS3DInferencer

__all__ = ['CutS3DInferencer']
