"""Dense CRF on a device: the twin of ``dense_crf.py``."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ..dense_crf import check_crf_input, check_crf_settings
from .crf.mean_field import ImageCRF


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
    device: torch.device | str = 'cpu',
) -> NDArray[np.bool_]:
    """Refine binary masks by mean-field inference with two labels.

    It differs from the reference by rounding: in pixels where both labels
    are as likely.

    Args:
        image: See :func:`mmcuts3d.cuts.dense_crf`, as the others.
        mask: (H, W), or (M, H, W), refined together.
        unknown: Of the shape of `mask`.
        iterations: Defaults to 10, and so on: the reference's.
        gaussian_weight: Of the smoothness term. Defaults to 7.
        gaussian_sxy: Its width in pixels. Defaults to 3.
        bilateral_weight: Of the appearance term. Defaults to 10.
        bilateral_sxy: Its width in pixels. Defaults to 50.
        bilateral_srgb: Its width in grey levels. Defaults to 5.
        device: Where it is computed. Defaults to 'cpu'.

    Returns:
        Bool, of the shape of `mask`, on the CPU.

    Raises:
        ValueError: As the reference.
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
    crf = ImageCRF(
        # A copy: tensors share no read-only memory.
        torch.from_numpy(np.array(pixels, order='C')).to(device),
        gaussian_weight,
        gaussian_sxy,
        bilateral_weight,
        bilateral_sxy,
        bilateral_srgb,
    )
    flat = torch.from_numpy(log_odds.reshape(-1, len(pixels[0]) * len(pixels)))
    refined = crf(flat.to(device), iterations)
    return refined.cpu().numpy().reshape(log_odds.shape)
