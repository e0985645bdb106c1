"""Affinity of patches: cosine similarity of their features (CutS3D §3.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_features


def affinity(features: ArrayLike) -> NDArray[np.float32]:
    """Cosine similarity between all pairs of patches.

    W_ij = f_i . f_j / (|f_i| |f_j|); a patch whose features are all zero
    (painted out, or flat) has similarity 0 to every patch, itself included.

    Args:
        features: (C, h, w) float, any scale.

    Returns:
        (h*w, h*w) float32 in [-1, 1], symmetric, row-major over the grid.

    Raises:
        ValueError: If `features` is not (C, h, w) or not finite.
    """
    vectors = check_features(features)
    vectors = vectors.reshape(vectors.shape[0], -1)
    lengths = np.linalg.norm(vectors, axis=0)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    cosines: NDArray[np.float32] = unit.T @ unit
    return np.clip(cosines, -1, 1)


def paint_out(
    features: NDArray[np.floating], mask: NDArray[np.bool_]
) -> NDArray[np.floating]:
    """Zero the features of found patches, so that they join no later cut.

    Args:
        features: (C, h, w) float.
        mask: (h, w) bool, True where an instance was found.

    Returns:
        (C, h, w), a copy.
    """
    return np.where(mask[None], 0, features)
