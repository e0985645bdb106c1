"""Minimum cut by Dinic's algorithm (CutS3D §3.2), on integer capacities."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_literal

Capacity = Literal['gaussian', 'linear', 'binary', 'distance']

#: Capacities become whole numbers, the largest this one.
RESOLUTION = 10_000


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
    return FlowNetwork(num_nodes, pairs, weights).cut(starts, ends)


class FlowNetwork:
    """A graph that is cut between terminals, which can grow.

    The flow of one cut is kept for the next: between larger terminals it is
    a flow still, to which a little is added.

    Args:
        num_nodes: Number of nodes n.
        edges: (m, 2) int, undirected.
        capacities: (m,) float, finite and not negative.
    """

    def __init__(
        self,
        num_nodes: int,
        edges: NDArray[np.integer[Any]],
        capacities: NDArray[np.float64],
    ) -> None:
        from ._kernels import build_arcs

        self.num_nodes = num_nodes
        largest = capacities.max(initial=0)
        self._scale = RESOLUTION / largest if largest else 1.0
        integers = np.rint(capacities * self._scale).astype(np.int64)
        integers[(capacities > 0) & (integers == 0)] = 1  # weak is not absent
        tails, heads = np.ascontiguousarray(edges.T, np.int64)
        self._starts, self._to, pairs = build_arcs(num_nodes, tails, heads)
        self._mates = np.empty(2 * len(edges), np.int32)
        self._mates[pairs] = pairs[:, ::-1]
        self._residual = np.empty(2 * len(edges), np.int64)
        self._residual[pairs] = integers[:, None]
        self._flow = 0
        self._sources = np.zeros(num_nodes, bool)
        self._sinks = np.zeros(num_nodes, bool)

    def cut(
        self,
        sources: NDArray[np.integer[Any]],
        sinks: NDArray[np.integer[Any]],
    ) -> tuple[NDArray[np.bool_], float]:
        """Separate terminals, and all those of earlier cuts.

        Args:
            sources: Indices of nodes.
            sinks: Indices of nodes, of which none was a source.

        Returns:
            As of :func:`min_cut`.
        """
        from ._kernels import push_flow

        self._sources[sources] = True
        self._sinks[sinks] = True
        pushed, reached = push_flow(
            self._starts,
            self._to,
            self._mates,
            self._residual,
            self._sources,
            self._sinks,
        )
        self._flow += int(pushed)
        return reached, self._flow / self._scale


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
    from ._kernels import connected_parts

    pairs = as_array('edges', edges).reshape(-1, 2)
    tails, heads = np.ascontiguousarray(pairs.T, np.int64)
    labels: NDArray[np.int32] = connected_parts(num_nodes, tails, heads)
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
