"""Dense CRF that fits a map of several labels to the colours of the image.

Kraehenbuehl and Koltun, 2011, on the lattice that :func:`.dense_crf` filters
with; pydensecrf is the reference of the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._check import as_array, check_image
from .dense_crf import check_crf_settings

#: Least probability of a label, so that none is ruled out for good.
LEAST = 1e-5


def dense_crf_labels(
    image: ArrayLike,
    probabilities: ArrayLike,
    *,
    iterations: int = 10,
    gaussian_weight: float = 7,
    gaussian_sxy: float = 3,
    bilateral_weight: float = 10,
    bilateral_sxy: float = 50,
    bilateral_srgb: float = 5,
) -> NDArray[np.int64]:
    """Refine a map of labels by mean-field inference.

    The unary is the negative log of the probabilities, which count as 1e-5
    where they are lower; two labels that differ pay the same whichever they
    are (Potts).

    Args:
        image: (H, W, 3) uint8 RGB.
        probabilities: (C, H, W) float in [0, 1] that sum to 1 at each pixel,
            of C labels.
        iterations: Defaults to 10, and so on: those of
            :func:`~mmcuts3d.cuts.dense_crf`.
        gaussian_weight: Of the smoothness term. Defaults to 7.
        gaussian_sxy: Its width in pixels. Defaults to 3.
        bilateral_weight: Of the appearance term. Defaults to 10.
        bilateral_sxy: Its width in pixels. Defaults to 50.
        bilateral_srgb: Its width in grey levels. Defaults to 5.

    Returns:
        (H, W) int64 in [0, C), the likeliest label; of equally likely ones
        the first.

    Raises:
        ValueError: If image and probabilities differ in size, those are none,
            or a setting is out of range.
    """
    pixels = check_image(image)
    likely = _check_probabilities(probabilities, pixels.shape[:2])
    widths = dict(
        gaussian_weight=gaussian_weight,
        gaussian_sxy=gaussian_sxy,
        bilateral_weight=bilateral_weight,
        bilateral_sxy=bilateral_sxy,
        bilateral_srgb=bilateral_srgb,
    )
    check_crf_settings(iterations=iterations, **widths)
    from .crf.mean_field import ImageCRF

    unary = np.log(np.clip(likely.reshape(len(likely), -1), LEAST, 1))
    marginals = ImageCRF(pixels, **widths).label_marginals(unary, iterations)
    return np.asarray(
        marginals.argmax(axis=0).reshape(pixels.shape[:2]), np.int64
    )


def _check_probabilities(
    probabilities: ArrayLike, size: tuple[int, ...]
) -> NDArray[np.float32]:
    """(C, H, W) float32, or ValueError."""
    likely = as_array('probabilities', probabilities).astype(np.float32)
    if likely.ndim != 3 or likely.shape[1:] != size or not len(likely):
        raise ValueError(
            'Expected argument `probabilities` to be (C, H, W) of the size '
            f'of the image {size}, but got shape {likely.shape}.'
        )
    # NaN is within nothing: asked for so that it is refused.
    if not ((likely >= 0) & (likely <= 1.001)).all():
        raise ValueError(
            'Expected argument `probabilities` to lie in [0, 1], but got '
            f'values from {likely.min():.4g} to {likely.max():.4g}; give the '
            'softmax of logits.'
        )
    total = likely.sum(axis=0)
    if not np.allclose(total, 1, atol=1e-3):
        raise ValueError(
            'Expected argument `probabilities` to sum to 1 at each pixel, '
            f'but got sums from {total.min():.4g} to {total.max():.4g}.'
        )
    return likely
