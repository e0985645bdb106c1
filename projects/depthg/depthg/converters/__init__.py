"""Data sets of the paper, from their original files."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .cityscapes import convert_cityscapes
from .coco_stuff import convert_coco_stuff
from .nyu import convert_nyu
from .potsdam import convert_potsdam
from .writing import SetWriter

__all__ = [
    'SetWriter',
    'convert_cityscapes',
    'convert_coco_stuff',
    'convert_nyu',
    'convert_potsdam',
]
