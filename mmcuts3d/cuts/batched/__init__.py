"""The GPU path of the cuts: everything but max-flow, in batches of images.

A twin in torch of the numpy reference, with its names and its arguments and
one more axis in front, for tensors of any device; the CRF alone takes image
by image. Results are those of the reference; the tests hold them together on
CPU tensors.
"""

from .affinity import affinity, paint_out
from .batch_cutter import BatchCutter
from .dense_crf import dense_crf
from .normalized_cut import NormalizedCuts, normalized_cut
from .spatial_importance import sharpen, spatial_importance, strong_edges

__all__ = [
    'BatchCutter',
    'NormalizedCuts',
    'affinity',
    'dense_crf',
    'normalized_cut',
    'paint_out',
    'sharpen',
    'spatial_importance',
    'strong_edges',
]
