"""Features that are computed once an image and kept in memory."""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class CachedFeatures(nn.Module):
    """A feature source that remembers.

    Images are told by their pixels, so that a crop or a flip is an image of
    its own. It pays where the same crops come again, as five-crops do.

    Args:
        source (dict): The feature source.
        most_bytes (int): Memory for features; those that were not asked for
            the longest go first. Defaults to 2 GB.

    Raises:
        ValueError: If ``most_bytes`` is below 1.
    """

    def __init__(
        self, source: dict[str, Any], most_bytes: int = 2 * 10**9
    ) -> None:
        super().__init__()
        if most_bytes < 1:
            raise ValueError(
                'Expected argument `most_bytes` to be at least 1, but got '
                f'{most_bytes}'
            )
        self.source = MODELS.build(source)
        self.most_bytes = most_bytes
        self._maps: OrderedDict[bytes, Tensor] = OrderedDict()
        self._bytes = 0

    @property
    def sees_images(self) -> bool:
        """Whether the features are those of the pixels."""
        return getattr(self.source, 'sees_images', True)

    @torch.no_grad()
    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Features of a batch of images, see the source.

        Args:
            images (Tensor): (B, 3, H, W), 0 … 255.
            data_samples (Sequence, optional): Handed to the source.
                Defaults to None.

        Returns:
            Tensor: (B, C, h, w) on the device of the images.
        """
        keys = [_key(image) for image in images]
        # Taken out first: what is kept below may push them out of memory.
        found = {key: self._maps[key] for key in keys if key in self._maps}
        for key in found:
            self._maps.move_to_end(key)
        missing = [
            index
            for index, key in enumerate(keys)
            if key not in found and keys.index(key) == index
        ]
        if missing:
            some = None
            if data_samples is not None:
                some = [data_samples[index] for index in missing]
            computed = self.source(images[missing], some)
            for index, features in zip(missing, computed, strict=True):
                found[keys[index]] = features
                self._keep(keys[index], features.cpu().clone())
        return torch.stack([found[key].to(images.device) for key in keys])

    def _keep(self, key: bytes, features: Tensor) -> None:
        self._maps[key] = features
        self._bytes += features.nbytes
        # The batch at hand is in use: at least its last map stays.
        while self._bytes > self.most_bytes and len(self._maps) > 1:
            _, oldest = self._maps.popitem(last=False)
            self._bytes -= oldest.nbytes


def _key(image: Tensor) -> bytes:
    pixels = image.detach().cpu().contiguous().numpy()
    size = repr((pixels.shape, pixels.dtype.str)).encode()
    return blake2b(pixels.tobytes(), digest_size=16, key=size).digest()
