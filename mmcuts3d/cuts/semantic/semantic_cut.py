"""The semantic cut: one bipartition of the patch graph (CutS3D §3.1, §3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_literal, check_part, check_range
from ..pixel_masks import peak
from .affinity import unit_vectors
from .auto_threshold import STRIDE, otsu, threshold_of
from .bipartition import (
    Bipartition,
    CornerRule,
    bipartition,
    component_of,
    sign_matters,
)
from .normalized_cut import NormalizedCut, Solver, cut_edges
from .spatial_importance import Sharpening
from .strong_edges import StrongEdges

Removal = Literal['zero', 'exclude', 'delete']


@dataclass(frozen=True)
class SemanticMask:
    """What one semantic cut found.

    Attributes:
        mask: (h, w) bool, the 4-connected part of the foreground that holds
            the seed.
        seed: (row, column) of the most foreground patch.
        bipartition: The whole split.
        eigenvalue: In [0, 2], what the cut costs.
    """

    mask: NDArray[np.bool_]
    seed: tuple[int, int]
    bipartition: Bipartition
    eigenvalue: float


@dataclass(frozen=True, kw_only=True)
class SemanticCut:
    """How a semantic mask is cut out of the patch graph.

    Args:
        tau_ncut: Threshold of the (sharpened) affinity, in [0, 1]; or, beyond
            the paper, ``'auto'``: Otsu's threshold of the cosines of each
            image, see
            :func:`~mmcuts3d.cuts.semantic.auto_threshold.auto_threshold`.
            Defaults to 0.13 (supplement,
            Table 7; MaskCut has 0.15).
        eps: Weight of edges below it. Defaults to 1e-5 (MaskCut).
        sharpening: Spatial Importance Sharpening, None for none.
            Defaults to :class:`Sharpening` as in the paper.
        corner_rule: See :func:`bipartition`. Defaults to 'published'.
        removal: What becomes of patches that were found: ``'delete'``, their
            nodes are removed from the graph, as printed (§3.1); ``'zero'``,
            their features are, as MaskCut's code does, so that they stay as
            nodes with weak edges, which either side of a cut can hold;
            ``'exclude'``, beyond the paper, the same, but they are in no
            later semantic mask. Defaults to 'delete'.
        solver: See :func:`normalized_cut`. Defaults to 'lanczos'.

    Raises:
        ValueError: On a setting out of range.
    """

    tau_ncut: float | Literal['auto'] = 0.13
    eps: float = 1e-5
    sharpening: Sharpening | None = field(default_factory=Sharpening)
    corner_rule: CornerRule = 'published'
    removal: Removal = 'delete'
    solver: Solver = 'lanczos'

    def __post_init__(self) -> None:
        if self.tau_ncut != 'auto':
            check_range('tau_ncut', self.tau_ncut, 0, 1)
        check_range('eps', self.eps, 0, 1, open_low=True)
        check_literal('corner_rule', self.corner_rule, CornerRule)
        check_literal('removal', self.removal, Removal)
        check_literal('solver', self.solver, Solver)
        if self.sharpening is not None:
            part = check_part('sharpening', self.sharpening, Sharpening)
            object.__setattr__(self, 'sharpening', part)

    def graph(
        self,
        features: ArrayLike,
        depth: ArrayLike | None = None,
        trust: float = 1.0,
    ) -> StrongEdges:
        """The patches of an image and which of them are alike.

        By their affinity, sharpened where that is set.

        Args:
            features: (C, h, w) float.
            depth: (h, w) float in [0, 1], for sharpening.
            trust: How far sharpening counts, in [0, 1]: by how much an
                exponent is below 1. Defaults to 1.

        Raises:
            ValueError: If sharpening is set and there is no depth.
        """
        unit = unit_vectors(features)
        if self.sharpening is None:
            return StrongEdges.of_units(unit, self._threshold(unit))
        if depth is None:
            raise ValueError(
                'Expected argument `depth` for sharpening, but got None.'
            )
        importance = self.sharpening.importance(depth)
        if trust < 1:
            importance = importance * np.float32(trust)
        return StrongEdges.of_units(
            unit,
            self._threshold(unit, importance),
            importance,
            self.sharpening.pair_rule,
        )

    def threshold(
        self,
        features: ArrayLike,
        importance: NDArray[np.floating] | None = None,
    ) -> float:
        """The threshold of the (sharpened) affinity of an image.

        Args:
            features: (C, h, w) float.
            importance: (h, w), Spatial Importance; ``'auto'`` is brought to
                where sharpening brings a pair of the median importance.
                Defaults to None: no sharpening.
        """
        if self.tau_ncut != 'auto':
            return self.tau_ncut
        return self._threshold(unit_vectors(features), importance)

    def _threshold(
        self,
        unit: NDArray[np.float32],
        importance: NDArray[np.floating] | None = None,
    ) -> float:
        """The same of (C, h*w) features of length 1."""
        if self.tau_ncut != 'auto':
            return self.tau_ncut
        tau = threshold_of(unit)
        if importance is None:
            return tau
        return float(tau ** float(np.median(1 - importance)))

    def __call__(
        self, graph: StrongEdges | ArrayLike, found: NDArray[np.bool_]
    ) -> SemanticMask | None:
        """Cut once.

        Args:
            graph: See :meth:`graph`; or a (sharpened) affinity (h*w, h*w).
            found: (h, w) bool, patches that are in no graph any more.

        Returns:
            None where what is left has no structure, so that any bipartition
            would be noise.
        """
        if not isinstance(graph, StrongEdges):
            tau = self.tau_ncut
            matrix = as_array('affinity', graph)
            if tau == 'auto':
                tau = otsu(matrix[::STRIDE, STRIDE // 2 :: STRIDE])
            graph = StrongEdges.of_affinity(matrix, tau)
        cut = cut_rest(
            graph,
            found,
            self.removal,
            self.eps,
            self.solver,
            lambda x: sign_matters(*self._on_grid(x, found), self.corner_rule),
        )
        if cut is None:
            return None
        return self.mask_of(cut.eigenvector, cut.eigenvalue, found)

    def mask_of(
        self,
        eigenvector: NDArray[np.float64],
        eigenvalue: float,
        found: NDArray[np.bool_],
    ) -> SemanticMask:
        """The semantic mask of an eigenvector.

        Args:
            eigenvector: (n,), of the patches that are nodes of the graph:
                all, or, where `removal` is 'delete', those not found before.
            eigenvalue: Its eigenvalue.
            found: (h, w) bool, see :meth:`__call__`.
        """
        x, left = self._on_grid(eigenvector, found)
        split = bipartition(x, self.corner_rule, left)
        mask, seed = split.component, split.seed
        if self.removal == 'exclude':
            mask, seed = without_found(split, found)
        return SemanticMask(mask, seed, split, eigenvalue)

    def _on_grid(
        self, eigenvector: NDArray[np.float64], found: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
        """The eigenvector (h, w), and its patches where they are not all."""
        return on_all_nodes(eigenvector, found, self.removal)


def cut_rest(
    graph: StrongEdges,
    found: NDArray[np.bool_],
    removal: Removal,
    eps: float,
    solver: Solver,
    sign_matters: Callable[[NDArray[np.float64]], bool],
) -> NormalizedCut | None:
    """The normalized cut of what was not found, on a grid or any graph.

    Args:
        graph: Of n nodes.
        found: bool, nodes that were found, n in any shape.
        removal: See :class:`SemanticCut`.
        eps: Weight of edges that are not strong.
        solver: See :func:`normalized_cut`.
        sign_matters: See :func:`cut_edges`.

    Returns:
        Its eigenvector is that of the nodes that are in the graph, see
        :func:`on_all_nodes`. None where what is left has no structure.
    """
    edges = graph.without(found)
    if has_no_structure(edges, found):
        return None
    nodes = None
    if removal == 'delete' and found.any():
        nodes = ~found.ravel()
    return cut_edges(edges, eps, solver, nodes, sign_matters)


def on_all_nodes(
    eigenvector: NDArray[np.float64],
    found: NDArray[np.bool_],
    removal: Removal,
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The eigenvector of :func:`cut_rest` in the shape of `found`.

    Returns:
        The eigenvector, 0 at nodes that are not in the graph; and those that
        are, or None if they are all.
    """
    if removal != 'delete':
        return eigenvector.reshape(found.shape), None
    x = np.zeros(found.shape)
    x[~found] = eigenvector
    return x, ~found


def has_no_structure(graph: StrongEdges, found: NDArray[np.bool_]) -> bool:
    """Whether all edges are alike, so that no cut is better than another.

    A flat image gives such a graph, or what is left of one when all objects
    were found: its second eigenvalue is not simple and any bipartition
    would be noise. So do fewer than two patches.

    Args:
        graph: Without edges of found patches.
        found: (h, w) bool, patches that do not count.
    """
    left = found.size - int(np.count_nonzero(found))
    return left < 2 or graph.num_between in (0, left * (left - 1))


def without_found(
    split: Bipartition, found: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """The semantic mask of the seed among the patches that are left.

    Args:
        split: The bipartition.
        found: (h, w) bool.

    Returns:
        (h, w) bool, 4-connected, empty where nothing is left; and its seed.
    """
    left = split.foreground & ~found
    if not left.any():
        return left, split.seed
    index = peak(np.where(left, split.eigenvector, -np.inf))
    seed = (index // left.shape[1], index % left.shape[1])
    return component_of(left, seed), seed
