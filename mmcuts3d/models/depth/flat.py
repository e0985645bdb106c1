"""No depth: what a method that needs depth gets when there is none."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class FlatDepth(nn.Module):
    """Depth 0 everywhere: nothing lies behind anything.

    Cuts in 3D then are cuts in the image plane, and Spatial Importance
    sharpens nothing.
    """

    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> list[Tensor]:
        """Flat depth for a batch.

        Args:
            images (Tensor): (B, 3, H, W).
            data_samples (Sequence, optional): Not used. Defaults to None.

        Returns:
            list[Tensor]: B maps (H, W) float32 of zeros on the device of
            ``images``.
        """
        height, width = images.shape[-2:]
        return [
            images.new_zeros((height, width)).float()
            for _ in range(len(images))
        ]
