"""Affinity of patches: cosine similarity of their features (CutS3D §3.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_features


def affinity(features: ArrayLike) -> NDArray[np.float32]:
    """Cosine similarity between all pairs of patches.

    ``W_ij = f_i . f_j / (|f_i| |f_j|)``; a patch whose features are all zero
    (painted out, or flat) has similarity 0 to every patch, itself included.

    Args:
        features: (C, h, w) float, any scale.

    Returns:
        (h*w, h*w) float32 in [-1, 1], symmetric, row-major over the grid.

    Raises:
        ValueError: If `features` is not (C, h, w) or not finite.
    """
    unit = unit_vectors(features)
    cosines: NDArray[np.float32] = unit.T @ unit
    return np.clip(cosines, -1, 1)


def unit_vectors(features: ArrayLike) -> NDArray[np.float32]:
    """(C, h*w) float32, the features of each patch at length 1, or all 0.

    Args:
        features: (C, h, w) float, any scale.

    Raises:
        ValueError: If `features` is not (C, h, w) or not finite.
    """
    vectors = check_features(features)
    vectors = vectors.reshape(vectors.shape[0], -1)
    lengths = np.linalg.norm(vectors, axis=0)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))


def paint_out(
    affinity: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Take found patches out of the graph, so that they join no later cut.

    What zeroing their features would do (MaskCut), without multiplying the
    rest again: a patch without features has similarity 0 to every other.

    Args:
        affinity: (h*w, h*w) float32, changed in place.
        mask: (h, w) bool, True where an instance was found.

    Returns:
        `affinity`, its rows and columns of found patches 0.

    Raises:
        ValueError: If the two do not belong to the same grid.
    """
    if affinity.shape != (mask.size, mask.size):
        raise ValueError(
            'Expected argument `affinity` to have one row per patch of '
            f'`mask` ({mask.size}), but got shape {affinity.shape}.'
        )
    found = np.flatnonzero(mask)
    affinity[found] = 0
    affinity[:, found] = 0
    return affinity
