"""Affinities of a batch of images: the twin of ``semantic/affinity.py``."""

from __future__ import annotations

import torch
from torch import Tensor

from .precision import full_precision


def affinity(features: Tensor) -> Tensor:
    """Cosine similarity between all pairs of patches of each image.

    Args:
        features: (B, C, h, w) float, any scale, finite.

    Returns:
        (B, h*w, h*w) float32 in [-1, 1] on the device of `features`,
        symmetric.

    Raises:
        ValueError: If `features` is not (B, C, h, w) or not finite.
    """
    if features.ndim != 4 or 0 in features.shape[1:]:
        raise ValueError(
            'Expected argument `features` to be (B, C, h, w) with no empty '
            f'axis, but got shape {tuple(features.shape)}.'
        )
    vectors = features.float().flatten(2)
    if not bool(torch.isfinite(vectors).all()):
        raise ValueError(
            'Expected argument `features` to be finite, but got values that '
            'are NaN or infinite.'
        )
    lengths = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    unit = vectors / torch.where(lengths > 0, lengths, 1)
    number = unit.shape[2]
    cosines = unit.new_empty((len(unit), number, number))
    with full_precision(unit.device):
        # Image by image: large enough for any device, and the arithmetic of
        # an image then does not depend on the rest of its batch.
        for own, target in zip(unit, cosines, strict=True):
            torch.mm(own.T, own, out=target)
    return cosines.clamp_(-1, 1)


def paint_out(affinity: Tensor, mask: Tensor) -> Tensor:
    """Take found patches out of each graph, in place.

    Args:
        affinity: (B, h*w, h*w), any dtype; changed.
        mask: (B, h, w) bool, True where an instance was found.

    Returns:
        `affinity`, its rows and columns of found patches 0.

    Raises:
        ValueError: If the two do not belong to the same grid.
    """
    found = mask.flatten(1)
    if affinity.shape != (*found.shape, found.shape[1]):
        raise ValueError(
            'Expected argument `affinity` to have one row per patch of '
            f'`mask` {tuple(found.shape)}, '
            f'but got shape {tuple(affinity.shape)}.'
        )
    affinity.masked_fill_(found[:, :, None], 0)
    return affinity.masked_fill_(found[:, None, :], 0)
