"""Images of a batch as depth networks want them: uint8, true aspect ratio."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from torch import Tensor

#: Sides below this are too small for any depth network.
SMALLEST = 8


def network_images(
    images: Tensor, data_samples: Sequence[Any] | None = None
) -> list[np.ndarray]:
    """Undoes what the pipeline did to the shape of images.

    Padding is cut off (``img_shape``), and an image that was resized without
    keeping its aspect ratio gets it back (``ori_shape``) at about the same
    number of pixels: monocular depth suffers from squeezed objects.

    Args:
        images (Tensor): (B, 3, H, W) RGB, 0 … 255.
        data_samples (Sequence[DetDataSample], optional): Their metainfo
            ``img_shape`` and ``ori_shape`` is used where it is there.
            Defaults to None.

    Returns:
        list[ndarray]: B images (H_i, W_i, 3) uint8 RGB.

    Raises:
        ValueError: If ``images`` has another shape, or is below 8×8.
    """
    if images.ndim != 4 or images.shape[1] != 3:
        raise ValueError(
            'Expected argument `images` to have shape (B, 3, H, W), but got '
            f'{tuple(images.shape)}'
        )
    pixels = images.detach().float().round().clamp(0, 255).byte()
    pixels = pixels.permute(0, 2, 3, 1).cpu().numpy()  # (B, H, W, 3)
    samples = data_samples if data_samples else [None] * len(pixels)
    return [
        _restore(image, sample)
        for image, sample in zip(pixels, samples, strict=True)
    ]


def _restore(image: np.ndarray, sample: Any) -> np.ndarray:
    height, width = (getattr(sample, 'img_shape', None) or image.shape)[:2]
    image = np.ascontiguousarray(image[:height, :width])
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST:
        raise ValueError(
            f'Expected argument `images` to be at least {SMALLEST}×'
            f'{SMALLEST}, but got {height}×{width}'
        )
    original = (getattr(sample, 'ori_shape', None) or image.shape)[:2]
    aspect = original[1] / original[0]
    if abs(width / height / aspect - 1) <= 0.02:
        return image
    area = height * width
    size = (
        max(SMALLEST, round((area * aspect) ** 0.5)),
        max(SMALLEST, round((area / aspect) ** 0.5)),
    )
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
