"""Trainings: small data in memory, and arms of an experiment."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .arms import RESULT, arm_config, run_arm, spread
from .folder import (
    Segmented,
    folder_config,
    segment_image,
    segment_images,
    train_folder,
)
from .memory_images import MemoryImages
from .neighbour_pairs import make_neighbours

__all__ = [
    'RESULT',
    'MemoryImages',
    'Segmented',
    'arm_config',
    'folder_config',
    'make_neighbours',
    'run_arm',
    'segment_image',
    'segment_images',
    'spread',
    'train_folder',
]
