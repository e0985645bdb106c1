"""The label store: pseudo-masks on disk, resumable and COCO-compatible."""

from mmcuts3d.files.whole_files import write_json

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
from .exporting import export_labels, write_records
from .merging import StoreMerge, merge_stores
from .opening import (
    BACKENDS,
    Backend,
    begin_store,
    is_sharded,
    open_shard,
    open_store,
    read_any_labels,
)
from .own_files import ERROR_FILE, LABEL_FILE, MANIFEST, remove_labels
from .reading import check_labels, read_labels
from .records import (
    CATEGORY_ID,
    CATEGORY_NAME,
    ImageRecord,
    build_labels,
    encode_mask,
    instance_to_annotation,
    masks_by_image,
)
from .rounds import label_statistics, largest_iou, merge_rounds
from .sharing import share_out
from .statistics import Histogram, LabelStatistics

__all__ = [
    'BACKENDS',
    'CATEGORY_ID',
    'CATEGORY_NAME',
    'CONFIDENCE_SCALE',
    'ERROR_FILE',
    'LABEL_FILE',
    'MANIFEST',
    'Backend',
    'Histogram',
    'ImageColumns',
    'ImageRecord',
    'InstanceColumns',
    'LabelStatistics',
    'LabelStore',
    'ShardPlan',
    'ShardWriter',
    'StoreInfo',
    'StoreMerge',
    'StoreRun',
    'StoreSummary',
    'begin_store',
    'build_labels',
    'check_labels',
    'decode_confidence',
    'decode_levels',
    'encode_confidence',
    'encode_mask',
    'export_labels',
    'instance_to_annotation',
    'is_sharded',
    'label_statistics',
    'largest_iou',
    'mask_levels',
    'masks_by_image',
    'merge_rounds',
    'merge_stores',
    'open_shard',
    'open_store',
    'read_any_labels',
    'read_labels',
    'remove_labels',
    'segmentation_to_rle',
    'share_out',
    'write_json',
    'write_records',
]
