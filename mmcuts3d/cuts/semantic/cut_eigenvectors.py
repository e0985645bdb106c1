"""Several eigenvectors of a patch graph whose edges keep their weights.

What k-way spectral clustering starts from (Ng, Jordan and Weiss, 2002; of
patches: Melas-Kyriazi et al., 2022; Engstler et al., 2023, §3). The engine is
that of :func:`normalized_cut`, which asks for one vector of a graph of two
weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackError

from .._check import check_affinity, check_count, check_literal, check_range
from .lanczos import SMALL, leading_vectors
from .normalized_cut import Solver
from .strong_edges import StrongEdges

Negative = Literal['zero', 'shift']
ASYMMETRY = 1e-5  # what rounding may do to a cosine


@dataclass(frozen=True)
class CutEigenvectors:
    """The first k solutions of (Z - W) x = lambda Z x.

    Attributes:
        eigenvectors: (k, n) float64, generalised: x' Z x = 1 each, the first
            constant. The largest magnitude of each is positive.
        eigenvalues: (k,) float64, rising from 0, in [0, 2].
        degrees: (n,) float64, the diagonal of Z.
    """

    eigenvectors: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    degrees: NDArray[np.float64]


def graph_weights(
    affinity: ArrayLike,
    tau: float | None = None,
    eps: float = 1e-5,
    negative: Negative = 'zero',
) -> NDArray[np.float64]:
    """Weights of the edges of a graph, of the cosines of its nodes.

    A cut adds up weights, and Z has to be positive, so that no weight may be
    negative: Z - W would have negative eigenvalues, and "smallest" no meaning.

    Args:
        affinity: (n, n) float, symmetric, cosines.
        tau: None to keep the weights; a threshold in [0, 1] for the graph of
            two weights of :func:`normalized_cut`. Defaults to None.
        eps: The least weight, which keeps the graph connected, patches
            without features too. Defaults to 1e-5.
        negative: What a negative cosine becomes: ``'zero'``, as in
            Melas-Kyriazi et al. (2022), where unlike and opposite patches
            are one and the same, none at all; or ``'shift'``, (1 + cosine)
            / 2 for all of them, which keeps their order, but joins unlike
            patches with half of the weight. Defaults to 'zero'.

    Returns:
        (n, n) float64 in [eps, 1], symmetric, row by row.

    Raises:
        ValueError: If `affinity` is not square, symmetric, finite and in
            [-1, 1], or a setting out of range.
    """
    check_literal('negative', negative, Negative)
    check_range('eps', eps, 0, 1, open_low=True)
    if tau is not None:
        strong = StrongEdges.of_affinity(affinity, tau).to_array()
        return np.where(strong, 1.0, eps)
    cosines = _check_cosines(affinity)
    weights = 0.5 * (cosines + cosines.T)
    if negative == 'shift':
        weights = 0.5 * (1 + weights)
    return np.clip(weights, eps, 1, out=weights)


def cut_eigenvectors(
    affinity: ArrayLike,
    k: int = 2,
    tau: float | None = None,
    eps: float = 1e-5,
    negative: Negative = 'zero',
    solver: Solver = 'lanczos',
) -> CutEigenvectors:
    """First k generalised eigenvectors of a graph, weighted or not.

    The second one of the graph with a threshold is that of
    :func:`normalized_cut`.

    Args:
        affinity: (n, n) float, symmetric, cosines, n >= 2.
        k: Number of eigenvectors, the constant one included; 1 to n.
            Defaults to 2.
        tau: See :func:`graph_weights`. Defaults to None: weights are kept.
        eps: See :func:`graph_weights`. Defaults to 1e-5.
        negative: See :func:`graph_weights`. Defaults to 'zero'.
        solver: ``'lanczos'``, iterative, or ``'dense'``, LAPACK's, the
            reference. Defaults to 'lanczos'.

    Returns:
        :class:`CutEigenvectors`. Of an eigenvalue that is there several
        times any basis of its space is a solution.

    Raises:
        ValueError: If `affinity` is not square, symmetric, finite and in
            [-1, 1], `k` out of range, or a setting not known.
    """
    check_literal('solver', solver, Solver)
    weights = graph_weights(affinity, tau, eps, negative)
    number = len(weights)
    check_count('k', k)
    if number < 2 or k > number:
        raise ValueError(
            'Expected argument `affinity` to have at least 2 nodes and `k` to '
            f'be no more than it has, but got {number} and {k}.'
        )
    degrees = weights.sum(axis=1)
    scale = 1 / np.sqrt(degrees)
    symmetric = weights
    symmetric *= scale[:, None]
    symmetric *= scale
    if solver == 'dense' or number < max(SMALL, 4 * k):
        values, vectors = _dense(symmetric, k)
    else:
        values, vectors = _lanczos(symmetric, degrees, k)
    return CutEigenvectors(_signed(vectors * scale[:, None]), values, degrees)


def _dense(matrix: NDArray[np.float64], k: int) -> tuple[Any, Any]:
    """The k largest of M by LAPACK, as values of I - M."""
    number = len(matrix)
    values, vectors = eigh(matrix, subset_by_index=[number - k, number - 1])
    return np.clip(1 - values[::-1], 0, 2), vectors[:, ::-1]


def _lanczos(
    matrix: NDArray[np.float64], degrees: NDArray[np.float64], k: int
) -> tuple[Any, Any]:
    first = np.sqrt(degrees)
    first = (first / np.linalg.norm(first))[:, None]
    if k == 1:
        return np.zeros(1), first
    try:
        found = leading_vectors(lambda vector: matrix @ vector, degrees, k - 1)
    except ArpackError:
        return _dense(matrix, k)
    values = np.concatenate([[0.0], 1 - found[0]])
    return np.clip(values, 0, 2), np.hstack([first, found[1]])


def _signed(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, k) -> (k, n), the largest magnitude of each positive."""
    rows = np.ascontiguousarray(vectors.T)
    peaks = np.abs(rows).argmax(axis=1)
    signs = np.sign(rows[np.arange(len(rows)), peaks])
    return np.asarray(rows * np.where(signs == 0, 1, signs)[:, None])


def _check_cosines(affinity: ArrayLike) -> NDArray[np.float64]:
    """(n, n) float64 of an affinity, or ValueError."""
    matrix = check_affinity(affinity)
    matrix = matrix.astype(np.float64)
    largest = float(np.abs(matrix).max(initial=0))
    if largest > 1 + ASYMMETRY:
        raise ValueError(
            'Expected argument `affinity` to hold cosines, in [-1, 1], '
            f'but got values up to {largest:.4g}.'
        )
    odd = float(np.abs(matrix - matrix.T).max(initial=0))
    if odd > ASYMMETRY:
        raise ValueError(
            'Expected argument `affinity` to be symmetric, '
            f'but got pairs that differ by {odd:.4g}.'
        )
    return matrix
