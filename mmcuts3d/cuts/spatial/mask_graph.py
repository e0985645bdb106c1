"""The k-NN graph of one semantic mask, ready to be cut at several tau."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..pixel_masks import peak
from .min_cut import components
from .parts import absorb
from .point_cloud import Graph, knn_graph


@dataclass
class MaskGraph:
    """Nodes are patches; what is found at one tau is kept for the next ask.

    Attributes:
        graph: Its lengths count creases, if there are any.
        nodes: (n,) patch of each node, row-major on `grid`.
        inside: (n,) bool, whether the node is in the semantic mask.
        reach: (m,) bool, the edges along which fragments find their part.
        fragment: Patches below which a connected part is a fragment, which
            the nearest part takes; 0 leaves fragments alone.
        grid: (h, w).
        source: Node of the most foreground patch.
        sink: Node of the most background patch.
    """

    graph: Graph
    nodes: NDArray[np.intp]
    inside: NDArray[np.bool_]
    reach: NDArray[np.bool_]
    fragment: int
    grid: tuple[int, int]
    source: int = 0
    sink: int = 0
    _short: dict[float, Graph] = field(default_factory=dict, init=False)
    _parts: dict[float, NDArray[np.int32]] = field(
        default_factory=dict, init=False
    )
    _joined: dict[float, NDArray[np.int32]] = field(
        default_factory=dict, init=False
    )

    def with_lengths_of(self, graph: Graph) -> MaskGraph:
        """The same nodes under other lengths."""
        return replace(self, graph=graph)

    def set_terminals(
        self,
        x: NDArray[np.floating[Any]],
        candidates: NDArray[np.bool_],
        by_magnitude: bool,
    ) -> None:
        """Name source and sink.

        Args:
            x: (n,) eigenvector at the nodes.
            candidates: (n,) bool, nodes that can be the source.
            by_magnitude: Whether the sink is at min ``|x|``, else at min x.
        """
        self.source = peak(np.where(candidates, x, -np.inf))
        background = (np.abs(x) if by_magnitude else x).astype(np.float64)
        background[self.source] = np.inf
        self.sink = peak(-background)

    def edges(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Edges inside the mask, (E, 2) patches, and their lengths (E,)."""
        within = self.inside[self.graph.edges].all(axis=1)
        ends = np.asarray(self.nodes[self.graph.edges[within]])
        return ends, self.graph.lengths[within]

    def within(self, tau: float) -> Graph:
        """The graph without the edges longer than `tau`."""
        if tau not in self._short:
            self._short[tau] = self.graph.within(tau)
        return self._short[tau]

    def parts(self, tau: float) -> NDArray[np.int32]:
        """(n,) int, the connected part of each node at `tau`."""
        if tau not in self._parts:
            short = self.within(tau)
            self._parts[tau] = components(short.num_nodes, short.edges)
        return self._parts[tau]

    def joined(self, tau: float) -> NDArray[np.int32]:
        """(n,) int, the same with fragments in the nearest part."""
        if tau not in self._joined:
            self._joined[tau] = self.join(self.parts(tau))
        return self._joined[tau]

    def join(self, parts: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n,) int, parts with fragments in the nearest one."""
        if not self.fragment:
            return parts
        return absorb(
            parts, self.graph, self.reach, self.inside, self.fragment
        )

    def nodes_in_large_parts(
        self, tau: float, smallest: float
    ) -> NDArray[np.bool_]:
        """(n,) bool, nodes inside whose part has `smallest` patches."""
        parts = self.joined(tau)
        sizes = np.bincount(parts[self.inside], minlength=parts.max() + 1)
        return np.asarray(self.inside & (sizes[parts] >= smallest))


def graph_of_mask(
    mask: NDArray[np.bool_],
    points: NDArray[np.float64],
    k: int,
    pushed: float | None,
) -> tuple[Graph, NDArray[np.intp]]:
    """The k-NN graph of the points of a mask.

    Args:
        mask: (h, w) bool.
        points: (h*w, 3), the point cloud.
        k: Neighbours of a point.
        pushed: Depth at which the points outside the mask are put; None
            leaves them out.

    Returns:
        The graph, and (n,) the patch of each of its nodes, row-major.
    """
    if pushed is None:
        nodes = np.flatnonzero(mask)
        return knn_graph(points[nodes], k), nodes
    points = points.copy()
    points[~mask.ravel(), 2] = pushed
    return knn_graph(points, k), np.arange(mask.size)
