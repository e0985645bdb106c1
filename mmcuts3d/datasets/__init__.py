"""Datasets: pseudo-labels, image folders, and the embedded RGB-D scenes."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .confidence_use import ConfidenceUse
from .image_folder import ImageFolder
from .image_sources import ImageList, TarImages, image_source
from .pseudo_label_dataset import PseudoLabelDataset
from .rgbd_scenes import RGBDScenes

__all__ = [
    'ConfidenceUse',
    'ImageFolder',
    'ImageList',
    'PseudoLabelDataset',
    'RGBDScenes',
    'TarImages',
    'image_source',
]
