"""VoteCut's way from patches to pixels: a dense CRF around each mask.

CuVLER takes MaskCut's CRF, but on the surroundings of a mask only, and keeps
the patches where the CRF leaves them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .._check import check_literal, check_range
from ..dense_crf import check_crf
from ..pixel_masks import box_of, resize_nearest
from ..refinement import refine_mask

Rejected = Literal['keep', 'drop']


@dataclass(frozen=True, kw_only=True)
class VoteFitting:
    """How a mask of patches becomes a mask of pixels.

    The numbers are those of CuVLER's published code.

    Args:
        crf: Whether to run the dense CRF, or its settings by name, see
            :func:`~mmcuts3d.cuts.dense_crf`. Defaults to True.
        margin: The CRF sees the box of the mask, longer by this share of its
            side on either end. Defaults to 1/3.
        min_box_iou: The CRF has failed where the boxes before and after it
            overlap by less. Defaults to 0.5.
        rejected: What becomes of a mask then: ``'keep'``, its patches stay
            as they are, or ``'drop'``, it is left out. Defaults to 'keep'.

    Raises:
        ValueError: On a setting out of range.
    """

    crf: bool | Mapping[str, float] = True
    margin: float = 1 / 3
    min_box_iou: float = 0.5
    rejected: Rejected = 'keep'

    def __post_init__(self) -> None:
        check_crf(self.crf)
        check_range('margin', self.margin, 0)
        check_range('min_box_iou', self.min_box_iou, 0, 1)
        check_literal('rejected', self.rejected, Rejected)

    def __call__(
        self, image: NDArray[np.uint8], patches: NDArray[np.bool_]
    ) -> NDArray[np.bool_] | None:
        """Fit a mask of patches (h, w) to its image (H, W, 3).

        Returns:
            (H, W) bool; empty if it has no pixel at that size; None where
            the CRF has failed and that is to drop it.
        """
        height, width = image.shape[:2]
        mask = np.asarray(resize_nearest(patches, (height, width)), bool)
        if self.crf is False or not mask.any():
            return mask
        window = self._window(mask)
        # The IoU of masks is not asked: that of the boxes decides.
        fitted = refine_mask(image[window], mask[window], self.crf, 0.0)
        if fitted is not None:
            refined = np.zeros_like(mask)
            refined[window] = fitted
            if box_iou(box_of(mask), box_of(refined)) >= self.min_box_iou:
                return refined
        return mask if self.rejected == 'keep' else None

    def _window(self, mask: NDArray[np.bool_]) -> tuple[slice, slice]:
        x1, y1, x2, y2 = box_of(mask).astype(int).tolist()
        wide = int((x2 - x1) * self.margin)
        high = int((y2 - y1) * self.margin)
        rows = slice(max(y1 - high, 0), y2 + high)
        return rows, slice(max(x1 - wide, 0), x2 + wide)


def box_iou(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes (4,), x1, y1, x2, y2, not empty."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = float(np.prod(np.maximum(high - low, 0)))
    areas = float(np.prod(a[2:] - a[:2])) + float(np.prod(b[2:] - b[:2]))
    return shared / (areas - shared)
