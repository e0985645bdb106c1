"""Depth made worse: from as given to constant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

#: Ripples: share of the range, and how many fit into the side of the image.
#: Two patches side by side differ by up to 0.09 of the length that z_scale 3
#: gives the range, a little less than tau_knn.
RIPPLE, RIPPLES = 0.03, 10.0
LEVELS = 16

Transform = Callable[[np.ndarray, int], np.ndarray]


def blurred(share: float) -> Transform:
    """A Gaussian blur, its sigma a share of each side."""

    def blur(depth: np.ndarray, image_id: int) -> np.ndarray:
        sigma = [share * side for side in depth.shape]
        return gaussian_filter(depth.astype(np.float64), sigma, mode='nearest')

    return blur


def rippled(depth: np.ndarray, image_id: int) -> np.ndarray:
    """Waves of a random direction and phase, 3 % of the range high."""
    rng = np.random.default_rng([image_id, 10])
    angle, phase = rng.uniform(0, 2 * np.pi, 2)
    rows, columns = np.indices(depth.shape)
    along = (
        np.sin(angle) * rows / depth.shape[0]
        + np.cos(angle) * columns / depth.shape[1]
    )
    wave = np.sin(2 * np.pi * RIPPLES * along + phase)
    return depth + RIPPLE * np.ptp(depth) * wave


def quantised(depth: np.ndarray, image_id: int) -> np.ndarray:
    """16 levels from the nearest to the farthest."""
    return np.round(depth * (LEVELS - 1)) / (LEVELS - 1)


#: Depth (H, W) in [0, 1] and the id of its image to depth of any range.
DEPTHS: dict[str, Transform] = {
    'as given': lambda depth, image_id: depth,
    'blurred 2 %': blurred(0.02),
    'blurred 6 %': blurred(0.06),
    'rippled': rippled,
    'quantised': quantised,
    'inverted': lambda depth, image_id: 1 - depth,
    'constant': lambda depth, image_id: np.zeros_like(depth),
}
