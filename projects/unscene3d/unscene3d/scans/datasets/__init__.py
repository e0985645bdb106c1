"""Scans in the layouts of data sets."""

from .arkit_scenes import read_arkit_scenes
from .s3dis import read_s3dis
from .scannet import (
    OBJECT_CLASSES,
    ScanNetScan,
    keep_objects,
    read_scannet,
)

__all__ = [
    'OBJECT_CLASSES',
    'ScanNetScan',
    'keep_objects',
    'read_arkit_scenes',
    'read_s3dis',
    'read_scannet',
]
