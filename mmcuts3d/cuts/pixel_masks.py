"""Small things that everybody does with masks: overlap, box, resize, peak."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Values that differ by less of the largest tie, whatever rounding says.
TIE = 1e-6


def peak(values: NDArray[np.floating[Any]]) -> int:
    """Index of the largest value; of equal ones the first, row by row.

    Patches of one look have one value in an eigenvector, up to rounding,
    which is another on each machine. So values that differ by at most 1e-6
    of the largest magnitude are equal.

    Args:
        values: Of any shape, at least one; -inf counts for nothing.

    Returns:
        The index into the flat array.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return int(np.argmax(values))
    least = finite.max() - TIE * np.abs(finite).max()
    return int(np.argmax(values >= least))


def mask_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of one shape; 0 if both empty."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


def pairwise_iou(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, n) float64, intersection over union of masks (n, h, w), none empty.

    A mask overlaps itself by 1.
    """
    flat = masks.reshape(len(masks), masks[0].size if len(masks) else 0)
    flat = flat.astype(np.float32)  # whole numbers up to 2^24 are exact
    shared = (flat @ flat.T).astype(np.float64)
    areas = np.diag(shared)
    return np.asarray(shared / (areas[:, None] + areas[None, :] - shared))


def box_of(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(4,) x1, y1, x2, y2 in pixels, x2 and y2 exclusive; 0s if empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros(4, np.float32)
    return np.array(
        [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32
    )


def resize_nearest(mask: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Nearest-neighbour resize of (h, w) to `shape`, cell by cell."""
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    return mask.take(rows, axis=0).take(columns, axis=1)
