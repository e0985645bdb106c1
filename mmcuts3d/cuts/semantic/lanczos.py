"""The Krylov engine of normalized cuts: leading vectors of M but the first.

With M = Z^-1/2 W Z^-1/2 the smallest eigenvalues of the cut are the largest of
M. The very largest has a vector that is known, Z^1/2 1: it is moved to the
other end of the spectrum, where the solver does not look.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

SMALL = 32  # nodes below which a Krylov space is the whole space
TOLERANCE = 1e-12  # of the eigenvalue, relative

Vector = NDArray[np.float64]


def leading_vectors(
    multiply: Callable[[Vector], Vector],
    degrees: NDArray[np.floating],
    k: int = 1,
) -> tuple[Vector, NDArray[np.float64]]:
    """Largest eigenvalues of M, without its first, and their vectors.

    Lanczos on M - 2 u u', u = Z^1/2 1 / |.|: u's eigenvalue is then -1. In
    float64 throughout: float32 gives other masks (CutLER #71).

    Args:
        multiply: Product of M with a vector (n,).
        degrees: (n,) the diagonal of Z, above 0.
        k: Number of vectors, below n - 1. Defaults to 1.

    Returns:
        (k,) eigenvalues of M, falling, and (n, k) unit vectors, sign free.

    Raises:
        ArpackError: Where it does not converge: rare, clustered eigenvalues.
    """
    number = len(degrees)
    scale = 1 / np.sqrt(degrees)
    top = np.sqrt(degrees)
    top /= np.linalg.norm(top)

    def deflated(vector: Vector) -> Vector:
        vector = vector.ravel()
        return np.asarray(multiply(vector) - 2 * (top @ vector) * top)

    operator = LinearOperator(
        (number, number), matvec=deflated, dtype=np.float64
    )
    # Any start will do that is no eigenvector; a fixed one repeats.
    start = scale * np.cos(np.arange(number))
    values, vectors = eigsh(operator, k=k, which='LA', v0=start, tol=TOLERANCE)
    order = np.argsort(-values, kind='stable')
    return values[order], vectors[:, order]
