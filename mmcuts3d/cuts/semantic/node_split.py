"""Two sides of the nodes of a graph, whether they lie on a grid or not.

What the bipartition of a patch grid and the cuts of any other graph share:
the nodes above the mean, the side that is foreground, the seed, and the
connected part of the foreground. Which side it is, and what is connected, are
arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .._check import as_array
from ..pixel_masks import peak

Mask = NDArray[np.bool_]
#: Takes a mask of the nodes and numbers its connected parts from 1; 0 outside.
Connectivity = Callable[[Mask], NDArray[np.int32]]


@dataclass(frozen=True)
class NodeSplit:
    """Two sides of a graph; all arrays have the shape of the nodes.

    Attributes:
        foreground: bool, the whole side that was chosen.
        background: bool, the other side.
        seed: Flat index of the largest value of the eigenvector on the
            foreground's side.
        eigenvector: float, signed so that the foreground is high.
    """

    foreground: Mask
    background: Mask
    seed: int
    eigenvector: NDArray[np.floating[Any]]


def split_at_mean(
    eigenvector: NDArray[np.floating[Any]],
    turn: Callable[[Mask], bool],
    left: Mask | None = None,
) -> NodeSplit:
    """The sides above and below the mean of an eigenvector.

    Args:
        eigenvector: float, a value for each node, of any shape.
        turn: Asked with the nodes above the mean whether they are background
            after all, so that the others are foreground.
        left: bool, the nodes that are in the graph; others are on no side,
            and get the least value of the eigenvector. Defaults to None: all.
    """
    x = eigenvector
    foreground = above_mean(x, left)
    if turn(foreground):
        x, foreground = -x, ~foreground
    background = ~foreground
    if left is not None:
        foreground &= left
        background &= left
        x = np.where(left, x, x[left].min())
    return NodeSplit(foreground, background, peak(x), x)


def above_mean(x: NDArray[np.floating[Any]], left: Mask | None = None) -> Mask:
    """The nodes above the mean of those that are left."""
    if left is None:
        return np.asarray(x > x.mean())
    return np.asarray((x > x[left].mean()) & left)


def part_of(mask: Mask, seed: int, connectivity: Connectivity) -> Mask:
    """The connected part of a mask that holds a node.

    Args:
        mask: bool, of the nodes.
        seed: Flat index of the node.
        connectivity: See :data:`Connectivity`.

    Returns:
        bool; empty where the seed lies outside the mask (a constant
        eigenvector).
    """
    labels = connectivity(mask)
    return np.asarray(mask & (labels == labels.flat[seed]))


def edge_connectivity(edges: ArrayLike, number: int) -> Connectivity:
    """Nodes are connected where edges join them.

    Args:
        edges: (e, 2) int, pairs of nodes, in any order.
        number: Of nodes.

    Returns:
        :data:`Connectivity` of masks (number,).

    Raises:
        ValueError: If edges are not (e, 2), or name other nodes.
    """
    pairs = as_array('edges', edges)
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise ValueError(
            'Expected argument `edges` to be (e, 2), pairs of nodes, '
            f'but got shape {pairs.shape}.'
        )
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < number:
        raise ValueError(
            f'Expected argument `edges` to name nodes 0 to {number - 1}, '
            f'but got {pairs.min()} to {pairs.max()}.'
        )

    def connected(mask: Mask) -> NDArray[np.int32]:
        kept = pairs[mask[pairs].all(axis=1)]
        graph = coo_array(
            (np.ones(len(kept), bool), (kept[:, 0], kept[:, 1])),
            shape=(number, number),
        )
        _, labels = connected_components(graph, directed=False)
        return np.where(mask, labels + 1, 0).astype(np.int32)

    return connected
