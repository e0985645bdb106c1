"""Separation: how much of a mask's border parts in 3D; beyond the paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .point_cloud import Graph


def separation(mask: NDArray[np.bool_], graph: Graph, tau: float) -> float:
    """Mean distance across the border of a mask, in units of `tau`.

    Over pairs of neighbours in the grid, one inside and one outside, each at
    most 1; creases count as in the graph. Where the mask meets the frame
    nothing parts it. Close to 1 for a body, low for a piece of a surface
    that goes on: 1 / (h * tau) of a flat one, the distance of its patches,
    so that it says little on grids below 30 or so.

    Args:
        mask: (h, w) bool.
        graph: Of neighbours in the grid, under the lengths of LocalCut.
        tau: LocalCut's threshold, in sides of the image.

    Returns:
        In [0, 1]; 0 where the mask is empty.
    """
    flat = mask.ravel()
    border = flat[graph.edges[:, 0]] != flat[graph.edges[:, 1]]
    on_frame = int(mask[[0, -1]].sum() + mask[:, [0, -1]].sum())
    number = int(border.sum()) + on_frame
    parted = np.minimum(graph.lengths[border] / tau, 1)
    return float(parted.sum() / number) if number else 0.0
