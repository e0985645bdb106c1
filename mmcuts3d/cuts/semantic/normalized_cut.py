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
from scipy.linalg.blas import dsymv
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from .._check import as_array, check_literal, check_range
from .eigenvector_sign import lapack_sign

Solver = Literal['lanczos', 'dense']
SMALL = 32  # nodes below which a Krylov space is the whole space
SPARSE = 0.02  # share of strong edges below which a sparse matrix is faster
TOLERANCE = 1e-12  # of the eigenvalue, relative
MAX_ODD = 1e-4  # share of pairs that rounding at the threshold may put at odds
TILE = 512

Product = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class NormalizedCut:
    """The relaxed solution of a normalized cut.

    Attributes:
        eigenvector: (n,) float64, generalised: x' Z x = 1, sign free.
        eigenvalue: Second smallest one, in [0, 2]; 0 = separate parts.
    """

    eigenvector: NDArray[np.float64]
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
    check_literal('solver', solver, Solver)
    matrix = as_array('affinity', affinity)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            'Expected argument `affinity` to be square, '
            f'but got shape {matrix.shape}.'
        )
    if matrix.shape[0] < 2:
        raise ValueError(
            'Expected argument `affinity` to have at least 2 nodes, '
            f'but got {matrix.shape[0]}.'
        )
    if not np.isfinite(matrix).all():
        raise ValueError(
            'Expected argument `affinity` to be finite, '
            'but got values NaN or infinite.'
        )
    strong = _symmetric(matrix > check_range('tau', tau, 0, 1))
    check_range('eps', eps, 0, 1, open_low=True)
    if solver == 'dense' or len(strong) < SMALL:
        return _dense(strong, eps)
    return _lanczos(strong, eps)


def _symmetric(strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Check symmetry; settle the few pairs that rounding put at odds."""
    number = len(strong)
    starts = range(0, number, TILE)
    # Tile by tile: the transpose of the whole would miss every cache line.
    tiles = [(i, j) for i in starts for j in starts if j <= i]
    odd = sum(
        np.count_nonzero(
            strong[i : i + TILE, j : j + TILE]
            != strong[j : j + TILE, i : i + TILE].T
        )
        // (2 if i == j else 1)  # a tile on the diagonal shows pairs twice
        for i, j in tiles
    )
    if odd > MAX_ODD * number**2:
        raise ValueError(
            'Expected argument `affinity` to be symmetric, '
            f'but got {odd} pairs that are strong in one direction only.'
        )
    return strong & strong.T if odd else strong


def _dense(strong: NDArray[np.bool_], eps: float) -> NormalizedCut:
    weights = np.where(strong, 1.0, eps)
    degrees = np.diag(weights.sum(axis=1))
    values, vectors = eigh(degrees - weights, degrees, subset_by_index=[1, 1])
    return NormalizedCut(vectors[:, 0], float(values[0]))


def _lanczos(strong: NDArray[np.bool_], eps: float) -> NormalizedCut:
    """Lanczos on M - 2 u u', u = Z^1/2 1 / |.|: u's eigenvalue is then -1.

    In float64 throughout: float32 gives other masks (CutLER #71).
    """
    number = len(strong)
    degrees = (1 - eps) * np.count_nonzero(strong, axis=1) + eps * number
    scale = 1 / np.sqrt(degrees)
    top = np.sqrt(degrees)
    top /= np.linalg.norm(top)
    product = _product(strong)

    def normalised(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = scale * vector
        weighted = (1 - eps) * product(scaled) + eps * scaled.sum()
        return np.asarray(scale * weighted)

    def deflated(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = vector.ravel()
        return np.asarray(normalised(vector) - 2 * (top @ vector) * top)

    operator = LinearOperator(
        (number, number), matvec=deflated, dtype=np.float64
    )
    # Any start will do that is no eigenvector; a fixed one repeats.
    start = scale * np.cos(np.arange(number))
    try:
        values, vectors = eigsh(
            operator, k=1, which='LA', v0=start, tol=TOLERANCE
        )
    except ArpackError:  # no convergence: rare, clustered eigenvalues
        return _dense(strong, eps)
    vector = vectors[:, 0]
    # LAPACK sees I - M, the same basis with other diagonal entries.
    sign = lapack_sign(lambda x: x - normalised(x), vector) or 1
    return NormalizedCut(sign * scale * vector, float(1 - values[0]))


def _product(strong: NDArray[np.bool_]) -> Product:
    """x -> strong @ x, by the cheapest way there is for the matrix."""
    if np.count_nonzero(strong) < SPARSE * strong.size:
        sparse = csr_array(strong, dtype=np.float64)
        return lambda x: np.asarray(sparse @ x)
    # BLAS reads half of a symmetric matrix, and memory is what this waits
    # for. The transpose of C order is the Fortran order it wants.
    matrix = strong.astype(np.float64).T
    return lambda x: np.asarray(dsymv(1.0, matrix, x))
