"""Dense CRF that fits a mask to the colours of the image, as in MaskCut.

Kraehenbuehl and Koltun, 2011; computed by pydensecrf.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import as_array, check_count, check_image


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
    """Refine a binary mask by mean-field inference with two labels.

    The unary is the negative log of the softmax of (1 - m, m).

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool or float in [0, 1].
        unknown: (H, W) bool, pixels about which the mask says nothing: their
            unary is even, the colours decide. Defaults to None: no pixel.
        iterations: Defaults to 10, and so on: MaskCut's values.
        gaussian_weight: Of the smoothness term. Defaults to 7.
        gaussian_sxy: Its width in pixels. Defaults to 3.
        bilateral_weight: Of the appearance term. Defaults to 10.
        bilateral_sxy: Its width in pixels. Defaults to 50.
        bilateral_srgb: Its width in grey levels. Defaults to 5.

    Returns:
        (H, W) bool.

    Raises:
        ValueError: If image, mask and unknown differ in size.
        ImportError: If pydensecrf is not installed.
    """
    try:
        from pydensecrf.densecrf import DenseCRF2D
    except ImportError as error:
        raise ImportError(
            'The dense CRF needs pydensecrf: `pip install pydensecrf2`, '
            'or switch it off with `crf=False`.'
        ) from error
    check_count('iterations', iterations)
    # pydensecrf takes no read-only buffer, such as Pillow's.
    pixels = np.require(check_image(image), requirements=['C', 'W'])
    foreground = as_array('mask', mask).astype(np.float32)
    height, width = pixels.shape[:2]
    if foreground.shape != (height, width):
        raise ValueError(
            'Expected argument `mask` to have the size of the image '
            f'{(height, width)}, but got shape {foreground.shape}.'
        )
    logits = np.stack([1 - foreground, foreground])
    if unknown is not None:
        open_pixels = as_array('unknown', unknown).astype(bool)
        if open_pixels.shape != foreground.shape:
            raise ValueError(
                'Expected argument `unknown` to have the size of the image '
                f'{(height, width)}, but got shape {open_pixels.shape}.'
            )
        logits[:, open_pixels] = 0.5
    logits = logits.reshape(2, -1)
    unary = np.logaddexp(logits[0], logits[1])[None] - logits
    crf = DenseCRF2D(width, height, 2)
    crf.setUnaryEnergy(np.ascontiguousarray(unary, dtype=np.float32))
    crf.addPairwiseGaussian(sxy=gaussian_sxy, compat=gaussian_weight)
    crf.addPairwiseBilateral(
        sxy=bilateral_sxy,
        srgb=bilateral_srgb,
        rgbim=pixels,
        compat=bilateral_weight,
    )
    marginals = np.asarray(crf.inference(iterations))
    return np.asarray(marginals[1] > marginals[0]).reshape(height, width)


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
