"""From patch masks to pixel masks: CRF, hole filling, acceptance (MaskCut)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from ._check import check_literal, check_range
from .dense_crf import check_crf, dense_crf
from .pixel_masks import mask_iou, resize_nearest

Rest = Literal['background', 'unknown']


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """How a patch mask becomes a pixel mask.

    Args:
        crf: Whether to run the dense CRF, or its settings by name, see
            :func:`dense_crf`. Defaults to True (MaskCut).
        min_crf_iou: A mask that overlaps its refined self by less is
            rejected: it followed no edge of the image. Defaults to 0.5
            (MaskCut).
        rest: What the CRF makes of the rest of the semantic masks, which
            belongs to other instances of the same look:
            ``'background'`` (MaskCut), or ``'unknown'``, beyond the paper:
            colours cannot tell them apart, so that a CRF with two labels
            leaks from one into the other. Defaults to 'background'.

    Raises:
        ValueError: On a setting out of range.
    """

    crf: bool | Mapping[str, float] = True
    min_crf_iou: float = 0.5
    rest: Rest = 'background'

    def __post_init__(self) -> None:
        check_crf(self.crf)
        check_range('min_crf_iou', self.min_crf_iou, 0, 1)
        check_literal('rest', self.rest, Rest)

    def __call__(
        self,
        image: NDArray[np.uint8],
        patches: NDArray[np.bool_],
        others: NDArray[np.bool_],
    ) -> NDArray[np.bool_] | None:
        """Fit a patch mask to the image.

        Args:
            image: (H, W, 3) uint8 RGB.
            patches: (h, w) bool, the instance.
            others: (h, w) bool, the rest of the semantic masks.

        Returns:
            (H, W) bool, or None if the mask is rejected.
        """
        size = (image.shape[0], image.shape[1])
        rest = None
        if self.rest == 'unknown':
            rest = resize_nearest(others, size)
        return refine_mask(
            image,
            resize_nearest(patches, size),
            self.crf,
            self.min_crf_iou,
            rest,
        )


def refine_mask(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    crf: bool | Mapping[str, float] = True,
    min_crf_iou: float = 0.5,
    rest: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_] | None:
    """Fit a pixel mask (H, W) to the image; None if it has to be rejected.

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) bool.
        crf: See :class:`Refinement`.
        min_crf_iou: See :class:`Refinement`.
        rest: (H, W) bool, what belongs to other instances of the same look.
            It is unknown to the CRF, so that it neither draws the mask over
            nor pushes it out, and is taken from the result. Defaults to
            None.
    """
    if crf is False:
        return mask if mask.any() else None
    settings: dict[str, Any] = {} if crf is True else dict(crf)
    refined = binary_fill_holes(dense_crf(image, mask, rest, **settings))
    if rest is not None:  # after the filling: a hole may be an instance
        refined &= ~rest
    if mask_iou(mask, refined) < min_crf_iou or not refined.any():
        return None
    return np.asarray(refined, bool)
