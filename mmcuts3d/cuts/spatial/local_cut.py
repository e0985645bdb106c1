"""LocalCut: the instance that holds the seed, cut in 3D (CutS3D §3.2).

A k-NN graph over the point cloud loses its edges longer than tau; a min-cut
between the most and the least foreground patch takes the instance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import (
    as_array,
    check_choice,
    check_count,
    check_range,
    check_thresholds,
    grid_of,
)
from .min_cut import CAPACITIES, components, edge_capacities, min_cut
from .point_cloud import Graph, knn_graph, point_cloud, pool_depth

OUTSIDE = ('push', 'drop')
SINKS = ('abs', 'signed')
SOURCES = ('large', 'peak')
TERMINALS = ('discs', 'points')
TERMINAL_RADII = (2, 3, 4, 5, 6, 7)
BORDER = 1.5
FARTHEST = 1.0


@dataclass(frozen=True)
class _Scene:
    """The graph of one bipartition, ready to be cut at several tau."""

    graph: Graph
    nodes: NDArray[np.intp]  # (n,) patch index of each node
    inside: NDArray[np.bool_]  # (n,) whether the node is foreground
    source: int
    sink: int
    grid: tuple[int, int]


class LocalCut:
    """Cut one instance out of a semantic foreground, along its 3D border.

    Usable alone: any mask with a depth map can be split, see :meth:`split`.

    Args:
        tau_knn: Edges longer than it are deleted, in units of the image's
            side. Defaults to 0.115 (supplement, Table 7).
        k: Neighbours in the k-NN graph. Not stated in the paper.
            Defaults to 16.
        z_scale: Length of the depth range, in units of the image's side.
            Not stated. Defaults to 3.
        outside: Points outside the foreground: ``'push'`` puts them at the
            farthest depth (camera-ready version), ``'drop'`` leaves them out
            (first version). Defaults to 'push'.
        capacity: Of an edge of length d <= tau: ``'gaussian'``
            exp(-(d/sigma)^2) with sigma = tau/4 (Golovinskiy and Funkhouser,
            2009), ``'linear'`` tau - d, ``'binary'`` 1, ``'distance'`` d,
            the literal reading. Defaults to 'gaussian'.
        sink: The most background patch: ``'abs'`` at min |x|, as printed,
            or ``'signed'`` at min x. Defaults to 'abs'.
        source: The most foreground patch: ``'peak'`` at max x, as printed,
            or ``'large'``, at max x among the patches whose part of the
            graph is larger than `min_side`: a patch on an object's border
            has the mean depth of two surfaces and may stand alone.
            Defaults to 'large'.
        terminals: Of the min-cut inside one part: ``'discs'`` around source
            and sink, which grow from 2 to 7 patches until the cut is not
            trivial and runs along a border, or ``'points'``, as printed,
            which cuts off single patches. Defaults to 'discs'.
        min_side: Smallest side of a cut that counts, as a share of the
            grid; a smaller one (or one of at most k patches) is the trivial
            cut that isolates a terminal. Defaults to 0.01.

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        *,
        tau_knn: float = 0.115,
        k: int = 16,
        z_scale: float = 3.0,
        outside: str = 'push',
        capacity: str = 'gaussian',
        sink: str = 'abs',
        source: str = 'large',
        terminals: str = 'discs',
        min_side: float = 0.01,
    ) -> None:
        self.tau_knn = check_range('tau_knn', tau_knn, 0, open_low=True)
        self.k = check_count('k', k)
        self.z_scale = check_range('z_scale', z_scale, 0)
        self.outside = check_choice('outside', outside, OUTSIDE)
        self.capacity = check_choice('capacity', capacity, CAPACITIES)
        self.sink = check_choice('sink', sink, SINKS)
        self.source = check_choice('source', source, SOURCES)
        self.terminals = check_choice('terminals', terminals, TERMINALS)
        self.min_side = check_range('min_side', min_side, 0, 1)

    def __call__(
        self,
        bipartition: ArrayLike,
        eigenvector: ArrayLike,
        depth: ArrayLike,
    ) -> NDArray[np.bool_]:
        """Cut the instance at `tau_knn`.

        Args:
            bipartition: (h, w) bool, the semantic foreground.
            eigenvector: (h, w) float, high on the foreground; names source
                (its maximum inside) and sink.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest.

        Returns:
            (h, w) bool, a part of `bipartition`. Empty where that is empty.

        Raises:
            ValueError: If the arrays do not belong together.
        """
        taus = [self.tau_knn]
        return np.asarray(self.sweep(bipartition, eigenvector, depth, taus)[0])

    def sweep(
        self,
        bipartition: ArrayLike,
        eigenvector: ArrayLike,
        depth: ArrayLike,
        taus: ArrayLike,
    ) -> NDArray[np.bool_]:
        """Cut at several thresholds over one graph.

        Args:
            bipartition: (h, w) bool.
            eigenvector: (h, w) float.
            depth: (h, w) or finer, float in [0, 1].
            taus: (T,) float.

        Returns:
            (T, h, w) bool.
        """
        foreground = as_array('bipartition', bipartition).astype(bool)
        x = as_array('eigenvector', eigenvector)
        if foreground.ndim != 2 or x.shape != foreground.shape:
            raise ValueError(
                'Expected arguments `bipartition` and `eigenvector` to be '
                f'(h, w) of one grid, but got {foreground.shape} and '
                f'{x.shape}.'
            )
        thresholds = check_thresholds('taus', taus)
        if not foreground.any():
            return np.zeros((len(thresholds), *foreground.shape), bool)
        grid_depth = pool_depth(depth, grid_of(foreground))
        scene = self._scene(foreground, x, grid_depth, float(thresholds.max()))
        return np.stack([self._cut(scene, float(tau)) for tau in thresholds])

    def split(
        self, mask: ArrayLike, depth: ArrayLike, max_parts: int = 10
    ) -> NDArray[np.bool_]:
        """Split any mask into its 3D parts, without an eigenvector.

        Each part grows from the nearest patch that is left, until what is
        left has no part larger than `min_side`: that rest is in no part.

        Args:
            mask: (h, w) bool.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest.
            max_parts: Defaults to 10.

        Returns:
            (P, h, w) bool, disjoint, largest first.
        """
        rest = as_array('mask', mask).astype(bool).copy()
        if rest.ndim != 2:
            raise ValueError(
                'Expected argument `mask` to be (h, w), '
                f'but got shape {rest.shape}.'
            )
        check_count('max_parts', max_parts)
        grid_depth = pool_depth(depth, grid_of(rest))
        parts: list[NDArray[np.bool_]] = []
        while rest.any() and len(parts) < max_parts:
            nearness = np.where(rest, 2 - grid_depth, 0)
            part = self(rest, nearness, grid_depth)
            if part.mean() <= self.min_side:
                break
            rest &= ~part
            parts.append(part)
        if not parts:
            return np.zeros((0, *rest.shape), bool)
        parts.sort(key=lambda part: -int(part.sum()))
        return np.stack(parts)

    def edge_lengths(
        self, bipartition: ArrayLike, depth: ArrayLike
    ) -> NDArray[np.float64]:
        """Lengths of the k-NN graph's edges, to see what tau removes."""
        foreground = as_array('bipartition', bipartition).astype(bool)
        grid_depth = pool_depth(depth, grid_of(foreground))
        return self._graph(foreground, grid_depth)[0].lengths

    def _graph(
        self, foreground: NDArray[np.bool_], depth: NDArray[np.float32]
    ) -> tuple[Graph, NDArray[np.intp]]:
        if self.outside == 'push':
            nodes: NDArray[np.intp] = np.arange(foreground.size)
            depth = np.where(foreground, depth, np.float32(FARTHEST))
        else:
            nodes = np.flatnonzero(foreground)
        points = point_cloud(depth, self.z_scale)[nodes]
        return knn_graph(points, self.k), nodes

    def _scene(
        self,
        foreground: NDArray[np.bool_],
        x: NDArray[np.floating],
        depth: NDArray[np.float32],
        tau: float,
    ) -> _Scene:
        graph, nodes = self._graph(foreground, depth)
        inside = foreground.ravel()[nodes]
        values = x.ravel()[nodes]
        source = self._source(
            graph.within(tau), inside, values, self._smallest(foreground.size)
        )
        background = np.abs(values) if self.sink == 'abs' else values
        background = background.astype(np.float64)
        background[source] = np.inf
        sink = int(np.argmin(background))
        return _Scene(graph, nodes, inside, source, sink, grid_of(foreground))

    def _cut(self, scene: _Scene, tau: float) -> NDArray[np.bool_]:
        graph = scene.graph.within(tau)
        labels = components(graph.num_nodes, graph.edges)
        part = np.asarray(labels == labels[scene.source])
        if scene.sink != scene.source and part[scene.sink]:
            part = self._separate(scene, graph, part, tau)
        mask = np.zeros(scene.grid[0] * scene.grid[1], bool)
        mask[scene.nodes[part & scene.inside]] = True
        return mask.reshape(scene.grid)

    def _separate(
        self,
        scene: _Scene,
        graph: Graph,
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
        smallest = self._smallest(scene.grid[0] * scene.grid[1])
        rows, columns = np.divmod(scene.nodes, scene.grid[1])
        capacities = edge_capacities(graph.lengths, tau, self.capacity)

        def disc(center: int, radius: int) -> NDArray[np.bool_]:
            distance = np.hypot(rows - rows[center], columns - columns[center])
            return np.asarray(part & (distance <= radius))

        for radius in TERMINAL_RADII if self.terminals == 'discs' else (0,):
            sources = disc(scene.source, radius)
            sinks = disc(scene.sink, radius)
            if (sources & sinks).any():
                break
            side, _ = min_cut(
                graph.num_nodes,
                graph.edges,
                capacities,
                np.flatnonzero(sources),
                np.flatnonzero(sinks),
            )
            side &= part
            sizes = (side.sum(), (part & ~side).sum())
            if self.terminals == 'points' or (
                min(sizes) >= smallest and _along_border(graph, part, side)
            ):
                return side
        return part

    def _source(
        self,
        graph: Graph,
        inside: NDArray[np.bool_],
        values: NDArray[np.floating],
        smallest: float,
    ) -> int:
        candidates = inside
        if self.source == 'large':
            labels = components(graph.num_nodes, graph.edges)
            sizes = np.bincount(labels[inside], minlength=labels.max() + 1)
            large = inside & (sizes[labels] >= smallest)
            candidates = large if large.any() else inside
        return int(np.argmax(np.where(candidates, values, -np.inf)))

    def _smallest(self, num_patches: int) -> float:
        """Patches below which a side of a cut isolates a terminal."""
        return max(self.k + 1, self.min_side * num_patches)


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
