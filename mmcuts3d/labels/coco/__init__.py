"""COCO files of other people: one door that checks all of them."""

from .annotations import read_annotation, read_box
from .ids import ImageIds
from .names import clean_name, is_plain, match_files, match_names
from .notes import Notes
from .reading import CocoFile, parse_coco, parse_results, read_coco
from .rows import CocoAnnotation, CocoImage
from .run_lengths import RunLength, check_run_length, decode_runs
from .segmentation import (
    Segmentation,
    box_code,
    check_polygons,
    read_segmentation,
    segmentation_to_rle,
)
from .values import flag, number, shown, whole_number

__all__ = [
    'CocoAnnotation',
    'CocoFile',
    'CocoImage',
    'ImageIds',
    'Notes',
    'RunLength',
    'Segmentation',
    'box_code',
    'check_polygons',
    'check_run_length',
    'clean_name',
    'decode_runs',
    'flag',
    'is_plain',
    'match_files',
    'match_names',
    'number',
    'parse_coco',
    'parse_results',
    'read_annotation',
    'read_box',
    'read_coco',
    'read_segmentation',
    'segmentation_to_rle',
    'shown',
    'whole_number',
]
