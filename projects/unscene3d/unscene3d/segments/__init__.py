"""Scenes cut into small pieces of one surface (Sec. 4.1)."""

from .felzenszwalb import Felzenszwalb
from .graph import neighbour_graph, unique_pairs
from .labels import segments_from_labels
from .merging import merge_nodes
from .normals import vertex_normals

__all__ = [
    'Felzenszwalb',
    'merge_nodes',
    'neighbour_graph',
    'segments_from_labels',
    'unique_pairs',
    'vertex_normals',
]
