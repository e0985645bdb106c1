"""The graph of a scene's vertices: edges of faces, or nearest neighbours."""

import numpy as np
from scipy.spatial import cKDTree

from ..structures import Scene


def neighbour_graph(
    scene: Scene, k: int = 12, max_gap: float = 3.0
) -> np.ndarray:
    """Join the vertices of a scene that touch.

    With faces, the vertices of each face are joined. Without, each vertex is
    joined with its ``k`` nearest; an edge is left out where it is longer than
    ``max_gap`` times the spacing there, so that separate objects stay
    separate. The spacing of a vertex is its median distance to the ``k``
    nearest, that of an edge the smaller one of its ends, and at least the
    median of the scene. Vertices at one place are joined in both cases: many
    writers give each face vertices of its own.

    Args:
        scene (Scene): Of n vertices.
        k (int): Nearest neighbours of a cloud. Defaults to 12.
        max_gap (float): Longest edge of a cloud in spacings. Defaults to 3.

    Returns:
        np.ndarray: (e, 2) int32, each pair once, the lower vertex first,
        sorted. Vertices that no face names have no edge.

    Raises:
        ValueError: If ``k`` is less than 1, or ``max_gap`` not positive.
    """
    if k < 1:
        raise ValueError(
            f'Expected argument `k` to be at least 1, but got {k}.'
        )
    if not max_gap > 0:
        raise ValueError(
            f'Expected argument `max_gap` to be positive, but got {max_gap}.'
        )
    copies, first = _same_place(scene.points)
    pairs = [copies]
    if scene.faces is not None and len(scene.faces):
        faces = scene.faces
        pairs += [faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]
    elif len(first) > 1:
        # Copies of a vertex would be its nearest neighbours, and all of them.
        pairs.append(first[_nearest(scene.points[first], k, max_gap)])
    return unique_pairs(np.concatenate(pairs), len(scene))


def unique_pairs(pairs: np.ndarray, number: int) -> np.ndarray:
    """Undirected edges, each once.

    Args:
        pairs (np.ndarray): (e, 2) int, in any order.
        number (int): Of nodes.

    Returns:
        np.ndarray: (e', 2) int32, sorted, the lower node first, no node with
        itself.
    """
    low = pairs.min(axis=1).astype(np.int64)
    high = pairs.max(axis=1).astype(np.int64)
    keys = np.unique((low * number + high)[low < high])
    return np.stack([keys // number, keys % number], axis=1).astype(np.int32)


def _same_place(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A chain of edges through the copies at a place; the first of each."""
    order = np.lexsort(points.T)  # stable: copies stay in order
    ranked = points[order]
    same = (ranked[1:] == ranked[:-1]).all(axis=1)
    chains = np.stack([order[:-1][same], order[1:][same]], axis=1)
    first = order[np.concatenate([[True], ~same])]
    return chains, np.sort(first)


def _nearest(points: np.ndarray, k: int, max_gap: float) -> np.ndarray:
    k = min(k, len(points) - 1)
    points = points.astype(np.float64)
    near, found = cKDTree(points).query(points, k + 1, workers=-1)
    near, found = near[:, 1:], found[:, 1:]
    spacing = np.median(near, axis=1)
    smaller = np.minimum(spacing[:, None], spacing[found])
    limit = max_gap * np.maximum(smaller, np.median(spacing))
    rows, columns = np.nonzero(near <= limit)
    return np.stack([rows, found[rows, columns]], axis=1)
