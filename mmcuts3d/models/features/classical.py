"""Colour, texture and gradients: features that need no weights.

They stand where ViTKeys stands in the flow. Every channel has zero mean over
the image, so that cosine affinities are positive within a kind of surface and
negative between two kinds, as normalized cuts expect them.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

#: Wavelengths of the Gabor filters in pixels and their orientations.
WAVELENGTHS = (4.0, 8.0)
ORIENTATIONS = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)
#: Channels that vary less than this (image values in [0, 1]) are zero.
NEGLIGIBLE = 1e-4


@MODELS.register_module()
class ClassicalFeatures(nn.Module):
    """Module around :func:`classical_features`.

    The filters run on the CPU (OpenCV); the result lies on the device of the
    images.

    Args:
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        smooth (float): Standard deviation in patches of a Gaussian over the
            feature maps; 0 for none. Defaults to 0: smoothing blurs the
            outlines more than it calms the inside.

    Raises:
        ValueError: For a patch size below 1 or a negative ``smooth``.
    """

    def __init__(self, patch_size: int = 8, smooth: float = 0.0) -> None:
        super().__init__()
        _check_settings(patch_size, smooth)
        self.patch_size = patch_size
        self.smooth = smooth

    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255, any dtype.
            data_samples (Sequence, optional): Not used. Defaults to None.

        Returns:
            Tensor: (B, 15, H // patch_size, W // patch_size) float32.

        Raises:
            ValueError: If ``images`` has another shape.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(
                'Expected argument `images` to have shape (B, 3, H, W), but '
                f'got {tuple(images.shape)}'
            )
        pixels = images.float().round().clamp(0, 255).byte()
        pixels = pixels.permute(0, 2, 3, 1).cpu().numpy()  # (B, H, W, 3)
        maps = [
            classical_features(image, self.patch_size, self.smooth)
            for image in pixels
        ]
        return torch.from_numpy(np.stack(maps)).to(images.device)


def classical_features(
    image: np.ndarray, patch_size: int = 8, smooth: float = 0.0
) -> np.ndarray:
    """Colour, texture and gradient channels on the patch grid.

    Channels: L, a, b averaged over the patch (3) and over its surroundings
    of three patches (3); the response of Gabor filters at two wavelengths
    and four orientations (8); the length of the fine gradient (1; a coarse
    one marks the outlines of objects and costs masks). Each is standardised
    over the image.

    Args:
        image (ndarray): (H, W, 3) uint8 RGB.
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        smooth (float): Standard deviation in patches of a Gaussian over the
            maps, before they are standardised; 0 for none. Defaults to 0.

    Returns:
        ndarray: (15, h, w) float32 with h = max(1, H // patch_size), w
        likewise. Zero mean and unit variance per channel; a channel that
        does not vary, as all of a constant image, is zero.

    Raises:
        ValueError: If the image is no (H, W, 3) uint8 array, or a setting is
            out of range.
    """
    _check_settings(patch_size, smooth)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            'Expected argument `image` to be a (H, W, 3) uint8 array, but '
            f'got {image.shape} {image.dtype}'
        )
    if 0 in image.shape:
        raise ValueError(
            'Expected argument `image` to have pixels, but got shape '
            f'{image.shape}'
        )
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab /= 100.0
    side = 3 * patch_size | 1  # an even window would lie off centre
    channels = [
        *np.moveaxis(lab, 2, 0),
        *np.moveaxis(cv2.blur(lab, (side, side)), 2, 0),
        *_texture(lab[:, :, 0]),
        _gradient(lab[:, :, 0]),
    ]
    height, width = image.shape[:2]
    grid = max(1, height // patch_size), max(1, width // patch_size)
    maps = [
        cv2.resize(channel, grid[::-1], interpolation=cv2.INTER_AREA)
        for channel in channels
    ]
    if smooth > 0:
        maps = [cv2.GaussianBlur(m, (0, 0), smooth) for m in maps]
    return _standardise(np.stack(maps))


def _texture(lightness: np.ndarray) -> list[np.ndarray]:
    """Absolute response of zero-mean Gabor filters, (H, W) each."""
    responses = []
    for wavelength in WAVELENGTHS:
        side = 2 * round(wavelength) + 1
        for orientation in ORIENTATIONS:
            kernel = cv2.getGaborKernel(
                (side, side), wavelength / 2, orientation, wavelength, 1.0, 0.0
            ).astype(np.float32)
            kernel -= kernel.mean()
            kernel /= np.abs(kernel).sum()
            response = cv2.filter2D(
                lightness, -1, kernel, borderType=cv2.BORDER_REFLECT
            )
            # The root tames the few strong edges beside much weak texture.
            responses.append(np.sqrt(np.abs(response)))
    return responses


def _gradient(lightness: np.ndarray) -> np.ndarray:
    """Length of the gradient, (H, W)."""
    smoothed = cv2.GaussianBlur(lightness, (0, 0), 1.0)
    x = cv2.Scharr(smoothed, -1, 1, 0, scale=1 / 32)
    y = cv2.Scharr(smoothed, -1, 0, 1, scale=1 / 32)
    return np.sqrt(np.hypot(x, y))


def _standardise(maps: np.ndarray) -> np.ndarray:
    """(C, h, w) -> (C, h, w), zero mean, unit variance or zero."""
    maps = maps.astype(np.float64)
    maps -= maps.mean((1, 2), keepdims=True)
    deviation = maps.std((1, 2), keepdims=True)
    varies = deviation > NEGLIGIBLE
    maps = np.where(varies, maps / np.where(varies, deviation, 1), 0)
    return maps.astype(np.float32)


def _check_settings(patch_size: int, smooth: float) -> None:
    if patch_size < 1:
        raise ValueError(
            'Expected argument `patch_size` to be at least 1, but got '
            f'{patch_size}'
        )
    if smooth < 0:
        raise ValueError(
            f'Expected argument `smooth` to be at least 0, but got {smooth}'
        )
