"""The mathematics of cutting: numpy, scipy, numba; no OpenMMLab."""

from .cuts3d import CutS3D
from .dense_crf import dense_crf
from .dense_crf_labels import dense_crf_labels
from .instances import to_instances
from .mask_cut import MaskCut
from .pixel_masks import box_of, mask_iou, pairwise_iou, resize_nearest
from .presets import PRESETS, Preset, preset
from .refinement import Refinement, refine_mask
from .second_look import SecondLook, Window, look_windows
from .selection import Selection
from .semantic.affinity import affinity, paint_out
from .semantic.bipartition import Bipartition, bipartition
from .semantic.cut_eigenvectors import (
    CutEigenvectors,
    cut_eigenvectors,
    graph_weights,
)
from .semantic.graph_cut import GraphCut, GraphInstances, GraphStep
from .semantic.node_split import edge_connectivity
from .semantic.normalized_cut import NormalizedCut, binarize, normalized_cut
from .semantic.semantic_cut import SemanticCut
from .semantic.spatial_importance import (
    Sharpening,
    sharpen,
    spatial_importance,
)
from .spatial.colour_edges import ColourEdges, patch_colours
from .spatial.creases import Creases, creases
from .spatial.depth_trust import DepthTrust, depth_noise
from .spatial.farthest_points import farthest_points
from .spatial.local_cut import LocalCut
from .spatial.min_cut import min_cut
from .spatial.pinhole_cloud import focal_length, pinhole_cloud
from .spatial.point_cloud import Graph, knn_graph, point_cloud, pool_depth
from .spatial.spatial_confidence import (
    MIN_CONFIDENCE,
    spatial_confidence,
    sweep_taus,
)
from .spatial.surface import Surface
from .types import CutStep, PseudoInstances
from .vote_cut import ProposalCut, VoteCut, VoteFitting, Voting

__all__ = [
    'MIN_CONFIDENCE',
    'PRESETS',
    'Bipartition',
    'ColourEdges',
    'Creases',
    'CutEigenvectors',
    'CutS3D',
    'CutStep',
    'DepthTrust',
    'Graph',
    'GraphCut',
    'GraphInstances',
    'GraphStep',
    'LocalCut',
    'MaskCut',
    'NormalizedCut',
    'Preset',
    'ProposalCut',
    'PseudoInstances',
    'Refinement',
    'SecondLook',
    'Selection',
    'SemanticCut',
    'Sharpening',
    'Surface',
    'VoteCut',
    'VoteFitting',
    'Voting',
    'Window',
    'affinity',
    'binarize',
    'bipartition',
    'box_of',
    'creases',
    'cut_eigenvectors',
    'dense_crf',
    'dense_crf_labels',
    'depth_noise',
    'edge_connectivity',
    'farthest_points',
    'focal_length',
    'graph_weights',
    'knn_graph',
    'look_windows',
    'mask_iou',
    'min_cut',
    'normalized_cut',
    'paint_out',
    'pairwise_iou',
    'patch_colours',
    'pinhole_cloud',
    'point_cloud',
    'pool_depth',
    'preset',
    'refine_mask',
    'resize_nearest',
    'sharpen',
    'spatial_confidence',
    'spatial_importance',
    'sweep_taus',
    'to_instances',
]
