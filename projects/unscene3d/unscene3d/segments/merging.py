"""The merging of Felzenszwalb and Huttenlocher on any graph."""

import numpy as np
from numba import njit


def merge_nodes(
    edges: np.ndarray,
    weights: np.ndarray,
    number: int,
    k: float,
    min_size: int,
) -> np.ndarray:
    """Cut a graph into pieces of small weights inside.

    Edges are looked at from the smallest weight to the largest. The pieces
    at both ends become one where the weight is at most
    ``min(Int(A) + k / |A|, Int(B) + k / |B|)``; Int is the largest weight by
    which a piece was made, 0 for a node (Felzenszwalb and Huttenlocher 2004,
    Eq. 3 to 5). In a second pass, again from the smallest weight, the
    pieces at both ends become one where either has fewer than ``min_size``
    nodes.

    Args:
        edges (np.ndarray): (e, 2) int, pairs of nodes.
        weights (np.ndarray): (e,) float, how much the ends differ. Equal
            weights are taken in the order of the edges.
        number (int): Of nodes.
        k (float): How much a small piece may vary: larger gives larger
            pieces.
        min_size (int): Smallest piece in nodes. Pieces without any edge to
            others stay.

    Returns:
        np.ndarray: (number,) int32, the piece of each node, counted in the
        order of the first node of each.
    """
    order = np.argsort(weights, kind='stable')
    return _merge(
        edges[order].astype(np.int32),
        weights[order].astype(np.float64),
        number,
        float(k),
        min_size,
    )


@njit(cache=True)
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@njit(cache=True)
def _merge(edges, weights, number, k, min_size):
    parent = np.arange(number)
    size = np.ones(number, np.int64)
    inside = np.zeros(number)
    for small_pass in range(2):
        for index in range(len(edges)):
            a = _root(parent, edges[index, 0])
            b = _root(parent, edges[index, 1])
            if a == b:
                continue
            weight = weights[index]
            if small_pass:
                join = size[a] < min_size or size[b] < min_size
            else:
                join = weight <= min(
                    inside[a] + k / size[a], inside[b] + k / size[b]
                )
            if join:
                if size[a] < size[b]:
                    a, b = b, a
                parent[b] = a
                size[a] += size[b]
                inside[a] = weight
    pieces = np.full(number, -1, np.int32)
    found = np.empty(number, np.int32)
    following = 0
    for node in range(number):
        root = _root(parent, node)
        if pieces[root] < 0:
            pieces[root] = following
            following += 1
        found[node] = pieces[root]
    return found
