"""Minimum cut by Dinic's algorithm (CutS3D §3.2), on integer capacities."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    maximum_flow,
)

from .._check import as_array, check_literal

Capacity = Literal['gaussian', 'linear', 'binary', 'distance']

# Capacities become integers below 2^31 even when all of them add up.
RESOLUTION = 10_000
LARGEST_TOTAL = 2**31 - 2


def min_cut(
    num_nodes: int,
    edges: ArrayLike,
    capacities: ArrayLike,
    sources: ArrayLike,
    sinks: ArrayLike,
) -> tuple[NDArray[np.bool_], float]:
    """Separate two sets of nodes by the cheapest set of edges.

    Args:
        num_nodes: Number of nodes n.
        edges: (m, 2) int, undirected.
        capacities: (m,) float, finite and not negative.
        sources: Indices of at least one node.
        sinks: Indices of at least one node, none of them a source.

    Returns:
        (n,) bool, True for the nodes that sources still reach in the
        residual graph (of all minimum cuts the one nearest the sources),
        and the value of the cut. Capacities are rounded to 1e-4 of the
        largest, which is also the least that a positive one counts.

    Raises:
        ValueError: If terminals are missing, shared or outside the graph,
            or a capacity is negative or not finite.
    """
    pairs = as_array('edges', edges).reshape(-1, 2).astype(np.int64)
    weights = as_array('capacities', capacities).astype(np.float64)
    starts = np.atleast_1d(as_array('sources', sources)).astype(np.int64)
    ends = np.atleast_1d(as_array('sinks', sinks)).astype(np.int64)
    _check_cut(num_nodes, pairs, weights, starts, ends)
    if not len(pairs) or weights.max() == 0:
        reached = np.zeros(num_nodes, bool)
        reached[starts] = True
        return reached, 0.0
    resolution = min(RESOLUTION, LARGEST_TOTAL // (2 * len(pairs)))
    scale = resolution / weights.max()
    integers = np.rint(weights * scale).astype(np.int32)
    integers[(weights > 0) & (integers == 0)] = 1  # weak is not absent
    unlimited = np.int32(min(int(integers.sum()) + 1, LARGEST_TOTAL))
    source, sink = num_nodes, num_nodes + 1
    tails = [pairs[:, 0], pairs[:, 1], np.full(len(starts), source), ends]
    heads = [pairs[:, 1], pairs[:, 0], starts, np.full(len(ends), sink)]
    values = [
        integers,
        integers,
        np.full(len(starts), unlimited),
        np.full(len(ends), unlimited),
    ]
    shape = (num_nodes + 2, num_nodes + 2)
    network = csr_array(
        (
            np.concatenate(values),
            (np.concatenate(tails), np.concatenate(heads)),
        ),
        shape=shape,
        dtype=np.int32,
    )
    network.indices = network.indices.astype(np.int32)
    network.indptr = network.indptr.astype(np.int32)
    result = maximum_flow(network, source, sink, method='dinic')
    residual = (network - result.flow).tocsr()
    residual.data = np.where(residual.data > 0, residual.data, 0)
    residual.eliminate_zeros()
    order = breadth_first_order(residual, source, return_predecessors=False)
    reached = np.zeros(num_nodes + 2, bool)
    reached[order] = True
    return reached[:num_nodes], result.flow_value / scale


def edge_capacities(
    lengths: NDArray[np.float64], tau: float, kind: Capacity
) -> NDArray[np.float64]:
    """What it costs to cut edges of given lengths, each at most `tau`.

    Args:
        lengths: (m,) float.
        tau: Threshold of the graph.
        kind: ``'gaussian'`` exp(-(d/sigma)^2) with sigma = tau/4 (Golovinskiy
            and Funkhouser, 2009), ``'linear'`` tau - d, ``'binary'`` 1, or
            ``'distance'`` d.

    Returns:
        (m,) float64.
    """
    check_literal('kind', kind, Capacity)
    if kind == 'gaussian':
        return np.exp(-((lengths / (tau / 4)) ** 2))
    if kind == 'linear':
        return np.maximum(tau - lengths, 0)
    if kind == 'binary':
        return np.ones_like(lengths)
    return lengths


def components(num_nodes: int, edges: ArrayLike) -> NDArray[np.int32]:
    """(n,) int, the number of the connected part that each node is in."""
    pairs = as_array('edges', edges).reshape(-1, 2)
    graph = csr_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])),
        shape=(num_nodes, num_nodes),
    )
    labels: NDArray[np.int32]
    _, labels = connected_components(graph, directed=False)
    return labels


def _check_cut(
    num_nodes: int,
    edges: NDArray[np.int64],
    capacities: NDArray[np.float64],
    sources: NDArray[np.int64],
    sinks: NDArray[np.int64],
) -> None:
    if capacities.shape != (len(edges),):
        raise ValueError(
            'Expected argument `capacities` to have one value per edge '
            f'({len(edges)}), but got shape {capacities.shape}.'
        )
    if len(capacities) and not (
        np.isfinite(capacities).all() and capacities.min() >= 0
    ):
        raise ValueError(
            'Expected argument `capacities` to be finite and not negative, '
            f'but got a minimum of {capacities.min()}.'
        )
    for name, nodes in [
        ('edges', edges.ravel()),
        ('sources', sources),
        ('sinks', sinks),
    ]:
        if len(nodes) and not 0 <= nodes.min() <= nodes.max() < num_nodes:
            raise ValueError(
                f'Expected argument `{name}` to index {num_nodes} nodes, '
                f'but got {nodes.min()} to {nodes.max()}.'
            )
    if not len(sources) or not len(sinks):
        raise ValueError(
            'Expected arguments `sources` and `sinks` to name a node each, '
            f'but got {len(sources)} and {len(sinks)}.'
        )
    shared = np.intersect1d(sources, sinks)
    if len(shared):
        raise ValueError(
            'Expected arguments `sources` and `sinks` to be disjoint, '
            f'but got {shared.tolist()} in both.'
        )
