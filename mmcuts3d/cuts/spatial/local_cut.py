"""LocalCut: the instance that holds the seed, cut in 3D (CutS3D §3.2).

A k-NN graph over the point cloud loses its edges longer than tau; a min-cut
between the most and the least foreground patch takes the instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import (
    as_array,
    check_count,
    check_literal,
    check_mask,
    check_part,
    check_range,
    check_thresholds,
    grid_of,
)
from .colour_edges import ColourEdges
from .creases import Creases
from .depth_trust import DepthTrust
from .mask_graph import MaskGraph, graph_of_mask
from .min_cut import Capacity
from .parts import PartCut, Terminals
from .point_cloud import Graph, Pooling
from .separation import separation
from .spatial_confidence import sweep_taus
from .surface import Surface

Outside = Literal['push', 'drop']
Sink = Literal['abs', 'signed']
Source = Literal['peak', 'large']
FARTHEST = 1.0
OPTIONAL_PARTS: Mapping[str, type] = {
    'creases': Creases,
    'trust': DepthTrust,
    'colours': ColourEdges,
}


@dataclass(frozen=True, kw_only=True)
class LocalCut:
    """Cut one instance out of a semantic mask, along its 3D border.

    The defaults are the paper's. Usable alone, best by a preset: any mask with
    a depth map can be split, see :meth:`split`.

    Args:
        tau_knn: Edges longer than it are deleted, in units of the image's
            side. Defaults to 0.115 (supplement, Table 7).
        tau_knn_min: Lowest threshold of the sweep. Defaults to 0.05
            (Table 7).
        num_cuts: T, cuts of the sweep. Defaults to 6 (Table 7).
        k: Neighbours in the k-NN graph. Not stated in the paper.
            Defaults to 16.
        z_scale: Length of the depth range, in units of the image's side.
            Not stated. Defaults to 3.
        pooling: See :func:`pool_depth`. Not stated. Defaults to 'median'.
        outside: Points outside the semantic mask: ``'push'`` puts them at
            the farthest depth (camera-ready version), ``'drop'`` leaves them
            out (first version). Defaults to 'push'.
        capacity: Of an edge of length d <= tau: ``'gaussian'``
            exp(-(d/sigma)^2) with sigma = tau/4 (Golovinskiy and Funkhouser,
            2009), ``'linear'`` tau - d, ``'binary'`` 1, ``'distance'`` d,
            the literal variant. Defaults to 'gaussian'.
        sink: The most background patch: ``'abs'`` at min ``|x|``, as printed,
            or ``'signed'`` at min x. Defaults to 'abs'.
        source: The most foreground patch: ``'peak'`` at max x, as printed,
            or, beyond the paper, ``'large'``, at max x among the patches
            whose part of the graph has max(k + 1, `min_side`) patches or
            more: a patch on an object's border may stand alone.
            Defaults to 'peak'.
        terminals: Of the min-cut inside one part: ``'points'``, as printed,
            which can cut off single patches, or, beyond the paper,
            ``'discs'`` around source and sink, which grow from 2 to 7
            patches until the cut is not trivial and runs along a border.
            Defaults to 'points'.
        min_side: Smallest side of a cut that counts, as a share of the
            grid; a smaller one (or one of at most k patches) is the trivial
            cut that isolates a terminal. For ``'large'`` and ``'discs'``.
            Defaults to 0.01.
        creases: Beyond the paper: concave depth edges, at which edges of the
            graph count longer, see :class:`Creases`; fragments of at most k
            patches then join the nearest part. Defaults to None (disabled).
        trust: Beyond the paper: flattens the point cloud of noisy depth, see
            :class:`DepthTrust`. Parts of the graph are then cut by the
            min-cut only where depth is trusted by 0.8 or more. Defaults to
            None (disabled).
        colours: Beyond the paper: differences of colour lengthen edges where
            depth is not trusted, see :class:`ColourEdges`; it needs the
            image. Defaults to None (disabled).

    Raises:
        ValueError: On a setting out of range.
    """

    tau_knn: float = 0.115
    tau_knn_min: float = 0.05
    num_cuts: int = 6
    k: int = 16
    z_scale: float = 3.0
    pooling: Pooling = 'median'
    outside: Outside = 'push'
    capacity: Capacity = 'gaussian'
    sink: Sink = 'abs'
    source: Source = 'peak'
    terminals: Terminals = 'points'
    min_side: float = 0.01
    creases: Creases | None = None
    trust: DepthTrust | None = None
    colours: ColourEdges | None = None

    def __post_init__(self) -> None:
        check_range('tau_knn', self.tau_knn, 0, open_low=True)
        check_range(
            'tau_knn_min', self.tau_knn_min, 0, self.tau_knn, open_low=True
        )
        check_count('num_cuts', self.num_cuts)
        check_count('k', self.k)
        check_range('z_scale', self.z_scale, 0)
        check_literal('pooling', self.pooling, Pooling)
        check_literal('outside', self.outside, Outside)
        check_literal('capacity', self.capacity, Capacity)
        check_literal('sink', self.sink, Sink)
        check_literal('source', self.source, Source)
        check_literal('terminals', self.terminals, Terminals)
        check_range('min_side', self.min_side, 0, 1)
        for name, kind in OPTIONAL_PARTS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check_part(name, value, kind))

    @property
    def taus(self) -> NDArray[np.float64]:
        """(T,) float64, the thresholds of the sweep."""
        return sweep_taus(self.tau_knn_min, self.tau_knn, self.num_cuts)

    def surface(
        self,
        depth: ArrayLike | Surface,
        grid: tuple[int, int],
        image: ArrayLike | None = None,
    ) -> Surface:
        """The surface of an image, as this LocalCut scales it.

        Args:
            depth: (h, w) or finer, float in [0, 1], 0 = nearest; a surface
                is given back as it is.
            grid: (h, w) of the patch grid.
            image: (H, W, 3) uint8 RGB, for `colours`. Defaults to None.

        Raises:
            ValueError: If a surface is of another grid, scale, pooling or
                trust, or there are no colours where they count.
        """
        if not isinstance(depth, Surface):
            depth = Surface(
                depth,
                grid,
                self.z_scale,
                self.pooling,
                self.trust,
                image if self.colours else None,
            )
        settings = (tuple(grid), self.z_scale, self.pooling, self.trust)
        return depth.checked(settings, self.colours is not None)

    def __call__(
        self,
        mask: ArrayLike,
        eigenvector: ArrayLike,
        depth: ArrayLike | Surface,
    ) -> NDArray[np.bool_]:
        """Cut the instance at `tau_knn`.

        Args:
            mask: (h, w) bool, the semantic mask.
            eigenvector: (h, w) float, high on the foreground; names source
                (its maximum inside) and sink.
            depth: (h, w) or finer, float in [0, 1], 0 = nearest; or the
                :meth:`surface` of it.

        Returns:
            (h, w) bool, a part of `mask`. Empty where that is empty.

        Raises:
            ValueError: If the arrays do not belong together.
        """
        taus = [self.tau_knn]
        return np.asarray(self.sweep(mask, eigenvector, depth, taus)[0])

    def sweep(
        self,
        mask: ArrayLike,
        eigenvector: ArrayLike,
        depth: ArrayLike | Surface,
        taus: ArrayLike | None = None,
    ) -> NDArray[np.bool_]:
        """Cut at several thresholds over one graph.

        Args:
            mask: (h, w) bool.
            eigenvector: (h, w) float.
            depth: As in :meth:`__call__`.
            taus: (T,) float. Defaults to None: :attr:`taus`. Fragments find
                their part along edges up to `tau_knn`, whatever these are.

        Returns:
            (T, h, w) bool.
        """
        inside = as_array('mask', mask).astype(bool)
        x = as_array('eigenvector', eigenvector)
        if inside.ndim != 2 or x.shape != inside.shape:
            raise ValueError(
                'Expected arguments `mask` and `eigenvector` to be (h, w) of '
                f'one grid, but got {inside.shape} and {x.shape}.'
            )
        thresholds = check_thresholds(
            'taus', self.taus if taus is None else taus
        )
        if not inside.any():
            return np.zeros((len(thresholds), *inside.shape), bool)
        surface = self.surface(depth, grid_of(inside))
        graph = self.mask_graph(inside, x, surface, float(thresholds.max()))
        cut = PartCut(
            self.capacity,
            self.terminals,
            self._smallest(inside.size),
            whole=not surface.trusted,
        )
        return np.stack([cut(graph, float(tau)) for tau in thresholds])

    def split(
        self, mask: ArrayLike, depth: ArrayLike | Surface, max_parts: int = 10
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
        surface = self.surface(depth, grid_of(rest))
        parts: list[NDArray[np.bool_]] = []
        while rest.any() and len(parts) < max_parts:
            nearness = np.where(rest, 2 - surface.depth, 0)
            part = self(rest, nearness, surface)
            if part.mean() <= self.min_side:
                break
            rest &= ~part
            parts.append(part)
        parts.sort(key=lambda part: -int(part.sum()))
        return np.array(parts, bool).reshape(-1, *rest.shape)

    def edge_lengths(
        self, mask: ArrayLike, depth: ArrayLike | Surface
    ) -> NDArray[np.float64]:
        """Distances in the k-NN graph, without creases and colours."""
        inside = check_mask('mask', mask)
        surface = self.surface(depth, grid_of(inside))
        return self._knn_graph(inside, surface)[0].lengths

    def removed_edges(
        self, mask: ArrayLike, depth: ArrayLike | Surface
    ) -> NDArray[np.intp]:
        """Edges (E, 2) inside a mask that count as longer than `tau_knn`.

        By the patches at their ends, row-major on (h, w).
        """
        inside = check_mask('mask', mask)
        if not inside.any():
            return np.zeros((0, 2), np.intp)
        surface = self.surface(depth, grid_of(inside))
        found = self.mask_graph(inside, inside * 1.0, surface, self.tau_knn)
        ends, lengths = found.edges()
        return ends[lengths > self.tau_knn]

    def separation(self, mask: ArrayLike, depth: ArrayLike | Surface) -> float:
        """How much of a mask's border parts in 3D, see :func:`separation`."""
        inside = check_mask('mask', mask)
        surface = self.surface(depth, grid_of(inside))
        nodes = np.arange(inside.size)
        graph = self._lengthened(surface.neighbours, nodes, surface)
        return separation(inside, graph, self.tau_knn)

    def mask_graph(
        self,
        mask: NDArray[np.bool_],
        x: NDArray[np.floating[Any]],
        surface: Surface,
        tau: float,
    ) -> MaskGraph:
        """The graph of a mask (h, w), cut at `tau` at most, x (h, w)."""
        plain, nodes = self._knn_graph(mask, surface)
        # Where depth is noisy, so are creases.
        creases = self.creases if surface.trusted else None
        fragment = self.k + 1 if creases else 0
        graph = MaskGraph(
            graph=self._lengthened(plain, nodes, surface),
            nodes=nodes,
            inside=mask.ravel()[nodes],
            reach=plain.lengths <= self.tau_knn,
            fragment=fragment,
            grid=grid_of(mask),
        )
        large = graph.nodes_in_large_parts(tau, self._smallest(mask.size))
        if creases and not large.any():
            # Creases everywhere are none: a coarse grid, or noise for depth.
            graph = graph.with_lengths_of(plain)
            large = graph.nodes_in_large_parts(tau, self._smallest(mask.size))
        candidates = graph.inside
        if self.source == 'large' and large.any():
            candidates = large
        graph.set_terminals(x.ravel()[nodes], candidates, self.sink == 'abs')
        return graph

    def _knn_graph(
        self, mask: NDArray[np.bool_], surface: Surface
    ) -> tuple[Graph, NDArray[np.intp]]:
        """The k-NN graph, and the patch of each of its nodes."""
        pushed = self.z_scale * FARTHEST if self.outside == 'push' else None
        return graph_of_mask(mask, surface.points, self.k, pushed)

    def _lengthened(
        self, graph: Graph, nodes: NDArray[np.intp], surface: Surface
    ) -> Graph:
        if self.colours:
            graph = self.colours.lengthen(graph, nodes, surface)
        if self.creases and surface.trusted:
            graph = self.creases.lengthen(graph, nodes, surface)
        return graph

    def _smallest(self, num_patches: int) -> float:
        """Patches below which a side of a cut isolates a terminal."""
        return max(self.k + 1, self.min_side * num_patches)
