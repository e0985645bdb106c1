"""Normalized cut of the patch graph (CutS3D §3.1; Shi and Malik, 2000).

(Z - W) x = lambda Z x is solved for the second smallest eigenvalue. With
M = Z^-1/2 W Z^-1/2 that is the second largest eigenvalue of M, whose largest
eigenvector is known in closed form (Z^1/2 1) and is moved out of the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from ._check import as_array, check_choice, check_range

SOLVERS = ('lanczos', 'dense')
SMALL = 32  # nodes below which a Krylov space is the whole space


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
    solver: str = 'lanczos',
) -> NormalizedCut:
    """Second smallest generalised eigenvector of the binarised graph.

    Args:
        affinity: (n, n) float, symmetric, n >= 2.
        tau: Edges above it weigh 1, the others `eps`; in [0, 1].
        eps: Defaults to 1e-5.
        solver: ``'lanczos'``, iterative, or ``'dense'``, LAPACK's
            generalised solver, the reference. Defaults to 'lanczos'.

    Returns:
        :class:`NormalizedCut`. The sign of the eigenvector is free. Where
        the second eigenvalue is not simple (a graph of equal, equally
        separated parts) any vector of its space is a solution.

    Raises:
        ValueError: If `affinity` is not square, symmetric and finite.
    """
    check_choice('solver', solver, SOLVERS)
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
    strong = matrix > check_range('tau', tau, 0, 1)
    check_range('eps', eps, 0, 1, open_low=True)
    if solver == 'dense' or len(strong) < SMALL:
        return _dense(strong, eps)
    return _lanczos(strong, eps)


def _dense(strong: NDArray[np.bool_], eps: float) -> NormalizedCut:
    weights = np.where(strong, 1.0, eps)
    degrees = np.diag(weights.sum(axis=1))
    values, vectors = eigh(degrees - weights, degrees, subset_by_index=[1, 1])
    return NormalizedCut(vectors[:, 0], float(values[0]))


def _lanczos(strong: NDArray[np.bool_], eps: float) -> NormalizedCut:
    """Lanczos on M - 2 u u', u = Z^1/2 1 / |.|: u's eigenvalue is then -1."""
    number = len(strong)
    # The matrix of ones and zeros is exact in float32; vectors stay float64
    # where the answer is settled (CutLER #71: float32 gives other masks).
    ones = strong.astype(np.float32)
    degrees = (1 - eps) * strong.sum(axis=1) + eps * number
    scale = 1 / np.sqrt(degrees)
    top = np.sqrt(degrees)
    top /= np.linalg.norm(top)

    def operator(dtype: type) -> LinearOperator:
        matrix = ones.astype(dtype, copy=False)

        def multiply(vector: NDArray[np.floating]) -> NDArray[np.floating]:
            vector = vector.ravel()
            scaled = scale * vector
            product = (1 - eps) * (matrix @ scaled.astype(dtype))
            product = scale * (product + eps * scaled.sum())
            return product - 2 * (top @ vector) * top

        return LinearOperator(
            (number, number), matvec=multiply, dtype=np.dtype(dtype)
        )

    start = scale * np.cos(np.arange(number))
    try:
        _, rough = eigsh(
            operator(np.float32), k=1, which='LA', v0=start, tol=1e-4
        )
        values, vectors = eigsh(
            operator(np.float64), k=1, which='LA', v0=rough[:, 0], tol=1e-10
        )
    except ArpackError:  # no convergence: rare, clustered eigenvalues
        return _dense(strong, eps)
    return NormalizedCut(scale * vectors[:, 0], float(1 - values[0]))
