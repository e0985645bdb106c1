"""Normalized cuts of a batch of graphs: the twin of ``normalized_cut.py``.

The same problem and the same solver, Lanczos on Z^-1/2 W Z^-1/2, for all
graphs of a batch together. Here the basis is kept whole and orthogonal to
the known first vector, so that nothing restarts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from torch import Tensor

from .._check import check_literal, check_range
from ..semantic import normalized_cut as reference
from ..semantic.lanczos import SMALL, TOLERANCE
from ..semantic.normalized_cut import Solver
from ..semantic.strong_edges import MAX_ODD
from .precision import binary_product
from .sign import lapack_signs
from .spatial_importance import exceeds

#: Steps after which the graphs are asked whether they have converged.
CHECKS = (8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384)


@dataclass(frozen=True)
class NormalizedCuts:
    """The relaxed solutions of a batch of normalized cuts.

    Attributes:
        eigenvectors: (B, n) float64, as of the reference; 0 at nodes that
            are not in the graph.
        eigenvalues: (B,) float64, in [0, 2].
    """

    eigenvectors: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]


def normalized_cut(
    affinity: Tensor,
    tau: float,
    eps: float = 1e-5,
    solver: Solver = 'lanczos',
    nodes: Tensor | None = None,
) -> NormalizedCuts:
    """Second smallest generalised eigenvectors of binarised graphs.

    Args:
        affinity: (B, n, n) float, symmetric, finite, on a device that has
            float64.
        tau: Edges above it weigh 1, the others `eps`; in [0, 1].
        eps: Defaults to 1e-5.
        solver: ``'lanczos'`` on the device of `affinity`, or ``'dense'``, the
            reference, graph by graph. Defaults to 'lanczos'.
        nodes: (B, n) bool, the nodes of each graph, at least 2; edges of
            others do not count. Defaults to None: all.

    Returns:
        :class:`NormalizedCuts`, on the CPU.

    Raises:
        ValueError: If `affinity` is not square, finite and symmetric, if a
            graph has fewer than 2 nodes, or on settings out of range.
    """
    check_literal('solver', solver, Solver)
    if affinity.ndim != 3 or affinity.shape[1] != affinity.shape[2]:
        raise ValueError(
            'Expected argument `affinity` to be (B, n, n), '
            f'but got shape {tuple(affinity.shape)}.'
        )
    if not bool(torch.isfinite(affinity).all()):
        raise ValueError(
            'Expected argument `affinity` to be finite, but got values that '
            'are NaN or infinite.'
        )
    strong = symmetric(exceeds(affinity, check_range('tau', tau, 0, 1)))
    if nodes is None:
        nodes = strong.new_ones(strong.shape[:2])
    elif not bool(nodes.all()):
        strong &= nodes[:, :, None] & nodes[:, None, :]
    return cut_strong(strong, nodes, eps, solver)


def symmetric(strong: Tensor) -> Tensor:
    """Check symmetry; settle the few pairs that rounding put at odds.

    Args:
        strong: (B, n, n) bool.

    Returns:
        (B, n, n) bool; of a pair at odds the weaker direction.

    Raises:
        ValueError: If a graph has more than a few of them.
    """
    both = strong & strong.mT
    counts = [torch.count_nonzero(x, dim=(1, 2)) for x in (strong, both)]
    odd = (counts[0] - counts[1]).tolist()
    limit = MAX_ODD * strong.shape[1] ** 2
    if max(odd, default=0) > limit:
        raise ValueError(
            'Expected argument `affinity` to be symmetric, '
            f'but got {max(odd)} pairs that are strong in one direction only.'
        )
    return both


def cut_strong(
    strong: Tensor,
    nodes: Tensor,
    eps: float = 1e-5,
    solver: Solver = 'lanczos',
) -> NormalizedCuts:
    """:func:`normalized_cut` of graphs whose strong edges are known.

    Args:
        strong: (B, n, n) bool or float of 0 and 1, symmetric, 0 where a
            node is not in the graph.
        nodes: (B, n) bool, at least 2 for each graph.
        eps: Weight of the other edges. Defaults to 1e-5.
        solver: See :func:`normalized_cut`. Defaults to 'lanczos'.

    Raises:
        ValueError: If a graph has fewer than 2 nodes, or on settings out of
            range.
    """
    check_range('eps', eps, 0, 1, open_low=True)
    check_literal('solver', solver, Solver)
    counts = nodes.sum(dim=1).tolist()
    if min(counts, default=2) < 2:
        raise ValueError(
            'Expected argument `nodes` to have at least 2 nodes for each '
            f'graph, but got {min(counts)}.'
        )
    vectors = np.zeros(tuple(nodes.shape))
    values = np.zeros(len(nodes))
    by_lapack = solver == 'dense'
    large = [k for k, n in enumerate(counts) if n >= SMALL and not by_lapack]
    left = sorted(set(range(len(nodes))) - set(large))
    if large:
        whole = len(large) == len(nodes)
        graphs = _Graphs(
            strong if whole else strong[large],
            nodes if whole else nodes[large],
            eps,
        )
        found, costs, converged = _lanczos(graphs)
        vectors[large], values[large] = found, costs
        # No convergence is rare: clustered eigenvalues.
        left += [
            k for k, fine in zip(large, converged, strict=True) if not fine
        ]
    for place in left:
        mask = nodes[place].cpu().numpy()
        dense = strong[place][nodes[place]][:, nodes[place]].cpu().numpy()
        cut = reference(dense.astype(np.float32), 0.5, eps, 'dense')
        vectors[place] = 0
        vectors[place, mask] = cut.eigenvector
        values[place] = cut.eigenvalue
    return NormalizedCuts(vectors, values)


class _Graphs:
    """Z^-1/2 W Z^-1/2 of a batch, as a product with vectors."""

    def __init__(self, strong: Tensor, nodes: Tensor, eps: float) -> None:
        inside = nodes.double()
        self.nodes = nodes
        self.eps = eps
        self.strong = strong.float()
        counts = self.strong.sum(dim=2).double()  # whole numbers: exact
        number = inside.sum(dim=1, keepdim=True)
        degrees = (1 - eps) * counts + eps * number
        self.scale = inside / degrees.sqrt()
        top = inside * degrees.sqrt()
        self.top = top / torch.linalg.vector_norm(top, dim=1, keepdim=True)

    def multiply(self, vectors: Tensor) -> Tensor:
        """(B, n) -> (B, n) float64; 0 stays 0 outside of the nodes."""
        scaled = self.scale * vectors
        weighted = (1 - self.eps) * binary_product(self.strong, scaled)
        weighted += self.eps * scaled.sum(dim=1, keepdim=True)
        return self.scale * weighted

    def start(self) -> Tensor:
        """That of the reference: any will do that is no eigenvector."""
        rank = self.nodes.cumsum(dim=1).double() - 1
        return self.scale * torch.cos(rank)


def _lanczos(
    graphs: _Graphs,
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[bool]]:
    """Eigenvectors (B, n), eigenvalues (B,), and which have converged.

    An image's result comes from the first check that it passes, so that it
    does not depend on how long the rest of the batch takes.
    """
    number, size = graphs.scale.shape
    basis = graphs.top[:, None]  # (B, j + 1, n); the first is known
    basis = torch.cat([basis, _orthogonal(graphs.start(), basis)[0]], dim=1)
    alphas: list[Tensor] = []
    betas: list[Tensor] = []
    found = graphs.scale.new_zeros((number, size))
    values = np.zeros(number)
    converged = [False] * number
    last = min(CHECKS[-1], int(graphs.nodes.sum(dim=1).max()) - 1)
    for step in range(1, last + 1):
        column = basis[:, step]
        product = graphs.multiply(column)
        rest, length, along = _orthogonal(product, basis)
        alphas.append(along[:, step])
        betas.append(length)
        if step in CHECKS or step == last:
            diagonal = torch.stack(alphas, dim=1).cpu().numpy()
            beside = torch.stack(betas, dim=1).cpu().numpy()
            for place in range(number):
                if converged[place]:
                    continue
                pair = _ritz(diagonal[place], beside[place])
                if pair is None:
                    continue
                values[place], weights = 1 - pair[0], pair[1]
                own = basis[place, 1 : len(weights) + 1]
                found[place] = torch.from_numpy(weights).to(own) @ own
                converged[place] = True
            if all(converged):
                break
        basis = torch.cat([basis, rest], dim=1)
    signs = lapack_signs(graphs.multiply, graphs.nodes, found)
    vectors = (graphs.scale * found).cpu().numpy()
    return signs[:, None] * vectors, values, converged


def _orthogonal(
    vectors: Tensor, basis: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What is left of vectors beside a basis, as unit vectors.

    Args:
        vectors: (B, n).
        basis: (B, j, n), orthonormal.

    Returns:
        (B, 1, n) unit vectors, (B,) their lengths before, and (B, j) what
        lay along the basis.
    """
    along = torch.zeros_like(basis[:, :, 0])
    rest = vectors
    for _ in range(2):  # twice is enough for full orthogonality
        # Sums, not products of matrices: what a library makes of those
        # depends on how many there are.
        part = (basis * rest[:, None]).sum(dim=2)
        rest = rest - (basis * part[:, :, None]).sum(dim=1)
        along = along + part
    length = torch.linalg.vector_norm(rest, dim=1)
    unit = rest / length.clamp(min=np.finfo(np.float64).tiny)[:, None]
    return unit[:, None], length, along


