"""Datasets: pseudo-labels, image folders, and the embedded RGB-D scenes."""

from .. import registry  # noqa: F401  # isort: skip (first: it repairs)

from .image_folder import ImageFolder
from .pseudo_label_dataset import PseudoLabelDataset
from .rgbd_scenes import RGBDScenes

__all__ = ['ImageFolder', 'PseudoLabelDataset', 'RGBDScenes']
