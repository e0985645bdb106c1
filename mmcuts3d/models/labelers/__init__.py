"""The methods of ``cuts/`` as detectors and as parts."""

from .base import BaseLabeler
from .cuts3d_labeler import CutS3DLabeler
from .local_cut import local_cut
from .mask_cut_labeler import MaskCutLabeler
from .to_samples import at_size, to_instance_data, to_pixels
from .vote_cut_labeler import VoteCutLabeler

__all__ = [
    'BaseLabeler',
    'CutS3DLabeler',
    'MaskCutLabeler',
    'VoteCutLabeler',
    'at_size',
    'local_cut',
    'to_instance_data',
    'to_pixels',
]
