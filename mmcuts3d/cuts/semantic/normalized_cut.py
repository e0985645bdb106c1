"""Normalized cut of the patch graph (CutS3D §3.1; Shi and Malik, 2000).

(Z - W) x = lambda Z x is solved for the second smallest eigenvalue. With
M = Z^-1/2 W Z^-1/2 that is the second largest eigenvalue of M, whose largest
eigenvector is known in closed form (Z^1/2 1) and is moved out of the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackError

from .._check import as_array, check_literal, check_range
from .eigenvector_sign import lapack_sign
from .lanczos import SMALL, Vector, leading_vectors
from .strong_edges import StrongEdges

Solver = Literal['lanczos', 'dense']


@dataclass(frozen=True)
class NormalizedCut:
    """The relaxed solution of a normalized cut.

    Attributes:
        eigenvector: (n,) float64, generalised: x' Z x = 1, sign free.
        eigenvalue: Second smallest one, in [0, 2]; 0 = separate parts.
    """

    eigenvector: Vector
    eigenvalue: float


def binarize(
    affinity: ArrayLike, tau: float, eps: float = 1e-5
) -> NDArray[np.float32]:
    """1 where the affinity exceeds `tau`, else `eps` (MaskCut).

    Args:
        affinity: (n, n) float.
        tau: Threshold in [0, 1].
        eps: Weight of the other edges, which keeps the graph connected.
            Defaults to 1e-5.

    Returns:
        (n, n) float32.
    """
    check_range('tau', tau, 0, 1)
    check_range('eps', eps, 0, 1, open_low=True)
    return np.where(
        as_array('affinity', affinity) > tau, np.float32(1), np.float32(eps)
    )


def normalized_cut(
    affinity: ArrayLike,
    tau: float,
    eps: float = 1e-5,
    solver: Solver = 'lanczos',
) -> NormalizedCut:
    """Second smallest generalised eigenvector of the binarised graph.

    Args:
        affinity: (n, n) float, symmetric, n >= 2. Of a pair that rounding
            puts on both sides of `tau`, the weaker direction counts.
        tau: Edges above it weigh 1, the others `eps`; in [0, 1].
        eps: Defaults to 1e-5.
        solver: ``'lanczos'``, iterative, or ``'dense'``, LAPACK's
            generalised solver, the reference. Defaults to 'lanczos'.

    Returns:
        :class:`NormalizedCut`. The sign of the eigenvector is free; both
        solvers give the one that LAPACK chooses. Where the second eigenvalue
        is not simple (a graph of equal, equally separated parts) any vector
        of its space is a solution.

    Raises:
        ValueError: If `affinity` is not square, symmetric and finite.
    """
    return cut_edges(StrongEdges.of_affinity(affinity, tau), eps, solver)


def cut_edges(
    edges: StrongEdges,
    eps: float = 1e-5,
    solver: Solver = 'lanczos',
    nodes: NDArray[np.bool_] | None = None,
    sign_matters: Callable[[Vector], bool] = lambda vector: True,
) -> NormalizedCut:
    """:func:`normalized_cut` of a graph whose strong edges are known.

    Args:
        edges: Of n patches.
        eps: Weight of the other edges. Defaults to 1e-5.
        solver: See :func:`normalized_cut`. Defaults to 'lanczos'.
        nodes: (n,) bool, the patches that are nodes of the graph, at least
            2; others must have no strong edge. Defaults to None: all.
        sign_matters: Asked with the eigenvector whether it is to have
            LAPACK's sign, which takes Lanczos a few more products.
            Defaults to always.

    Returns:
        :class:`NormalizedCut` of the nodes.

    Raises:
        ValueError: If there are fewer than 2 nodes, or on settings out of
            range.
    """
    check_literal('solver', solver, Solver)
    check_range('eps', eps, 0, 1, open_low=True)
    number = len(edges) if nodes is None else int(np.count_nonzero(nodes))
    if number < 2:
        raise ValueError(
            'Expected argument `affinity` to have at least 2 nodes, '
            f'but got {number}.'
        )
    if solver == 'dense' or number < SMALL:
        return _dense(edges, eps, nodes)
    return _lanczos(edges, eps, nodes, sign_matters)


def _dense(
    edges: StrongEdges, eps: float, nodes: NDArray[np.bool_] | None
) -> NormalizedCut:
    strong = edges.to_array()
    if nodes is not None:
        strong = strong[np.ix_(nodes, nodes)]
    weights = np.where(strong, 1.0, eps)
    degrees = np.diag(weights.sum(axis=1))
    values, vectors = eigh(degrees - weights, degrees, subset_by_index=[1, 1])
    return NormalizedCut(vectors[:, 0], float(values[0]))


def _lanczos(
    edges: StrongEdges,
    eps: float,
    nodes: NDArray[np.bool_] | None,
    sign_matters: Callable[[Vector], bool],
) -> NormalizedCut:
    """By :func:`leading_vectors`, the dense solver where that fails."""
    index = slice(None) if nodes is None else np.flatnonzero(nodes)
    num_strong = edges.degrees[index]
    degrees = (1 - eps) * num_strong + eps * len(num_strong)
    scale = 1 / np.sqrt(degrees)
    wide = np.zeros(len(edges))

    def normalised(vector: Vector) -> Vector:
        scaled = scale * vector
        wide[index] = scaled
        weighted = (1 - eps) * edges.product(wide)[index] + eps * scaled.sum()
        return np.asarray(scale * weighted)

    try:
        values, vectors = leading_vectors(normalised, degrees)
    except ArpackError:
        return _dense(edges, eps, nodes)
    vector = vectors[:, 0]
    solution = scale * vector
    if sign_matters(solution):
        # LAPACK sees I - M, the same basis with other diagonal entries.
        sign = lapack_sign(lambda x: x - normalised(x), vector) or 1
        solution *= sign
    return NormalizedCut(solution, float(1 - values[0]))
