"""Files of other people, read safely: no OpenMMLab, errors by name."""

from .arrays import read_array
from .folders import Listing, list_images
from .images import (
    IMAGE_SUFFIXES,
    decode_image,
    image_orientation,
    image_size,
    read_image,
    turn_upright,
)
from .names import as_path, find_spelled, first_few, format_named, shown
from .regular import open_regular
from .shipped import config_names, find_config, shipped_folder
from .whole_folders import draft_folder, write_once

__all__ = [
    'IMAGE_SUFFIXES',
    'Listing',
    'as_path',
    'config_names',
    'decode_image',
    'draft_folder',
    'find_config',
    'find_spelled',
    'first_few',
    'format_named',
    'image_orientation',
    'image_size',
    'list_images',
    'open_regular',
    'read_array',
    'read_image',
    'shipped_folder',
    'shown',
    'turn_upright',
    'write_once',
]
