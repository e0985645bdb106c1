"""The mask transformer on segments, and what it is made of."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

from .mask_decoder import MaskPredictions, SegmentBatch, SegmentMaskDecoder
from .matching import CostWeights, assign, matching_cost
from .prediction import PredictionRule, mask_iou
from .scene_data_sample import SceneDataSample
from .segment_mask_transformer import SegmentMaskTransformer
from .set_loss import SegmentSetLoss
from .voxel_unet import VoxelUNet

__all__ = [
    'CostWeights',
    'MaskPredictions',
    'PredictionRule',
    'SceneDataSample',
    'SegmentBatch',
    'SegmentMaskDecoder',
    'SegmentMaskTransformer',
    'SegmentSetLoss',
    'VoxelUNet',
    'assign',
    'mask_iou',
    'matching_cost',
]
