"""The label store: pseudo-masks on disk, resumable and COCO-compatible."""

from .coco import segmentation_to_rle
from .confidence import (
    CONFIDENCE_SCALE,
    decode_confidence,
    decode_levels,
    encode_confidence,
    mask_levels,
)
from .own_files import ERROR_FILE, LABEL_FILE, remove_labels
from .reading import check_labels, read_labels
from .records import (
    CATEGORY_ID,
    CATEGORY_NAME,
    ImageRecord,
    encode_mask,
    instance_to_annotation,
)
from .rounds import label_statistics, merge_rounds
from .store import LabelWriter, build_labels, write_json

__all__ = [
    'CATEGORY_ID',
    'CATEGORY_NAME',
    'CONFIDENCE_SCALE',
    'ERROR_FILE',
    'LABEL_FILE',
    'ImageRecord',
    'LabelWriter',
    'build_labels',
    'check_labels',
    'decode_confidence',
    'decode_levels',
    'encode_confidence',
    'encode_mask',
    'instance_to_annotation',
    'label_statistics',
    'mask_levels',
    'merge_rounds',
    'read_labels',
    'remove_labels',
    'segmentation_to_rle',
    'write_json',
]
