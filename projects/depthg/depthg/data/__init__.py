"""Images with label maps and depth."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .geometry import MirrorAtRandom, ResizeCentreCrop, TakeCrop, crop_window
from .label_files import (
    CLASSES_FILE,
    ClassList,
    class_colours,
    read_label_map,
    write_label_map,
)
from .maps import LoadMaps, PackSegInputs
from .numbered_sampler import NumberedSampler
from .seg_folder import SegFolder

__all__ = [
    'CLASSES_FILE',
    'ClassList',
    'LoadMaps',
    'MirrorAtRandom',
    'NumberedSampler',
    'PackSegInputs',
    'ResizeCentreCrop',
    'SegFolder',
    'TakeCrop',
    'class_colours',
    'crop_window',
    'read_label_map',
    'write_label_map',
]
