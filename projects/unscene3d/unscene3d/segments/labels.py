"""Segments from labels of vertices."""

import numpy as np

from ..structures import Scene, Segments
from .graph import neighbour_graph, unique_pairs


def segments_from_labels(
    labels: np.ndarray, scene: Scene, edges: np.ndarray | None = None
) -> Segments:
    """Segments that a file, such as ScanNet's ``segs.json``, brings.

    Args:
        labels (np.ndarray): (n,) int, any number for each vertex.
        scene (Scene): Of n vertices.
        edges (np.ndarray, optional): (e, 2) int, through which segments
            touch. Defaults to None: :func:`neighbour_graph` with its
            defaults.

    Returns:
        Segments: Counted in the order of their first vertices.

    Raises:
        ValueError: If there is not one whole number for each vertex.
    """
    labels = np.asarray(labels)
    if labels.shape != (len(scene),) or labels.dtype.kind not in 'iu':
        raise ValueError(
            f'{scene.name}: expected a whole number for each of its '
            f'{len(scene):,} vertices, but got {labels.dtype} of shape '
            f'{labels.shape}; the segments may be those of another scene.'
        )
    _, first, inverse = np.unique(
        labels, return_index=True, return_inverse=True
    )
    rank = np.empty(len(first), np.int32)
    rank[np.argsort(first)] = np.arange(len(first), dtype=np.int32)
    of_vertex = rank[inverse.reshape(-1)]
    if edges is None:
        edges = neighbour_graph(scene)
    touching = unique_pairs(of_vertex[edges], len(first))
    return Segments(of_vertex, touching)
