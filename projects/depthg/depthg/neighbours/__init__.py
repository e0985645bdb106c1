"""Pairs of images that are alike."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .finding import find_neighbours, image_ids, pool_features
from .neighbour_file import Neighbours
from .paired_images import PairedImages
from .search import nearest_images

__all__ = [
    'Neighbours',
    'PairedImages',
    'find_neighbours',
    'image_ids',
    'nearest_images',
    'pool_features',
]
