"""VoteCut's proposals: what one network says of an image.

One normalized cut of its features, the eigenvector clustered into k values
for several k, and the connected parts of each cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from .._check import check_count, check_literal, check_range
from ..pixel_masks import box_of
from ..semantic.auto_threshold import auto_threshold
from ..semantic.bipartition import num_corners, orient
from ..semantic.normalized_cut import Solver, cut_edges
from ..semantic.semantic_cut import has_no_structure
from ..semantic.strong_edges import StrongEdges
from .kmeans import kmeans_1d

Scaling = Literal['symmetric', 'generalised']


@dataclass(frozen=True)
class Proposals:
    """The proposals of one network for an image.

    Attributes:
        masks: (n, h, w) bool, on the grid of the network.
        eigenvector: (h, w) float, its largest magnitude above the mean.
        eigenvalue: In [0, 2], what the normalized cut costs; NaN where the
            features have no structure, and so no proposals.
    """

    masks: NDArray[np.bool_]
    eigenvector: NDArray[np.floating]
    eigenvalue: float


@dataclass(frozen=True, kw_only=True)
class ProposalCut:
    """How the proposals are cut out of the features of one network.

    The numbers are those of CuVLER's published code, where nothing else is
    said.

    Args:
        tau_ncut: Threshold of the affinity, in [0, 1], the same for all
            networks; or, beyond the paper, ``'auto'``, see
            :func:`~mmcuts3d.cuts.semantic.auto_threshold.auto_threshold`.
            Defaults to 0.15.
        eps: Weight of edges below it. Defaults to 1e-5.
        scaling: Which eigenvector is clustered: ``'symmetric'``, that of
            Z^-½ (Z − W) Z^-½, as the published code does, or
            ``'generalised'``, that of (Z − W) x = λ Z x, as MaskCut does;
            the first is the second times √Z. Defaults to 'symmetric'.
        ks: Numbers of clusters; each makes proposals of its own. Defaults to
            (2, 3).
        max_corners: A cluster that holds more corners of the image is
            background. Defaults to 1.
        max_parts: A cluster of more 4-connected parts is noise. Defaults to
            30.
        min_side: A part with both sides of its box below it, in patches of
            the network, is no proposal. Defaults to 5.
        solver: See :func:`~mmcuts3d.cuts.normalized_cut`. Defaults to
            'lanczos'.

    Raises:
        ValueError: On a setting out of range.
    """

    tau_ncut: float | Literal['auto'] = 0.15
    eps: float = 1e-5
    scaling: Scaling = 'symmetric'
    ks: Sequence[int] = (2, 3)
    max_corners: int = 1
    max_parts: int = 30
    min_side: int = 5
    solver: Solver = 'lanczos'

    def __post_init__(self) -> None:
        if self.tau_ncut != 'auto':
            check_range('tau_ncut', self.tau_ncut, 0, 1)
        check_range('eps', self.eps, 0, 1, open_low=True)
        check_literal('scaling', self.scaling, Scaling)
        check_literal('solver', self.solver, Solver)
        object.__setattr__(self, 'ks', _check_ks(self.ks))
        check_count('max_corners', self.max_corners, 0)
        check_count('max_parts', self.max_parts)
        check_count('min_side', self.min_side)

    def __call__(self, features: NDArray[np.float32]) -> Proposals:
        """The proposals of features (C, h, w)."""
        grid = features.shape[1:]
        tau = self.tau_ncut
        if tau == 'auto':
            tau = auto_threshold(features)
        edges = StrongEdges.of_features(features, tau)
        if has_no_structure(edges, np.zeros(grid, bool)):
            return Proposals(
                np.zeros((0, *grid), bool), np.zeros(grid), np.nan
            )
        # The clusters do not depend on the sign that LAPACK would give.
        cut = cut_edges(
            edges, self.eps, self.solver, sign_matters=lambda vector: False
        )
        x = cut.eigenvector
        if self.scaling == 'symmetric':
            degrees = (1 - self.eps) * edges.degrees + self.eps * len(edges)
            x = np.sqrt(degrees) * x
        vector, _ = orient(x.reshape(grid))
        masks = [
            part
            for k in self.ks
            for part in self._parts(kmeans_1d(vector.ravel(), k).reshape(grid))
        ]
        stacked = np.array(masks, bool).reshape(-1, *grid)
        return Proposals(stacked, vector, cut.eigenvalue)

    def _parts(self, clusters: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
        """The parts of all clusters (h, w) that may be objects."""
        found: list[NDArray[np.bool_]] = []
        for cluster in range(int(clusters.max()) + 1):
            side = clusters == cluster
            if num_corners(side) > self.max_corners:
                continue
            parts, number = label(side)
            if number > self.max_parts:
                continue
            for part in range(1, number + 1):
                mask = np.asarray(parts == part)
                x1, y1, x2, y2 = box_of(mask)
                if max(x2 - x1, y2 - y1) >= self.min_side:
                    found.append(mask)
        return found


def _check_ks(ks: Any) -> tuple[int, ...]:
    counts = list(ks) if isinstance(ks, (list, tuple)) else []
    if not counts or len(set(counts)) != len(counts):
        raise ValueError(
            'Expected argument `ks` to be a list of different numbers of '
            f'clusters, but got {ks!r}.'
        )
    return tuple(check_count('ks', k, 2) for k in counts)
