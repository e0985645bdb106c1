"""What every source of features hands on: one row a segment."""

from dataclasses import dataclass

import numpy as np

from ..structures import Scene, Segments


@dataclass(frozen=True)
class SegmentFeatures:
    """Features of the segments of one scene (Sec. 4.2).

    Attributes:
        values (np.ndarray): (s, C) float32, finite; zeros where unseen.
        seen (np.ndarray): (s,) bool, whether there is anything to tell of
            the segment.
    """

    values: np.ndarray
    seen: np.ndarray

    def __post_init__(self) -> None:
        values, seen = self.values, self.seen
        if values.ndim != 2 or seen.shape != values.shape[:1]:
            raise ValueError(
                'Expected values of shape (s, C) and seen of shape (s,), but '
                f'got {values.shape} and {seen.shape}.'
            )
        if not np.isfinite(values[seen]).all():
            raise ValueError(
                'Expected finite features, but got NaN or infinite ones for '
                f'{(~np.isfinite(values[seen]).all(1)).sum()} segments.'
            )

    def __len__(self) -> int:
        return len(self.seen)


def segment_means(values: np.ndarray, segments: Segments) -> np.ndarray:
    """Means over the vertices of each segment.

    Args:
        values (np.ndarray): (n, C).
        segments (Segments): Of n vertices.

    Returns:
        np.ndarray: (s, C) float64.
    """
    sizes = segments.sizes[:, None]
    # Channel by channel: no copy of all values in double precision.
    sums = [
        np.bincount(segments.of_vertex, channel, len(sizes))
        for channel in values.T
    ]
    return np.stack(sums, axis=1) / sizes


def check_segments(scene: Scene, segments: Segments) -> None:
    """Raise a ValueError if the segments are those of another scene."""
    if len(segments.of_vertex) != len(scene):
        raise ValueError(
            f'{scene.name}: expected segments of {len(scene)} vertices, but '
            f'got segments of {len(segments.of_vertex)}: of another scene?'
        )
