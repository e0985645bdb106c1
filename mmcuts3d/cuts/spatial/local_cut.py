"""LocalCut: the instance that holds the seed, cut in 3D (CutS3D §3.2).

A k-NN graph over the point cloud loses its edges longer than tau; a min-cut
between the most and the least foreground patch takes the instance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import (
    as_array,
    check_choice,
    check_count,
    check_mask,
    check_range,
    check_thresholds,
    grid_of,
)
from .creases import creases, lengthen
from .min_cut import CAPACITIES, components
from .parts import TERMINALS, Scene, Separation, absorb
from .point_cloud import (
    Graph,
    grid_graph,
    knn_graph,
    point_cloud,
    pool_depth,
)

OUTSIDE = ('push', 'drop')
SINKS = ('abs', 'signed')
SOURCES = ('large', 'peak')
FARTHEST = 1.0


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
            (first version). Defaults to 'drop'.
        capacity: Of an edge of length d <= tau: ``'gaussian'``
            exp(-(d/sigma)^2) with sigma = tau/4 (Golovinskiy and Funkhouser,
            2009), ``'linear'`` tau - d, ``'binary'`` 1, ``'distance'`` d,
            the literal reading. Defaults to 'gaussian'.
        sink: The most background patch: ``'abs'`` at min |x|, as printed,
            or ``'signed'`` at min x. Defaults to 'abs'.
        source: The most foreground patch: ``'peak'`` at max x, as printed,
            or ``'large'``, at max x among the patches whose part of the
            graph has max(k + 1, `min_side`) patches or more: a patch on an
            object's border may stand alone.
            Defaults to 'large'.
        terminals: Of the min-cut inside one part: ``'discs'`` around source
            and sink, which grow from 2 to 7 patches until the cut is not
            trivial and runs along a border, or ``'points'``, as printed,
            which cuts off single patches. Defaults to 'discs'.
        min_side: Smallest side of a cut that counts, as a share of the
            grid; a smaller one (or one of at most k patches) is the trivial
            cut that isolates a terminal. Defaults to 0.01.
        crease: Beyond the paper: edges are longer by the factor 1 + crease *
            z_scale * the change of slope where they cross a crease
            (:func:`creases`), so that bodies part where they touch, at equal
            depth too, and fragments of at most k patches join the nearest
            part. Where that leaves no part which can be an object, creases
            do not count. 0 is the paper's LocalCut. Defaults to 2.
        crease_sigma, crease_noise: See :func:`creases`. Default to 1 and 5.

    Raises:
        ValueError: On a setting out of range.
    """

    def __init__(
        self,
        *,
        tau_knn: float = 0.115,
        k: int = 16,
        z_scale: float = 3.0,
        outside: str = 'drop',
        capacity: str = 'gaussian',
        sink: str = 'abs',
        source: str = 'large',
        terminals: str = 'discs',
        min_side: float = 0.01,
        crease: float = 2.0,
        crease_sigma: float = 1.0,
        crease_noise: float = 5.0,
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
        self.crease = check_range('crease', crease, 0)
        self.crease_sigma = check_range(
            'crease_sigma', crease_sigma, 0, open_low=True
        )
        self.crease_noise = check_range('crease_noise', crease_noise, 0)

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
            taus: (T,) float; fragments find their part along edges up to
                `tau_knn`, whatever these are.

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
        separate = Separation(
            self.capacity,
            self.terminals,
            self._smallest(foreground.size),
            self.k + 1 if self.crease else 0,
        )
        return np.stack([separate(scene, float(tau)) for tau in thresholds])

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
        rest = check_mask('mask', mask)
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
        """Distances in the k-NN graph, creases left out."""
        foreground = check_mask('bipartition', bipartition)
        grid_depth = pool_depth(depth, grid_of(foreground))
        return self._graph(foreground, grid_depth)[0].lengths

    def separation(self, mask: ArrayLike, depth: ArrayLike) -> float:
        """How much of a mask's border parts in 3D.

        The mean over pairs of neighbours, one inside and one outside, of
        their distance in units of `tau_knn`, at most 1; creases count as in
        the graph. Where the mask meets the frame nothing parts it. Close to
        1 for a body, low for a piece of a surface that goes on: 1 / (h *
        tau_knn) of a flat one, the distance of its patches, so that it says
        little on grids below 30 or so.

        Args:
            mask: (h, w) bool.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest.

        Returns:
            In [0, 1]; 0 where the mask is empty.
        """
        inside = check_mask('mask', mask)
        grid_depth = pool_depth(depth, grid_of(inside))
        points = point_cloud(grid_depth, self.z_scale)
        graph = grid_graph(points, grid_of(inside))
        graph = self._lengthened(graph, np.arange(inside.size), grid_depth)
        flat = inside.ravel()
        border = flat[graph.edges[:, 0]] != flat[graph.edges[:, 1]]
        on_frame = int(inside[[0, -1]].sum() + inside[:, [0, -1]].sum())
        number = int(border.sum()) + on_frame
        parted = np.minimum(graph.lengths[border] / self.tau_knn, 1)
        return float(parted.sum() / number) if number else 0.0

    def _scene(
        self,
        foreground: NDArray[np.bool_],
        x: NDArray[np.floating],
        depth: NDArray[np.float32],
        tau: float,
    ) -> Scene:
        plain, nodes = self._graph(foreground, depth)
        reach = plain.lengths <= self.tau_knn
        inside = foreground.ravel()[nodes]
        values = x.ravel()[nodes]
        graph = self._lengthened(plain, nodes, depth)
        parts = self._parts(graph, reach, inside, tau)
        large = self._large(parts, inside, foreground.size)
        if self.crease and not large.any():
            # Creases everywhere are none: a coarse grid, or noise for depth.
            graph = plain
            parts = self._parts(graph, reach, inside, tau)
            large = self._large(parts, inside, foreground.size)
        candidates = inside
        if self.source == 'large' and large.any():
            candidates = large
        source = int(np.argmax(np.where(candidates, values, -np.inf)))
        background = np.abs(values) if self.sink == 'abs' else values
        background = background.astype(np.float64)
        background[source] = np.inf
        sink = int(np.argmin(background))
        return Scene(
            graph, nodes, inside, reach, source, sink, grid_of(foreground)
        )

    def _graph(
        self, foreground: NDArray[np.bool_], depth: NDArray[np.float32]
    ) -> tuple[Graph, NDArray[np.intp]]:
        """The k-NN graph, and the patch of each of its nodes."""
        if self.outside == 'push':
            nodes: NDArray[np.intp] = np.arange(foreground.size)
            depth = np.where(foreground, depth, np.float32(FARTHEST))
        else:
            nodes = np.flatnonzero(foreground)
        points = point_cloud(depth, self.z_scale)[nodes]
        return knn_graph(points, self.k), nodes

    def _lengthened(
        self, graph: Graph, nodes: NDArray[np.intp], depth: NDArray[np.float32]
    ) -> Graph:
        if not self.crease:
            return graph
        turn = creases(depth, self.crease_sigma, self.crease_noise)
        return lengthen(graph, nodes, turn, self.crease * self.z_scale)

    def _parts(
        self,
        graph: Graph,
        reach: NDArray[np.bool_],
        inside: NDArray[np.bool_],
        tau: float,
    ) -> NDArray[np.int32]:
        """(n,) int, the connected part of each node, fragments joined."""
        short = graph.within(tau)
        parts = components(short.num_nodes, short.edges)
        if self.crease:
            parts = absorb(parts, graph, reach, inside, self.k + 1)
        return parts

    def _large(
        self,
        parts: NDArray[np.int32],
        inside: NDArray[np.bool_],
        num_patches: int,
    ) -> NDArray[np.bool_]:
        """(n,) bool, nodes inside whose part can be an object."""
        sizes = np.bincount(parts[inside], minlength=parts.max() + 1)
        return inside & (sizes[parts] >= self._smallest(num_patches))

    def _smallest(self, num_patches: int) -> float:
        """Patches below which a side of a cut isolates a terminal."""
        return max(self.k + 1, self.min_side * num_patches)
