"""Dense CRF that fits a mask to the colours of the image, as in MaskCut.

Kraehenbuehl and Koltun, 2011. The masks of an image are refined together on
one lattice, see :mod:`mmcuts3d.cuts.crf`; pydensecrf, which builds it again
for each mask, is the reference of the tests.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import as_array, check_count, check_image, check_range

if TYPE_CHECKING:
    from .crf.mean_field import ImageCRF

Value = TypeVar('Value', bound=np.generic)


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
    crf = _image_crf(
        pixels,
        iterations=iterations,
        gaussian_weight=gaussian_weight,
        gaussian_sxy=gaussian_sxy,
        bilateral_weight=bilateral_weight,
        bilateral_sxy=bilateral_sxy,
        bilateral_srgb=bilateral_srgb,
    )
    flat = log_odds.reshape(-1, pixels.shape[0] * pixels.shape[1])
    return crf(flat, iterations).reshape(log_odds.shape)


def crf_probability(
    image: ArrayLike,
    mask: ArrayLike,
    unknown: ArrayLike | None = None,
    **settings: float,
) -> NDArray[np.float32]:
    """How likely the foreground is by the CRF that :func:`dense_crf` runs.

    Args:
        image: See :func:`dense_crf`.
        mask: See :func:`dense_crf`.
        unknown: See :func:`dense_crf`. Defaults to None.
        **settings: Those of :func:`dense_crf`, with its defaults.

    Returns:
        Float32 in [0, 1], of the shape of `mask`; above 0.5 where
        :func:`dense_crf` is True.

    Raises:
        ValueError: See :func:`dense_crf`.
    """
    check_crf(settings)
    pixels, log_odds = check_crf_input(image, mask, unknown)
    full: dict[str, Any] = {
        name: settings.get(name, parameter.default)
        for name, parameter in _settings().items()
    }
    crf = _image_crf(pixels, **full)
    flat = log_odds.reshape(-1, pixels.shape[0] * pixels.shape[1])
    likely = crf.probabilities(flat, full['iterations'])
    return likely.reshape(log_odds.shape)


def fit_to_colours(
    run: Callable[..., NDArray[Value]],
    image: NDArray[np.uint8],
    masks: Sequence[NDArray[np.bool_]],
    rests: Sequence[NDArray[np.bool_]] | None,
    crf: bool | Mapping[str, float],
) -> NDArray[Value]:
    """Run a CRF on the masks of an image together, by settings of a config.

    Args:
        run: :func:`dense_crf`, its twin on a device, or
            :func:`crf_probability`.
        image: (H, W, 3) uint8 RGB.
        masks: (H, W) bool each, at least one.
        rests: (H, W) bool each, unknown to the CRF, or None.
        crf: True, or settings by name.

    Returns:
        (M, H, W), what `run` makes of them.
    """
    settings = dict(crf) if isinstance(crf, Mapping) else {}
    unknown = None if rests is None else np.stack(list(rests))
    return run(image, np.stack(list(masks)), unknown, **settings)


def _image_crf(
    pixels: NDArray[np.uint8], *, iterations: int, **widths: float
) -> ImageCRF:
    check_crf_settings(iterations=iterations, **widths)
    from .crf.mean_field import ImageCRF

    return ImageCRF(pixels, **widths)


def _settings() -> dict[str, inspect.Parameter]:
    """The settings of :func:`dense_crf`, with their defaults."""
    parameters = inspect.signature(dense_crf).parameters
    return {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


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
    names = list(_settings())
    known = isinstance(crf, Mapping) and set(crf) <= set(names)
    if not known and not isinstance(crf, bool):
        raise ValueError(
            'Expected argument `crf` to be True, False or settings among '
            f'{names}, but got {crf!r}.'
        )
    return crf
