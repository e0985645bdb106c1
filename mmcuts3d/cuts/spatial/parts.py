"""The part of a k-NN graph that is one instance (CutS3D §3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .min_cut import Capacity, FlowNetwork, edge_capacities
from .point_cloud import Graph

if TYPE_CHECKING:
    from .mask_graph import MaskGraph

Terminals = Literal['points', 'discs']
TERMINAL_RADII = (2, 3, 4, 5, 6, 7)
BORDER = 1.5


@dataclass(frozen=True)
class PartCut:
    """How an instance is taken out of the graph.

    Attributes:
        capacity: See :func:`edge_capacities`.
        terminals: See :class:`LocalCut`.
        smallest: Patches below which a side of a min-cut is trivial.
        whole: Whether parts stay whole, without a min-cut: what a noisy
            depth leaves joined has no border that can be told.
            Defaults to False.
    """

    capacity: Capacity
    terminals: Terminals
    smallest: float
    whole: bool = False

    def __call__(self, graph: MaskGraph, tau: float) -> NDArray[np.bool_]:
        """The patches (h, w) bool of the source's part at `tau`."""
        labels = graph.parts(tau)
        part = np.asarray(labels == labels[graph.source])
        side = part
        joined = graph.sink != graph.source and part[graph.sink]
        if joined and not self.whole:
            side = self._cut(graph, part, tau)
        if side is part:
            labels = graph.joined(tau)
        else:
            labels = graph.join(
                np.where(part & ~side, labels.max() + 1, labels)
            )
        instance = (labels == labels[graph.source]) & graph.inside
        mask = np.zeros(graph.grid[0] * graph.grid[1], bool)
        mask[graph.nodes[instance]] = True
        return mask.reshape(graph.grid)

    def _cut(
        self,
        mask_graph: MaskGraph,
        part: NDArray[np.bool_],
        tau: float,
    ) -> NDArray[np.bool_]:
        """Min-cut inside one connected part, with a trivial cut refused.

        Between single terminals the cheapest cut isolates one of them,
        whatever the capacities. So terminals are discs that grow until both
        sides are of a size that can be an object, and the cut runs along a
        border: through edges longer than those of a surface. If it never
        does, source and sink belong to one object and the part stays whole.
        """
        graph = mask_graph.within(tau)
        rows, columns = np.divmod(mask_graph.nodes, mask_graph.grid[1])
        capacities = edge_capacities(graph.lengths, tau, self.capacity)
        network = FlowNetwork(graph.num_nodes, graph.edges, capacities)

        def disc(center: int, radius: int) -> NDArray[np.bool_]:
            distance = np.hypot(rows - rows[center], columns - columns[center])
            return np.asarray(part & (distance <= radius))

        for radius in TERMINAL_RADII if self.terminals == 'discs' else (0,):
            sources = disc(mask_graph.source, radius)
            sinks = disc(mask_graph.sink, radius)
            if (sources & sinks).any():
                break
            side, _ = network.cut(
                np.flatnonzero(sources), np.flatnonzero(sinks)
            )
            side &= part
            sizes = (side.sum(), (part & ~side).sum())
            if self.terminals == 'points' or (
                min(sizes) >= self.smallest
                and _along_border(graph, part, side)
            ):
                return side
        return part


def absorb(
    labels: NDArray[np.int32],
    graph: Graph,
    reach: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    smallest: int,
) -> NDArray[np.int32]:
    """Give fragments to the part that is nearest along the surface.

    Patches on a crease (a concave depth edge) have long edges only and are in
    no part.

    Args:
        labels: (n,) int, the part of each node.
        graph: The whole graph.
        reach: (m,) bool, edges that count as surface.
        inside: (n,) bool, nodes that take part.
        smallest: Nodes inside below which a part is a fragment.

    Returns:
        (n,) int; a fragment that reaches no part keeps its label.
    """
    sizes = np.bincount(labels[inside], minlength=labels.max() + 1)
    large = inside & (sizes[labels] >= smallest)
    if not large.any():
        return labels
    surface = reach & inside[graph.edges].all(axis=1)
    tails, heads = graph.edges[surface].T
    # An explicit 0 would be no edge: duplicates of a point are 0 apart.
    lengths = np.maximum(graph.lengths[surface], np.finfo(np.float32).tiny)
    _, _, origins = dijkstra(
        csr_array((lengths, (tails, heads)), shape=(graph.num_nodes,) * 2),
        directed=False,
        indices=np.flatnonzero(large),
        return_predecessors=True,
        min_only=True,
    )
    reached = inside & ~large & (origins >= 0)
    result = labels.copy()
    result[reached] = labels[origins[reached]]
    return result


def _along_border(
    graph: Graph, part: NDArray[np.bool_], side: NDArray[np.bool_]
) -> bool:
    """Whether a cut crosses longer edges than the part has on average."""
    tails, heads = graph.edges.T
    inside = part[tails] & part[heads]
    crossing = inside & (side[tails] != side[heads])
    return bool(
        graph.lengths[crossing].mean() > BORDER * graph.lengths[inside].mean()
    )
