"""The sign that LAPACK gives the eigenvector of a normalized cut.

MaskCut's published corner rule depends on it (see :func:`bipartition`). It is
found here without the dense solver: LAPACK brings the matrix to tridiagonal
form by Householder reflections and makes the largest entry of the
eigenvector in that basis positive (dsytrd, dstein). The same basis comes out
of a Lanczos process started at the first unit vector, save for the signs of
its vectors, which the reflections tell. A few dozen steps hold the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
MAX_STEPS = 400


def lapack_sign(
    multiply: Callable[[Vector], Vector], eigenvector: Vector
) -> int | None:
    """+1 if LAPACK would return this eigenvector, -1 if its negative.

    Args:
        multiply: Product with the symmetric matrix whose eigenvector is
            sought.
        eigenvector: (n,) unit vector, of that matrix.

    Returns:
        The sign; None where it is not clear after 400 steps, as with an
        eigenvector that is 0 at the first node.
    """
    steps = sign_steps(eigenvector)
    try:
        column = next(steps)
        while True:
            column = steps.send(multiply(column))
    except StopIteration as end:
        sign: int | None = end.value
        return sign


def sign_steps(
    eigenvector: Vector,
) -> Generator[Vector, Vector, int | None]:
    """:func:`lapack_sign` for somebody who multiplies many at a time.

    Args:
        eigenvector: (n,) unit vector.

    Yields:
        (n,) vectors, to each of which the product with the matrix is sent.

    Returns:
        As of :func:`lapack_sign`.
    """
    number = len(eigenvector)
    column: Vector = np.zeros(number)
    column[0] = 1.0
    basis = np.zeros((MAX_STEPS, number))
    reflections: list[tuple[Vector, float]] = []
    entries: list[float] = []
    for step in range(min(MAX_STEPS, number - 1)):
        basis[step] = column
        entries.append(float(column @ eigenvector))
        left = 1.0 - float(np.square(entries).sum())
        largest = max(entries, key=abs)
        # What is left is too little to hold a larger entry.
        if left < largest**2:
            return 1 if largest > 0 else -1
        known = basis[: step + 1]
        rest = yield column
        for _ in range(2):  # twice is enough for full orthogonality
            rest = np.asarray(rest - known.T @ (known @ rest))
        length = float(np.linalg.norm(rest))
        if length < 1e-12:
            return None
        reflected = rest.copy()
        for vector, factor in reflections:
            reflected -= factor * (vector @ reflected) * vector
        reflected[: step + 1] = 0.0
        alpha = reflected[step + 1]
        beta = -length if alpha >= 0 else length
        reflected[step + 1] -= beta
        reflections.append((reflected, 2.0 / float(reflected @ reflected)))
        column = rest / beta
    return None
