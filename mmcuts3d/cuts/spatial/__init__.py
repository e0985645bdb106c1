"""Cuts of the point cloud, by where patches are (CutS3D §3.2, §3.4)."""

from .creases import creases
from .depth_trust import DepthTrust, depth_noise
from .local_cut import LocalCut
from .min_cut import min_cut
from .point_cloud import Graph, knn_graph, point_cloud, pool_depth
from .spatial_confidence import spatial_confidence, sweep_taus

__all__ = [
    'DepthTrust',
    'Graph',
    'LocalCut',
    'creases',
    'depth_noise',
    'knn_graph',
    'min_cut',
    'point_cloud',
    'pool_depth',
    'spatial_confidence',
    'sweep_taus',
]
