"""The mathematics of cutting (L0): numpy and scipy, no OpenMMLab."""

from .cleanup import box_of, mask_iou, refine_mask, resize_nearest
from .cuts3d import CutS3D
from .dense_crf import dense_crf
from .mask_cut import MaskCut
from .readings import ADAPTIVE, PAPER_READING, PUBLISHED
from .semantic.affinity import affinity, paint_out
from .semantic.bipartition import Bipartition, bipartition
from .semantic.normalized_cut import NormalizedCut, binarize, normalized_cut
from .semantic.spatial_importance import sharpen, spatial_importance
from .spatial.creases import creases
from .spatial.local_cut import LocalCut
from .spatial.min_cut import min_cut
from .spatial.point_cloud import Graph, knn_graph, point_cloud, pool_depth
from .spatial.spatial_confidence import spatial_confidence, sweep_taus
from .types import CutStep, PseudoInstances

__all__ = [
    'ADAPTIVE',
    'PAPER_READING',
    'PUBLISHED',
    'Bipartition',
    'CutS3D',
    'CutStep',
    'Graph',
    'LocalCut',
    'MaskCut',
    'NormalizedCut',
    'PseudoInstances',
    'affinity',
    'binarize',
    'bipartition',
    'box_of',
    'creases',
    'dense_crf',
    'knn_graph',
    'mask_iou',
    'min_cut',
    'normalized_cut',
    'paint_out',
    'point_cloud',
    'pool_depth',
    'refine_mask',
    'resize_nearest',
    'sharpen',
    'spatial_confidence',
    'spatial_importance',
    'sweep_taus',
]