def _ritz(
    diagonal: NDArray[np.float64], beside: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]] | None:
    """The largest Ritz pair of a tridiagonal matrix; None if not converged.

    Args:
        diagonal: (j,).
        beside: (j,), the last is the length of what is outside.

    Returns:
        The value, and its vector (m,) in the first m vectors of the basis.
    """
    closed = np.flatnonzero(beside < TOLERANCE)  # an invariant space
    size = int(closed[0]) + 1 if len(closed) else len(diagonal)
    values, vectors = eigh_tridiagonal(
        diagonal[:size],
        beside[: size - 1],
        select='i',
        select_range=(size - 1, size - 1),
    )
    value, vector = float(values[0]), vectors[:, 0]
    smallest = float(np.finfo(np.float64).eps) ** (2 / 3)
    error = abs(beside[size - 1] * vector[-1])
    if error > TOLERANCE * max(abs(value), smallest):
        return None
    return value, np.ascontiguousarray(vector)


def has_no_structure(strong: Tensor, nodes: Tensor) -> list[bool]:
    """Whether all edges of each graph are alike; see the reference.

    Args:
        strong: (B, n, n) bool or float of 0 and 1, 0 where a node is not in
            the graph.
        nodes: (B, n) bool.
    """
    edges = strong.sum(dim=2).double().sum(dim=1)  # rows are exact in float32
    loops = strong.diagonal(dim1=1, dim2=2).sum(dim=1)
    left = nodes.sum(dim=1)
    counts = edges - loops
    alike = (counts == 0) | (counts == left * (left - 1)) | (left < 2)
    return [bool(same) for same in alike.tolist()]
