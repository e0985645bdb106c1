"""Images with label maps and depth."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .class_scenes import (
    SCENE_CLASSES,
    ClassScenes,
    class_map,
    make_class_scene,
    write_class_scenes,
)
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
    'SCENE_CLASSES',
    'ClassList',
    'ClassScenes',
    'LoadMaps',
    'MirrorAtRandom',
    'NumberedSampler',
    'PackSegInputs',
    'ResizeCentreCrop',
    'SegFolder',
    'TakeCrop',
    'class_colours',
    'class_map',
    'crop_window',
    'make_class_scene',
    'read_label_map',
    'write_class_scenes',
    'write_label_map',
]
