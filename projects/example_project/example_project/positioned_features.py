"""Classical features with the place of the patch added."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmcuts3d.models.features import ClassicalFeatures
from mmcuts3d.registry import MODELS


@MODELS.register_module()
class PositionedFeatures(nn.Module):
    """Column and row of a patch beside what it looks like.

    Args:
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        weight (float): Standard deviation of the two channels, where the
            others have 1; 0 leaves them out of every cosine. Defaults to 0.5.

    Raises:
        ValueError: If ``weight`` is negative.
    """

    def __init__(self, patch_size: int = 8, weight: float = 0.5) -> None:
        super().__init__()
        if not weight >= 0:
            raise ValueError(
                'Expected argument `weight` to be at least 0, but got '
                f'{weight}'
            )
        self.classical = ClassicalFeatures(patch_size)
        self.weight = weight

    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255.
            data_samples (Sequence, optional): Not used. Defaults to None.

        Returns:
            Tensor: (B, 17, h, w), the classical features and two more.
        """
        features = self.classical(images, data_samples)
        batch, _, height, width = features.shape
        place = torch.stack(
            torch.meshgrid(_axis(height), _axis(width), indexing='ij')
        )
        place = self.weight * place.to(features)
        return torch.cat([features, place.expand(batch, -1, -1, -1)], dim=1)


def _axis(length: int) -> Tensor:
    """Positions with zero mean and unit variance, (length,)."""
    places = torch.arange(length, dtype=torch.float32)
    places -= places.mean()
    return places / places.std(correction=0).clamp(min=1e-6)
