"""Orthographic point cloud of a depth map, and its k-NN graph (CutS3D §3.2).

Depth is relative, so the projection is orthographic: x and y come from the
patch grid in a unit square, z is the scaled depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from .._check import (
    check_count,
    check_literal,
    check_points,
    check_range,
    check_unit_depth,
)

Pooling = Literal['median', 'mean']
SAMPLES = 5


@dataclass(frozen=True)
class Graph:
    """An undirected graph with lengths.

    Attributes:
        num_nodes: Number of nodes.
        edges: (m, 2) int, each edge once, first index below the second.
        lengths: (m,) float64, Euclidean length of each edge.
    """

    num_nodes: int
    edges: NDArray[np.intp]
    lengths: NDArray[np.float64]

    def within(self, tau: float) -> Graph:
        """The graph without the edges longer than `tau`."""
        keep = self.lengths <= tau
        return Graph(self.num_nodes, self.edges[keep], self.lengths[keep])


def pool_depth(
    depth: ArrayLike,
    grid_shape: tuple[int, int],
    pooling: Pooling = 'median',
) -> NDArray[np.float32]:
    """Bring a depth map to the patch grid.

    Args:
        depth: (H, W) float in [0, 1], 0 = nearest.
        grid_shape: (h, w) of the grid.
        pooling: ``'median'`` of 5 x 5 samples of a cell keeps every patch on
            a surface; ``'mean'`` of the cell puts the patches of a border
            between two surfaces, where they bridge the gap that LocalCut is
            to cut. Not stated in the paper. Defaults to 'median'.

    Returns:
        (h, w) float32. A map that has the size of the grid stays as it is.

    Raises:
        ValueError: If `depth` is not a finite map in [0, 1].
    """
    check_literal('pooling', pooling, Pooling)
    array = check_unit_depth(depth)
    if array.shape == tuple(grid_shape):
        return array
    if pooling == 'median':
        return _cell_median(array, grid_shape)
    pooled = cell_means(array.astype(np.float64), grid_shape)
    return np.clip(pooled, 0, 1).astype(np.float32)


def cell_means(
    pixels: NDArray[np.float64], grid_shape: tuple[int, int]
) -> NDArray[np.float64]:
    """(h, w) means of the cells of a grid over an array (H, W)."""
    rows = _overlap(pixels.shape[0], grid_shape[0])
    columns = _overlap(pixels.shape[1], grid_shape[1])
    return np.asarray(rows @ pixels @ columns.T)


def _cell_median(
    depth: NDArray[np.float32], grid_shape: tuple[int, int]
) -> NDArray[np.float32]:
    """An odd number of samples per cell, so that the median is one of them."""
    height, width = grid_shape
    rows = _sample(depth.shape[0], height)
    columns = _sample(depth.shape[1], width)
    samples = depth[rows[:, None], columns[None, :]]
    cells = samples.reshape(height, SAMPLES, width, SAMPLES)
    return np.asarray(np.median(cells, axis=(1, 3)), np.float32)


def _sample(size: int, cells: int) -> NDArray[np.intp]:
    """Pixels to look at: the second half mirrors the first."""
    number = cells * SAMPLES
    places = ((np.arange(number) + 0.5) / number * size).astype(np.intp)
    half = number // 2
    places[number - half :] = size - 1 - places[:half][::-1]
    return places


def _overlap(size: int, cells: int) -> NDArray[np.float64]:
    """(cells, size): the share of each cell that each pixel covers."""
    edges = np.linspace(0, size, cells + 1)
    pixels = np.arange(size)
    low = np.maximum(edges[:-1, None], pixels[None])
    high = np.minimum(edges[1:, None], pixels[None] + 1)
    share = np.clip(high - low, 0, None)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def point_cloud(depth: ArrayLike, z_scale: float = 3.0) -> NDArray[np.float64]:
    """Unproject a depth map orthographically.

    Args:
        depth: (h, w) float in [0, 1], 0 = nearest.
        z_scale: Length of the depth range, in units of the image's side.
            Not stated in the paper; too small joins neighbours, too large
            tears slanted surfaces. Defaults to 3.

    Returns:
        (h*w, 3) float64, row-major: x to the right and y down, both in
        [-0.5, 0.5), z away from the camera in [0, z_scale].

    Raises:
        ValueError: On a depth outside [0, 1] or a negative `z_scale`.
    """
    check_range('z_scale', z_scale, 0)
    depth = check_unit_depth(depth)
    height, width = depth.shape
    rows, columns = np.mgrid[:height, :width]
    points = np.stack(
        [
            columns / width - 0.5,
            rows / height - 0.5,
            z_scale * depth.astype(np.float64),
        ],
        axis=-1,
    )
    return points.reshape(-1, 3)


def knn_graph(points: ArrayLike, k: int = 16) -> Graph:
    """Connect every point with its k nearest neighbours.

    Args:
        points: (n, 3) float.
        k: Neighbours per point, not stated in the paper; fewer where there
            are not k other points. Defaults to 16.

    Returns:
        :class:`Graph` over the n points; an edge stands once even where
        both ends name each other.

    Raises:
        ValueError: If `points` is not (n, 3) or `k` is below 1.
    """
    check_count('k', k)
    array = check_points(points)
    number = len(array)
    k = min(k, number - 1)
    if k < 1:
        return Graph(number, np.zeros((0, 2), np.intp), np.zeros(0))
    # A point is its own nearest neighbour, save among duplicates; asking
    # for one more and removing loops covers both.
    _, neighbours = cKDTree(array).query(array, k=k + 1)
    from ._kernels import unique_edges

    edges = np.stack(unique_edges(neighbours), axis=1)
    difference = array[edges[:, 0]] - array[edges[:, 1]]
    return Graph(number, edges, np.linalg.norm(difference, axis=1))


def grid_graph(points: ArrayLike, grid_shape: tuple[int, int]) -> Graph:
    """Connect every point with the one to its right and the one below it.

    Args:
        points: (h*w, 3) float, row-major.
        grid_shape: (h, w).

    Returns:
        :class:`Graph` over the h*w points.
    """
    array = check_points(points, grid_shape[0] * grid_shape[1])
    index = np.arange(len(array)).reshape(grid_shape)
    edges = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], axis=1),
            np.stack([index[:-1].ravel(), index[1:].ravel()], axis=1),
        ]
    )
    difference = array[edges[:, 0]] - array[edges[:, 1]]
    return Graph(len(array), edges, np.linalg.norm(difference, axis=1))
