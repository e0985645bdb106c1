"""Dense CRF that fits a mask to the colours of the image, as in MaskCut.

Kraehenbuehl and Koltun, 2011. The masks of an image are refined together on
one lattice, see :mod:`mmcuts3d.cuts.crf`; pydensecrf, which builds it again
for each mask, is the reference of the tests.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import as_array, check_count, check_image, check_range


def dense_crf(
    image: ArrayLike,
    mask: ArrayLike,
    unknown: ArrayLike | None = None,
    *,
    iterations: int = 10,
    gaussian_weight: float = 7,
    gaussian_sxy: float = 3,
    bilateral_weight: float = 10,
    bilateral_sxy: float = 50,
    bilateral_srgb: float = 5,
) -> NDArray[np.bool_]:
    """Refine binary masks by mean-field inference with two labels.

    The unary is the negative log of the softmax of (1 - m, m).

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool or float in [0, 1]; or (M, H, W), M masks, each
            refined as it would be alone.
        unknown: Of the shape of `mask`, bool, pixels about which the mask
            says nothing: their unary is even, the colours decide. Defaults
            to None: no pixel.
        iterations: Defaults to 10, and so on: MaskCut's values.
        gaussian_weight: Of the smoothness term. Defaults to 7.
        gaussian_sxy: Its width in pixels. Defaults to 3.
        bilateral_weight: Of the appearance term. Defaults to 10.
        bilateral_sxy: Its width in pixels. Defaults to 50.
        bilateral_srgb: Its width in grey levels. Defaults to 5.

    Returns:
        Bool, of the shape of `mask`.

    Raises:
        ValueError: If image, mask and unknown differ in size, or a setting
            is out of range.
    """
    pixels, log_odds = check_crf_input(image, mask, unknown)
    check_crf_settings(
        iterations=iterations,
        gaussian_weight=gaussian_weight,
        gaussian_sxy=gaussian_sxy,
        bilateral_weight=bilateral_weight,
        bilateral_sxy=bilateral_sxy,
        bilateral_srgb=bilateral_srgb,
    )
    from .crf.mean_field import ImageCRF

    crf = ImageCRF(
        pixels,
        gaussian_weight,
        gaussian_sxy,
        bilateral_weight,
        bilateral_sxy,
        bilateral_srgb,
    )
    flat = log_odds.reshape(-1, pixels.shape[0] * pixels.shape[1])
    return crf(flat, iterations).reshape(log_odds.shape)


def check_crf_input(
    image: ArrayLike, mask: ArrayLike, unknown: ArrayLike | None
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The image, and the log-odds of the foreground, or ValueError.

    Args:
        image: See :func:`dense_crf`, as the others.
        mask: (H, W) or (M, H, W).
        unknown: Of that shape, or None.

    Returns:
        (H, W, 3) uint8, and float32 in [-1, 1] of the shape of `mask`.
    """
    pixels = check_image(image)
    foreground = as_array('mask', mask).astype(np.float32)
    size = pixels.shape[:2]
    if foreground.ndim not in (2, 3) or foreground.shape[-2:] != size:
        raise ValueError(
            'Expected argument `mask` to have the size of the image '
            f'{size}, but got shape {foreground.shape}.'
        )
    log_odds = 2 * foreground - 1
    if unknown is not None:
        open_pixels = as_array('unknown', unknown).astype(bool)
        if open_pixels.shape != foreground.shape:
            raise ValueError(
                'Expected argument `unknown` to have the shape of `mask` '
                f'{foreground.shape}, but got shape {open_pixels.shape}.'
            )
        log_odds[open_pixels] = 0
    return pixels, log_odds


def check_crf_settings(*, iterations: int, **settings: float) -> None:
    """ValueError on a setting of :func:`dense_crf` that is out of range."""
    check_count('iterations', iterations)
    for name, value in settings.items():
        check_range(name, value, 0, open_low=not name.endswith('_weight'))


def check_crf(
    crf: bool | Mapping[str, float],
) -> bool | Mapping[str, float]:
    """Whether to run the CRF, or its settings by name, or ValueError."""
    parameters = inspect.signature(dense_crf).parameters.values()
    names = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    known = isinstance(crf, Mapping) and set(crf) <= set(names)
    if not known and not isinstance(crf, bool):
        raise ValueError(
            'Expected argument `crf` to be True, False or settings among '
            f'{names}, but got {crf!r}.'
        )
    return crf
