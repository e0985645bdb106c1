"""The label store: pseudo-masks on disk, resumable and COCO-compatible."""

from .backends import finish_labels
from .coco import segmentation_to_rle
from .confidence import (
    CONFIDENCE_SCALE,
    decode_confidence,
    decode_levels,
    encode_confidence,
    mask_levels,
)
from .contract import (
    ImageColumns,
    InstanceColumns,
    LabelStore,
    ShardPlan,
    ShardWriter,
    StoreInfo,
    StoreRun,
    StoreSummary,
)
from .merging import merge_stores
from .opening import BACKENDS, begin_store, open_shard, open_store
from .own_files import ERROR_FILE, LABEL_FILE, MANIFEST, remove_labels
from .reading import check_labels, read_labels
from .records import (
    CATEGORY_ID,
    CATEGORY_NAME,
    ImageRecord,
    encode_mask,
    instance_to_annotation,
)
from .rounds import label_statistics, merge_rounds
from .sharing import share_out
from .statistics import LabelStatistics
from .store import LabelWriter, build_labels, write_json

__all__ = [
    'BACKENDS',
    'CATEGORY_ID',
    'CATEGORY_NAME',
    'CONFIDENCE_SCALE',
    'ERROR_FILE',
    'LABEL_FILE',
    'MANIFEST',
    'ImageColumns',
    'ImageRecord',
    'InstanceColumns',
    'LabelStatistics',
    'LabelStore',
    'LabelWriter',
    'ShardPlan',
    'ShardWriter',
    'StoreInfo',
    'StoreRun',
    'StoreSummary',
    'begin_store',
    'build_labels',
    'check_labels',
    'decode_confidence',
    'decode_levels',
    'encode_confidence',
    'encode_mask',
    'finish_labels',
    'instance_to_annotation',
    'label_statistics',
    'mask_levels',
    'merge_rounds',
    'merge_stores',
    'open_shard',
    'open_store',
    'read_labels',
    'remove_labels',
    'segmentation_to_rle',
    'share_out',
    'write_json',
]
