"""How far the depth of an image is trusted, by its noise; beyond the paper.

LocalCut parts what lies further apart than tau_knn. Where neighbours lie as
far apart because depth is noisy, it tears bodies to pieces; so the point cloud
is made as flat as the noise demands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_range, check_unit_depth

#: Points whose height is compared are so far apart, in sides of the grid: two
#: patches of 60, for blurred noise too is noise.
REACH = 1 / 30
#: Values of depth below which it has bodies rather than levels.
FEWEST_LEVELS = 8
#: Share of the points that lie off the middle of others, where levels are not
#: those of a plane on the grid.
LEAST_BENT = 0.1
#: In float32 equal levels differ by less.
ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class DepthTrust:
    """Flattens the point cloud until noise of depth parts nothing.

    Creases and the min-cut, which find borders in noise too, count only from a
    trust of 0.8 on; sharpening counts as far as depth does. Trust of nearly 0
    leaves a cut by semantics alone.

    Args:
        noise: Length in the point cloud, in sides of the image, up to which
            noise of depth (:func:`depth_noise`) is none: the bends of bodies
            and of a sensor's depth are that long. Of what is r times as noisy
            1/r² counts. Defaults to 0.02, a sixth of LocalCut's `tau_knn`.

    Raises:
        ValueError: On a setting out of range.
    """

    noise: float = 0.02

    def __post_init__(self) -> None:
        check_range('noise', self.noise, 0, open_low=True)

    def __call__(self, depth: ArrayLike, z_scale: float) -> float:
        """The share of `z_scale` that the point cloud keeps, in (0, 1].

        Args:
            depth: (h, w) float in [0, 1], 0 = nearest, on the patch grid.
            z_scale: Length of the depth range, in sides of the image.

        Raises:
            ValueError: On a depth outside [0, 1].
        """
        length = depth_noise(depth) * z_scale
        if length <= self.noise:
            return 1.0
        return (self.noise / length) ** 2


def depth_noise(depth: ArrayLike) -> float:
    """How rough a depth map is, where a surface would be smooth.

    The median over the image, rows and columns, of
    ``|d(i-r) - 2 d(i) + d(i+r)|``, r a 30th of the side: 0 on
    planes, however steep, and steps between bodies are too few to count.
    Depth in levels has at least the noise of one level.

    Args:
        depth: (h, w) float in [0, 1], on the patch grid.

    Returns:
        In depth ranges, from 0 to 2; 0 for a map of fewer than three patches
        a side.

    Raises:
        ValueError: On a depth outside [0, 1].
    """
    surface = check_unit_depth(depth).astype(np.float64)
    bends = np.concatenate([_bends(surface), _bends(surface.T)])
    if not bends.size:
        return 0.0
    bend = float(np.median(bends))
    if np.mean(bends > ROUNDING) < LEAST_BENT:
        return bend
    return max(bend, level_height(surface))


def level_height(depth: NDArray[np.float64]) -> float:
    """The height of one level of a depth map that has levels.

    The least distance of two values: tiny where depth is continuous. Fewer
    than eight values are bodies that face the camera, not levels.

    Args:
        depth: (h, w) float.
    """
    values = np.unique(np.round(depth / ROUNDING))
    if len(values) < FEWEST_LEVELS:
        return 0.0
    return float(np.diff(values).min()) * ROUNDING


def _bends(depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each point lies off the middle of the ones beside it."""
    reach = max(1, round(len(depth) * REACH))
    if len(depth) <= 2 * reach:
        return np.zeros(0)
    middle = depth[reach:-reach]
    sides = depth[: -2 * reach] + depth[2 * reach :]
    return np.abs(sides - 2 * middle).ravel()
