"""What vertices and voxels know, gathered for each segment."""

from collections.abc import Sequence

import torch
from torch import Tensor


def pool_segments(
    features: Tensor, voxel: Tensor, segment: Tensor, number: int
) -> Tensor:
    """Mean and maximum of voxel features over the vertices of segments.

    Args:
        features (Tensor): (V, C) of voxels.
        voxel (Tensor): (n,) int64, voxel of each vertex.
        segment (Tensor): (n,) int64, segment of each vertex.
        number (int): s; each segment has a vertex at least.

    Returns:
        Tensor: (s, 2 C) float32, means, then maxima.
    """
    features = features.float()
    # A pair of voxel and segment stands for all vertices that are in both.
    pairs, counts = torch.unique(
        segment * len(features) + voxel, return_counts=True
    )
    segment = torch.div(pairs, len(features), rounding_mode='floor')
    rows = features[pairs % len(features)]
    counts = counts.to(rows.dtype)
    sums = rows.new_zeros(number, rows.shape[1])
    sums.index_add_(0, segment, rows * counts[:, None])
    sizes = rows.new_zeros(number).index_add_(0, segment, counts)
    peaks = rows.new_zeros(number, rows.shape[1]).scatter_reduce(
        0,
        segment[:, None].expand_as(rows),
        rows,
        'amax',
        include_self=False,
    )
    return torch.cat([sums / sizes[:, None], peaks], dim=1)


def segment_centres(
    points: Tensor, segment: Tensor, number: int
) -> tuple[Tensor, Tensor]:
    """Mean places and sizes of segments.

    Args:
        points (Tensor): (n, 3).
        segment (Tensor): (n,) int64.
        number (int): s.

    Returns:
        tuple: (s, 3) centres, and (s,) numbers of vertices, float32.
    """
    points = points.float()
    sizes = points.new_zeros(number)
    sizes.index_add_(0, segment, torch.ones_like(points[:, 0]))
    sums = points.new_zeros(number, 3).index_add_(0, segment, points)
    return sums / sizes[:, None].clamp(min=1), sizes


def pad_scenes(values: Tensor, numbers: Sequence[int]) -> Tensor:
    """Segments of a batch, one row for each scene.

    Args:
        values (Tensor): (s_1 + … + s_B, C).
        numbers (Sequence[int]): s of each scene.

    Returns:
        Tensor: (B, max s, C), zeros where a scene has fewer.
    """
    return torch.nn.utils.rnn.pad_sequence(
        list(values.split(list(numbers))), batch_first=True
    )


def is_segment(numbers: Sequence[int], device: torch.device) -> Tensor:
    """(B, max s) bool, where :func:`pad_scenes` has put a segment."""
    lengths = torch.tensor(list(numbers), device=device)
    return torch.arange(max(numbers), device=device) < lengths[:, None]
