"""A threshold of the patch graph that comes from the graph; beyond the paper.

Cosines of another backbone lie elsewhere, so that no fixed threshold serves
them all. Otsu's threshold (Otsu, 1979) parts the cosines of an image into two
classes, alike and not alike, whose means lie farthest apart: it follows every
scale and offset of the cosines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .affinity import unit_vectors

BINS = 512
#: Every so manieth patch is compared with those between: 1/16 of all pairs.
STRIDE = 4


def auto_threshold(features: ArrayLike) -> float:
    """Otsu's threshold of the cosines between the patches of an image.

    Args:
        features: (C, h, w) float.

    Returns:
        In [0, 1]; 0 for fewer than 8 patches.

    Raises:
        ValueError: If `features` is not (C, h, w) or not finite.
    """
    return threshold_of(unit_vectors(features))


def threshold_of(unit: NDArray[np.float32]) -> float:
    """The same of (C, h*w) features of length 1."""
    some, others = unit[:, ::STRIDE], unit[:, STRIDE // 2 :: STRIDE]
    return otsu(some.T @ others)


def otsu(values: NDArray[np.floating]) -> float:
    """The threshold between two classes of values, brought into [0, 1].

    Args:
        values: Of any shape.

    Returns:
        Where the variance between the classes is largest; the middle of the
        gap where no value lies between them.
    """
    if values.size < 2 or values.min() == values.max():
        return float(np.clip(values.max(initial=0), 0, 1))
    counts, edges = np.histogram(values, BINS)
    shares = counts / counts.sum()
    centers = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(shares)[:-1]
    moment = np.cumsum(shares * centers)
    between = (moment[-1] * weight - moment[:-1]) ** 2
    between /= weight * (1 - weight)  # the first and last bin hold a value
    best = between >= between.max() * (1 - 1e-9)
    return float(np.clip(edges[1:-1][best].mean(), 0, 1))
