"""Masked normalized cut on any graph (UnScene3D, Sec. 4.2 and Algorithm 1).

The nodes may be segments of a scan, superpixels or anything else: which of
them are alike says a similarity, which of them touch says a list of edges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_count, check_literal, check_range
from ..pixel_masks import peak
from ..types import ACCEPTED, NO_STRUCTURE, TOO_SMALL
from .node_split import (
    NodeSplit,
    above_mean,
    edge_connectivity,
    split_at_mean,
)
from .normalized_cut import Solver
from .semantic_cut import Removal, cut_rest, on_all_nodes
from .strong_edges import StrongEdges

Separation = Literal['peak', 'mean', 'largest', 'none']
Rejected = Literal['remove', 'stop']
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class GraphStep:
    """One normalized cut of what was left of a graph of n nodes.

    Attributes:
        eigenvector: (n,) float, the foreground is high.
        foreground: (n,) bool, the whole side.
        mask: (n,) bool, what was cut out of it.
        eigenvalue: In [0, 2], what the cut costs; NaN without structure.
        status: ``'accepted'``, or why the mask was not kept.
    """

    eigenvector: NDArray[np.floating]
    foreground: Mask
    mask: Mask
    eigenvalue: float
    status: str = ACCEPTED


@dataclass(frozen=True)
class GraphInstances:
    """What a masked normalized cut found among n nodes.

    Attributes:
        masks: (N, n) bool, in the order in which they were cut; no node is in
            two of them, unless `removal` is 'zero'.
        steps: Rejected ones too.
    """

    masks: Mask
    steps: tuple[GraphStep, ...]

    def __len__(self) -> int:
        return len(self.masks)


@dataclass(frozen=True, kw_only=True)
class GraphCut:
    """Instances of a graph, one after the other.

    Each step solves the normalized cut of what is left, takes the nodes above
    the mean of the eigenvector, or the others if those are too many, keeps one
    connected part of them, and takes it out of the graph.

    Args:
        tau: Similarities above it are strong edges, in [0, 1]. Defaults to
            0.65 (UnScene3D, supplement 8.2: both modalities; 0.55 for
            geometry alone).
        eps: Weight of the other edges. Defaults to 1e-5.
        num_instances: Masks that are kept at most. Defaults to 20.
        max_foreground: A side with more than this share of the nodes is
            background, in (0, 1]. Defaults to 0.5 (Algorithm 1); the
            published code has 0.8.
        min_nodes: A foreground of fewer nodes is no instance (supplement
            8.2). Defaults to 8; 2 gives more masks, and more wrong ones.
        min_size: A mask whose nodes are smaller together is none (ours).
            Defaults to 0; with the sizes of segments in vertices 100 leaves
            out what ScanNet's evaluation does not count.
        separation: Which connected part of the foreground is the mask:
            ``'peak'``, that of the largest value of the eigenvector;
            ``'mean'``, that of the largest mean; ``'largest'``, that of the
            largest size; ``'none'``, all of it (supplement, Table 7).
            Defaults to 'peak'.
        removal: What becomes of nodes that were found: ``'delete'``, their
            rows and columns leave the graph (Sec. 4.2); ``'exclude'``, their
            features count as zero (Algorithm 1), so that they stay as weak
            nodes, but are in no later mask; ``'zero'``, masks may overlap.
            With the last two a cut soon parts nothing but found nodes where
            `tau` is low. Defaults to 'delete'.
        rejected: After a mask that is too small ``'remove'`` takes its
            part out of the graph and goes on, ``'stop'`` ends. The paper does
            not say. Defaults to 'remove'.
        solver: See :func:`normalized_cut`. Defaults to 'lanczos'.

    Raises:
        ValueError: On a setting out of range.
    """

    tau: float = 0.65
    eps: float = 1e-5
    num_instances: int = 20
    max_foreground: float = 0.5
    min_nodes: int = 8
    min_size: float = 0
    separation: Separation = 'peak'
    removal: Removal = 'delete'
    rejected: Rejected = 'remove'
    solver: Solver = 'lanczos'

    def __post_init__(self) -> None:
        check_range('tau', self.tau, 0, 1)
        check_range('eps', self.eps, 0, 1, open_low=True)
        check_count('num_instances', self.num_instances)
        check_range('max_foreground', self.max_foreground, 0, 1, open_low=True)
        check_count('min_nodes', self.min_nodes)
        check_range('min_size', self.min_size, 0)
        check_literal('separation', self.separation, Separation)
        check_literal('removal', self.removal, Removal)
        check_literal('rejected', self.rejected, Rejected)
        check_literal('solver', self.solver, Solver)

    def __call__(
        self,
        similarity: StrongEdges | ArrayLike,
        edges: ArrayLike,
        sizes: ArrayLike | None = None,
    ) -> GraphInstances:
        """Cut a graph.

        Args:
            similarity: (n, n) float, symmetric; or which of them are strong.
            edges: (e, 2) int, the pairs of nodes that touch.
            sizes: (n,) float, of each node, for `separation` 'largest' and
                `min_size`. Defaults to None: 1.

        Returns:
            :class:`GraphInstances`; none where nothing has structure.

        Raises:
            ValueError: If the arguments do not belong to one graph.
        """
        if not isinstance(similarity, StrongEdges):
            similarity = StrongEdges.of_affinity(similarity, self.tau)
        number = len(similarity)
        weights: NDArray[np.float64] = np.ones(number)
        if sizes is not None:
            weights = as_array('sizes', sizes).astype(np.float64)
        if weights.shape != (number,):
            raise ValueError(
                f'Expected argument `sizes` to be ({number},), one for each '
                f'node, but got shape {weights.shape}.'
            )
        connected = edge_connectivity(edges, number)
        found: Mask = np.zeros(number, bool)
        steps: list[GraphStep] = []
        masks: list[Mask] = []
        # Each step removes a node at least, so that this ends.
        while len(masks) < self.num_instances and not found.all():
            step = self._step(similarity, found, connected, weights)
            steps.append(step)
            if step.status == ACCEPTED:
                masks.append(step.mask)
            elif step.status == NO_STRUCTURE or self.rejected == 'stop':
                break
            if not (step.mask & ~found).any():
                break  # the same cut would come again
            found = found | step.mask
        return GraphInstances(
            np.array(masks, bool).reshape(-1, number), tuple(steps)
        )

    def _step(
        self,
        graph: StrongEdges,
        found: Mask,
        connected: Callable[[Mask], NDArray[np.int32]],
        weights: NDArray[np.float64],
    ) -> GraphStep:
        most = self.max_foreground * len(found)

        def too_large(side: Mask) -> bool:
            return int(np.count_nonzero(side)) > most

        def sign_matters(x: NDArray[np.float64]) -> bool:
            x, left = on_all_nodes(x, found, self.removal)
            above = above_mean(x, left)
            below = ~above if left is None else left & ~above
            return not (too_large(above) or too_large(below))

        cut = cut_rest(
            graph, found, self.removal, self.eps, self.solver, sign_matters
        )
        if cut is None:
            none = np.zeros(len(found), bool)
            return GraphStep(
                np.zeros(len(found)), none, none, np.nan, NO_STRUCTURE
            )
        x, left = on_all_nodes(cut.eigenvector, found, self.removal)
        split = split_at_mean(x, too_large, left)
        foreground = split.foreground
        if self.removal == 'exclude':
            foreground = foreground & ~found
        mask = self._part(split, foreground, connected, weights)
        status = ACCEPTED
        if np.count_nonzero(foreground) < self.min_nodes:
            status = TOO_SMALL
        if weights[mask].sum() < self.min_size:
            status = TOO_SMALL
        return GraphStep(
            split.eigenvector, foreground, mask, cut.eigenvalue, status
        )

    def _part(
        self,
        split: NodeSplit,
        foreground: Mask,
        connected: Callable[[Mask], NDArray[np.int32]],
        weights: NDArray[np.float64],
    ) -> Mask:
        """The connected part of a foreground that is the mask."""
        if self.separation == 'none' or not foreground.any():
            return foreground
        labels = connected(foreground)
        inside = labels[foreground]
        x = split.eigenvector[foreground]
        if self.separation == 'peak':
            best = inside[peak(x)]
        elif self.separation == 'mean':
            counts = np.maximum(np.bincount(inside), 1)
            means = np.bincount(inside, x) / counts
            present = np.unique(inside)
            best = present[peak(means[present])]
        else:
            best = int(np.argmax(np.bincount(inside, weights[foreground])))
        return np.asarray(labels == best)
