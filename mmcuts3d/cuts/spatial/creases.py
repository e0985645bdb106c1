"""Creases: concave depth edges, where the surface turns towards the camera.

Bodies are mostly convex, so that what touches meets in a concave edge, even
at equal depth (LCCP: Stein et al., CVPR 2014). Beyond CutS3D, whose LocalCut
knows gaps only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from .._check import check_range, check_unit_depth
from .point_cloud import Graph

if TYPE_CHECKING:
    from .surface import Surface


@dataclass(frozen=True, kw_only=True)
class Creases:
    """How far creases lengthen the edges of a graph; beyond the paper.

    Bodies then part where they touch, at equal depth too. Where that leaves
    no part that can be an object, creases do not count.

    Args:
        weight: Edges are longer by the factor 1 + weight * z_scale * the
            change of slope where they cross a crease. Defaults to 2.
        sigma: See :func:`creases`. Defaults to 1.
        noise: See :func:`creases`. Defaults to 5.

    Raises:
        ValueError: On a setting out of range.
    """

    weight: float = 2.0
    sigma: float = 1.0
    noise: float = 5.0

    def __post_init__(self) -> None:
        check_range('weight', self.weight, 0, open_low=True)
        check_range('sigma', self.sigma, 0, open_low=True)
        check_range('noise', self.noise, 0)

    def lengthen(
        self, graph: Graph, nodes: NDArray[np.intp], surface: Surface
    ) -> Graph:
        """The graph with longer edges across the creases of a surface.

        Args:
            graph: Graph whose nodes are patches.
            nodes: (n,) patch of each node, row-major.
            surface: Of the image.
        """
        turn = surface.creases(self.sigma, self.noise)
        return lengthen(graph, nodes, turn, self.weight * surface.z_scale)


def creases(
    depth: ArrayLike, sigma: float = 1.0, noise: float = 0.0
) -> NDArray[np.float64]:
    """How sharply the surface turns towards the camera, patch by patch.

    The most negative curvature of the smoothed depth, in any direction: a
    table in front of the box that stands on it, the valley between two cups.
    A plane, however steep, has none; nor has a convex edge, but for the two
    patches next to the frame. At a step in depth it lies on the farther side.

    Args:
        depth: (h, w) float in [0, 1], 0 = nearest, on the patch grid.
        sigma: Width of the Gaussian, in patches. Defaults to 1.
        noise: What is below so many times the median of the map is none, and
            the rest loses it in quadrature: the depth of a network has
            ripples everywhere. Defaults to 0.

    Returns:
        (h, w) float64, not negative: the change of slope across the crease,
        in depth ranges per side of the image, whatever `sigma` is from half
        a patch on.

    Raises:
        ValueError: On a depth outside [0, 1] or settings out of range.
    """
    check_range('sigma', sigma, 0, open_low=True)
    check_range('noise', noise, 0)
    surface = check_unit_depth(depth).astype(np.float64)
    height, width = surface.shape
    side = np.sqrt(height * width)
    # Round in the unit square, so that no direction of a grid is preferred.
    sigmas = (sigma * height / side, sigma * width / side)
    margin = int(4 * max(sigmas)) + 2
    # Mirrored through each border point, so that a plane goes on as a plane.
    wide = np.pad(surface, margin, mode='reflect', reflect_type='odd')
    smooth = gaussian_filter(wide, sigmas)
    # Differences, for a truncated kernel of second order sums up to no zero.
    core = slice(margin - 1, -(margin - 1))
    down = np.diff(smooth[core], 2, axis=0)[:, margin:-margin]
    right = np.diff(smooth[:, core], 2, axis=1)[margin:-margin]
    slopes = np.gradient(np.gradient(smooth, axis=0), axis=1)
    across = slopes[margin:-margin, margin:-margin] * height * width
    down, right = down * height**2, right * width**2
    lowest = (down + right) / 2 - np.hypot((down - right) / 2, across)
    # A jump of slope by s has a curvature of s / (sigma sqrt(2 pi)) at most.
    turn = np.maximum(-lowest, 0) * sigma / side * np.sqrt(2 * np.pi)
    ripples = noise * np.median(turn)
    return np.asarray(np.sqrt(np.maximum(turn**2 - ripples**2, 0)))


def lengthen(
    graph: Graph,
    nodes: NDArray[np.intp],
    turn: NDArray[np.float64],
    weight: float,
) -> Graph:
    """The graph with edges longer by the factor 1 + `weight` x crease crossed.

    Args:
        graph: Graph whose nodes are patches.
        nodes: (n,) patch of each node, row-major.
        turn: (h, w) float, :func:`creases`.
        weight: Not negative; 0 leaves the lengths.
    """
    width = turn.shape[1]
    rows, columns = np.divmod(nodes, width)
    tails, heads = graph.edges.T
    # An edge of two patches' length can step over a crease of one.
    middle_row = (rows[tails] + rows[heads]) // 2
    middle_column = (columns[tails] + columns[heads]) // 2
    flat = turn.ravel()[nodes]
    crossed = np.maximum(
        np.maximum(flat[tails], flat[heads]), turn[middle_row, middle_column]
    )
    return Graph(
        graph.num_nodes, graph.edges, graph.lengths * (1 + weight * crossed)
    )
