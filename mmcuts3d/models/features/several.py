"""The features of several extractors, for methods in which they vote.

They stand where one extractor stands in the flow of the others: image ->
a list of (C, h, w), one for each extractor.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class SeveralFeatures(nn.Module):
    """Asks one extractor after the other about the same images.

    Args:
        extractors (Sequence[dict or ConfigDict]): Configs of the extractors,
            at least one; each can be there more than once.

    Raises:
        ValueError: If it is no list of configs.
    """

    def __init__(self, extractors: Sequence[dict]) -> None:
        super().__init__()
        configs = extractors if isinstance(extractors, (list, tuple)) else []
        if not configs or not all(isinstance(one, dict) for one in configs):
            raise ValueError(
                'Expected argument `extractors` to be a list of one or more '
                f'configs of feature extractors, but got {extractors!r}.'
            )
        self.extractors = nn.ModuleList(MODELS.build(one) for one in configs)

    @property
    def sees_images(self) -> bool:
        """Whether all features are those of the pixels handed in."""
        return all(
            getattr(one, 'sees_images', True) for one in self.extractors
        )

    def forward(
        self, images: Tensor, data_samples: Sequence[Any]
    ) -> list[list[Tensor]]:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W) RGB in [0, 255].
            data_samples (Sequence[DetDataSample]): B samples, for extractors
                that read files.

        Returns:
            list[list[Tensor]]: For each image (C, h, w) float32 of each
            extractor, in their order; C, h and w may differ.

        Raises:
            ValueError: If an extractor has no features of an image.
        """
        maps = [one(images, data_samples) for one in self.extractors]
        return [list(of_image) for of_image in zip(*maps, strict=True)]
