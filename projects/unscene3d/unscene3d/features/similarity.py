"""How alike segments are: the matrix that the normalized cut takes."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from .segment_features import SegmentFeatures

Metric = Literal['cosine', 'l2']
#: Rows of a matrix that are worked on at once.
_ROWS = 512


def similarity(
    features: Sequence[SegmentFeatures],
    weights: Sequence[float] | None = None,
    metric: Metric = 'cosine',
    max_segments: int = 12_000,
) -> np.ndarray:
    """Similarities per modality, scaled and averaged (Sec. 4.2).

    Each modality is scaled by its own minimum and maximum, since their
    statistics differ, before the weighted mean is taken. Where a segment is
    unseen in a modality, the others count; where it is unseen in all, its
    similarity is 0. A row of zeros is like other rows of zeros only.

    Args:
        features (Sequence[SegmentFeatures]): One a modality, of the same s
            segments.
        weights (Sequence[float], optional): Of the modalities, >= 0 and not
            all 0. Defaults to None: equal ones.
        metric (str): 'cosine' or 'l2', minus the distance (Table 7).
            Defaults to 'cosine'.
        max_segments (int): More are refused, for memory: a matrix takes
            4 s² bytes, and up to three are needed at once. Defaults to
            12,000, 1.7 GB in all.

    Returns:
        np.ndarray: (s, s) float32 in [0, 1], symmetric. With one modality
        the smallest entry between seen segments is 0, the largest 1; it is
        1 everywhere if all are equal.

    Raises:
        ValueError: If there is nothing to compare, lengths differ, a weight
            or the metric is out of its range, or there are too many
            segments.
    """
    weights = _check(features, weights, metric, max_segments)
    number = len(features[0])
    if len(features) == 1:
        return _of_one(features[0], metric)
    total = np.zeros((number, number), np.float32)
    for one, weight in zip(features, weights, strict=True):
        found = _of_one(one, metric)
        found *= np.float32(weight)
        total += found
        del found  # before the next one is made
    seen = np.stack([one.seen for one in features]).astype(np.float32)
    for start in range(0, number, _ROWS):
        rows = slice(start, start + _ROWS)
        counted = (seen[:, rows].T * weights.astype(np.float32)) @ seen
        part = total[rows]
        np.divide(part, counted, out=part, where=counted > 0)
    # Rounding of weights such as 1/3 must not leave the range.
    return np.clip(total, 0, 1, out=total)


def _check(features, weights, metric, max_segments) -> np.ndarray:
    if not len(features):
        raise ValueError('Expected features of a modality, but got none.')
    lengths = [len(one) for one in features]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(
            'Expected features of the same segments in all modalities, but '
            f'got {lengths} segments.'
        )
    if lengths[0] > max_segments:
        raise ValueError(
            f'Expected at most {max_segments} segments, whose similarities '
            f'take {4 * max_segments**2 / 1e9:.1f} GB, but got {lengths[0]}: '
            'make larger segments (`min_vertices`), split the scene, or '
            'raise `max_segments`.'
        )
    if metric not in ('cosine', 'l2'):
        raise ValueError(
            f"Expected argument `metric` to be 'cosine' or 'l2', but got "
            f'{metric!r}.'
        )
    weights = np.ones(len(features)) if weights is None else weights
    weights = np.asarray(weights, np.float64)
    good = weights.shape == (len(features),) and np.isfinite(weights).all()
    if not good or weights.min() < 0 or not weights.any():
        raise ValueError(
            f'Expected argument `weights` to be {len(features)} numbers of 0 '
            f'or more, not all 0, but got {weights.tolist()}.'
        )
    return weights / weights.sum()


def _of_one(features: SegmentFeatures, metric: Metric) -> np.ndarray:
    """(s, s) float32 in [0, 1], 0 for unseen segments."""
    seen = np.flatnonzero(features.seen)
    values = features.values[seen].astype(np.float32)
    if not len(seen):
        return np.zeros((len(features), len(features)), np.float32)
    found = _cosines(values) if metric == 'cosine' else _nearness(values)
    low, high = float(found.min()), float(found.max())
    if high - low > 1e-6 * max(abs(high), abs(low), 1e-12):
        found -= np.float32(low)
        found /= np.float32(high - low)
        np.clip(found, 0, 1, out=found)
    else:
        found[:] = 1
    if len(seen) == len(features):
        return found
    whole = np.zeros((len(features), len(features)), np.float32)
    whole[np.ix_(seen, seen)] = found
    return whole


def _cosines(values: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(values, axis=1, keepdims=True)
    nothing = length == 0
    # A direction of their own, at a right angle to all others.
    values = np.concatenate([values, nothing], axis=1, dtype=np.float32)
    values /= np.where(nothing, 1, length)
    return _symmetric(values @ values.T, 1)


def _nearness(values: np.ndarray) -> np.ndarray:
    """Minus the distances."""
    values = values - values.mean(axis=0)
    squares = (values**2).sum(axis=1)
    found = values @ values.T
    found *= -2
    found += squares[:, None]
    found += squares
    np.maximum(found, 0, out=found)
    np.sqrt(found, out=found)
    np.negative(found, out=found)
    return _symmetric(found, 0)


def _symmetric(matrix: np.ndarray, diagonal: float) -> np.ndarray:
    """Exactly symmetric, whatever the order of a product's sums."""
    for start in range(0, len(matrix), _ROWS):
        rows = slice(start, start + _ROWS)
        matrix[rows, start:] = (
            matrix[rows, start:] + matrix[start:, rows].T
        ) / 2
        matrix[start:, rows] = matrix[rows, start:].T
    np.fill_diagonal(matrix, diagonal)
    return matrix
