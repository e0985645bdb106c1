"""Transforms: images and pseudo-labels into training samples."""

from .alpha_blend import AlphaBlend
from .confident_copy_paste import ConfidentCopyPaste
from .cuts3d_pseudo_labeler import CutS3DPseudoLabeler
from .level_masks import LevelMasks
from .load_image import LoadImage
from .load_pseudo_labels import LoadPseudoLabels
from .pack_pseudo_labels import PackPseudoLabels

__all__ = [
    'AlphaBlend',
    'ConfidentCopyPaste',
    'CutS3DPseudoLabeler',
    'LevelMasks',
    'LoadImage',
    'LoadPseudoLabels',
    'PackPseudoLabels',
]
