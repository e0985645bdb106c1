"""Cuts of the patch graph, by what patches look like (CutS3D §3.1, §3.3)."""

from .affinity import affinity, paint_out
from .bipartition import Bipartition, bipartition
from .normalized_cut import NormalizedCut, binarize, normalized_cut
from .spatial_importance import sharpen, spatial_importance

__all__ = [
    'Bipartition',
    'NormalizedCut',
    'affinity',
    'binarize',
    'bipartition',
    'normalized_cut',
    'paint_out',
    'sharpen',
    'spatial_importance',
]
