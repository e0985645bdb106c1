"""The methods of ``cuts/`` as detectors, as a transform and as parts (L2)."""

from .base import BaseLabeler, to_instance_data
from .cuts3d_labeler import CutS3DLabeler
from .local_cut import LocalCut
from .mask_cut_labeler import MaskCutLabeler

__all__ = [
    'BaseLabeler',
    'CutS3DLabeler',
    'LocalCut',
    'MaskCutLabeler',
    'to_instance_data',
]
