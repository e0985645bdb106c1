"""From patch masks to pixel masks: CRF, hole filling, acceptance (MaskCut)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from ._check import check_literal, check_range
from .dense_crf import check_crf, dense_crf, fit_to_colours
from .pixel_confidence import MapKind, pixel_confidences
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
        confidence: The confidence map of an instance: that of the
            ``'patches'``, Spatial Confidence as it was cut; ``'aligned'``,
            the same fitted to the image (Table 5d; supplement, B.3); or
            ``'crf'``, how likely the CRF takes each pixel to be of the
            instance, without 3D (supplement, B.5). Defaults to 'patches'.

    Raises:
        ValueError: On a setting out of range, or confidence of a CRF that
            does not run.
    """

    crf: bool | Mapping[str, float] = True
    min_crf_iou: float = 0.5
    rest: Rest = 'background'
    confidence: MapKind = 'patches'

    def __post_init__(self) -> None:
        check_crf(self.crf)
        check_range('min_crf_iou', self.min_crf_iou, 0, 1)
        check_literal('rest', self.rest, Rest)
        check_literal('confidence', self.confidence, MapKind)
        if self.confidence != 'patches' and self.crf is False:
            raise ValueError(
                "Expected argument `confidence` to be 'patches' without a "
                f'CRF, but got {self.confidence!r}, which the CRF makes.'
            )

    def __call__(
        self,
        image: NDArray[np.uint8],
        patches: Sequence[NDArray[np.bool_]],
        others: Sequence[NDArray[np.bool_]],
        fitted: NDArray[np.bool_] | None = None,
    ) -> list[NDArray[np.bool_] | None]:
        """Fit the patch masks of an image to it.

        Args:
            image: (H, W, 3) uint8 RGB.
            patches: (h, w) bool each, the instances.
            others: (h, w) bool each, the rest of the semantic masks.
            fitted: See :func:`refine_masks`. Defaults to None.

        Returns:
            For each (H, W) bool, or None if the mask is rejected.
        """
        size = (image.shape[0], image.shape[1])
        masks, rests = self.enlarged(size, patches, others)
        return refine_masks(
            image, masks, self.crf, self.min_crf_iou, rests, fitted
        )

    def confidences(
        self,
        image: NDArray[np.uint8],
        patches: Sequence[NDArray[np.bool_]],
        others: Sequence[NDArray[np.bool_]],
        confidences: Sequence[NDArray[np.float32] | None],
    ) -> list[NDArray[np.float32] | None]:
        """The confidence maps of instances that were kept.

        Args:
            image: (H, W, 3) uint8 RGB.
            patches: (h, w) bool each, the instances.
            others: (h, w) bool each, the rest of the semantic masks.
            confidences: (h, w) float each, of their steps, or None.

        Returns:
            For each (h, w) or, of the other kinds, (H, W) float32 in [0, 1];
            None for a method without.
        """
        inside = [
            None
            if confidence is None
            else np.where(mask, confidence, 0).astype(np.float32)
            for mask, confidence in zip(patches, confidences, strict=True)
        ]
        if self.confidence == 'patches':
            return inside
        size = (image.shape[0], image.shape[1])
        masks, rests = self.enlarged(size, patches, others)
        return list(
            pixel_confidences(
                self.confidence, image, masks, rests, inside, self.crf
            )
        )

    def enlarged(
        self,
        size: tuple[int, int],
        patches: Sequence[NDArray[np.bool_]],
        others: Sequence[NDArray[np.bool_]],
    ) -> tuple[list[NDArray[np.bool_]], list[NDArray[np.bool_]] | None]:
        """What the CRF is asked: masks, and pixels that are unknown to it.

        Args:
            size: (H, W) of the image.
            patches: (h, w) bool each, the instances.
            others: (h, w) bool each, the rest of the semantic masks.

        Returns:
            (H, W) bool for each instance, and for each rest; None for the
            rests where they are background.
        """
        masks = [resize_nearest(mask, size) for mask in patches]
        if self.rest == 'background':
            return masks, None
        return masks, [resize_nearest(mask, size) for mask in others]


def refine_masks(
    image: NDArray[np.uint8],
    masks: Sequence[NDArray[np.bool_]],
    crf: bool | Mapping[str, float] = True,
    min_crf_iou: float = 0.5,
    rests: Sequence[NDArray[np.bool_]] | None = None,
    fitted: NDArray[np.bool_] | None = None,
) -> list[NDArray[np.bool_] | None]:
    """Fit pixel masks to their image; None for one that is rejected.

    Args:
        image: (H, W, 3) uint8 RGB.
        masks: (H, W) bool each.
        crf: See :class:`Refinement`.
        min_crf_iou: See :class:`Refinement`.
        rests: (H, W) bool each, what belongs to other instances of the same
            look. It is unknown to the CRF, so that it neither draws the mask
            over nor pushes it out, and is taken from the result. Defaults to
            None.
        fitted: (M, H, W) bool, what the CRF makes of the masks where it ran
            before. Defaults to None: it runs here.
    """
    if crf is False or not len(masks):
        return [mask if mask.any() else None for mask in masks]
    if fitted is None:
        fitted = fit_to_colours(dense_crf, image, masks, rests, crf)
    refined: list[NDArray[np.bool_] | None] = []
    for place, mask in enumerate(fitted):
        filled = binary_fill_holes(mask)
        if rests is not None:  # after the filling: a hole may be an instance
            filled &= ~rests[place]
        kept = filled.any() and mask_iou(masks[place], filled) >= min_crf_iou
        refined.append(np.asarray(filled, bool) if kept else None)
    return refined


def refine_mask(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    crf: bool | Mapping[str, float] = True,
    min_crf_iou: float = 0.5,
    rest: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_] | None:
    """Fit one pixel mask (H, W) to the image, see :func:`refine_masks`."""
    rests = None if rest is None else [rest]
    return refine_masks(image, [mask], crf, min_crf_iou, rests)[0]
