"""Features made of the truth and noise: what a backbone would know."""

import zlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mmcuts3d.registry import MODELS

from ..structures import IGNORED


@MODELS.register_module()
class OracleFeatures(nn.Module):
    """Oracle semantics with noise, for experiments without weights.

    Each class has a direction; a patch has the mean of those of its pixels,
    noise of its own, and an offset that it shares with its image. It stands
    in for the features of DINO, so that losses can be compared; what is
    measured with it says nothing of a backbone.

    Args:
        num_classes (int): Of the label maps.
        channels (int): Of the features. Defaults to 64.
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        noise (float): Length of a patch's noise; that of a direction is 1.
            Defaults to 1.5.
        offset (float): Length of an image's offset. Defaults to 0.3.
        alike (Sequence): (first, second, share): the second class has this
            share of the direction of the first. Defaults to (): none.
        blended (bool): Whether a patch of several classes has the mean of
            their directions; if not, that of its most frequent class.
            Defaults to True.
        seed (int): Of directions and noise. Defaults to 0.

    Raises:
        ValueError: If a setting is out of range.
    """

    #: Features are those of the label map, whatever the pixels are.
    sees_images = False

    def __init__(
        self,
        num_classes: int,
        channels: int = 64,
        patch_size: int = 8,
        noise: float = 1.5,
        offset: float = 0.3,
        alike: Sequence[Sequence[float]] = (),
        blended: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ('num_classes', num_classes, 1),
            ('channels', channels, 1),
            ('patch_size', patch_size, 1),
            ('noise', noise, 0),
            ('offset', offset, 0),
        ):
            if value < least:
                raise ValueError(
                    f'Expected argument `{name}` to be at least {least}, but '
                    f'got {value}'
                )
        rng = torch.Generator().manual_seed(seed)
        directions = functional.normalize(
            torch.randn(num_classes, channels, generator=rng), dim=1
        )
        for first, second, share in alike:
            mixed = (
                share * directions[int(first)]
                + (1 - share) * directions[int(second)]
            )
            directions[int(second)] = functional.normalize(mixed, dim=0)
        self.register_buffer('directions', directions, persistent=False)
        self.patch_size = patch_size
        self.noise = noise
        self.offset = offset
        self.blended = blended
        self.seed = seed

    @torch.no_grad()
    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W); their size counts alone.
            data_samples (Sequence[SegDataSample]): With ``label_map`` and
                ``img_id``, from which the noise follows.

        Returns:
            Tensor: (B, channels, h, w).

        Raises:
            ValueError: If an image has no label map.
        """
        height, width = images.shape[-2:]
        grid = (height // self.patch_size, width // self.patch_size)
        maps = []
        for sample in data_samples or [None] * len(images):
            labels = None if sample is None else sample.get('label_map')
            if labels is None:
                raise ValueError(
                    'Expected a label map for each image, of which oracle '
                    'features are made, but got none'
                )
            maps.append(self._of_labels(labels, grid, sample))
        return torch.stack(maps).to(images.device)

    def _of_labels(
        self, labels: Tensor, grid: tuple[int, int], sample: Any
    ) -> Tensor:
        number, channels = self.directions.shape
        labels = labels.cpu().long()
        known = torch.where(labels == IGNORED, number, labels)
        one_hot = functional.one_hot(known, number + 1)[..., :number]
        shares = functional.adaptive_avg_pool2d(
            one_hot.permute(2, 0, 1)[None].float(), grid
        )[0]
        if not self.blended:
            most = shares.argmax(0)
            known = shares.sum(0) > 0
            shares = functional.one_hot(most, number).permute(2, 0, 1) * known
            shares = shares.float()
        features = torch.einsum(
            'khw,kc->chw', shares, self.directions.cpu().float()
        )
        own = zlib.crc32(str(sample.metainfo.get('img_id')).encode())
        rng = torch.Generator().manual_seed(self.seed * 2**32 + own)
        noise = torch.randn(channels, *grid, generator=rng)
        offset = torch.randn(channels, 1, 1, generator=rng)
        scale = channels**-0.5
        return features + scale * (self.noise * noise + self.offset * offset)
