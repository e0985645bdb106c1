"""From patch masks to pixel masks: CRF, hole filling, acceptance (MaskCut)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes

from ._check import check_choice, grid_of
from .dense_crf import dense_crf
from .types import CutStep, PseudoInstances

SCORES = ('confidence', 'separation')


def mask_iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of one shape; 0 if both empty."""
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 0.0


def box_of(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(4,) x1, y1, x2, y2 in pixels, x2 and y2 exclusive; 0s if empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros(4, np.float32)
    return np.array(
        [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32
    )


def resize_nearest(mask: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Nearest-neighbour resize of (h, w) to `shape`, cell by cell."""
    rows = np.arange(shape[0]) * mask.shape[0] // shape[0]
    columns = np.arange(shape[1]) * mask.shape[1] // shape[1]
    resized: NDArray[Any] = mask[rows[:, None], columns[None, :]]
    return resized


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
        crf: Whether to run the CRF, or its settings.
        min_crf_iou: A mask that overlaps its refined self by less is
            rejected: it followed no edge of the image. Defaults to 0.5.
        rest: (H, W) bool, what belongs to other instances of the same look,
            which colours cannot tell from this one. It is unknown to the
            CRF, so that it neither draws the mask over nor pushes it out,
            and is taken from the result. Defaults to None.
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


def to_instances(
    image: NDArray[np.uint8],
    steps: Sequence[CutStep],
    crf: bool | Mapping[str, float] = True,
    min_crf_iou: float = 0.5,
    crf_rest: str = 'background',
    score: str = 'confidence',
) -> PseudoInstances:
    """Refine the accepted cuts of an image and collect what is left.

    A later cut loses the patches that an earlier one holds (MaskCut).

    Args:
        image: (H, W, 3) uint8 RGB.
        steps: Rounds of a method on one grid, at least one.
        crf: See :func:`refine_mask`.
        min_crf_iou: See :func:`refine_mask`.
        crf_rest: What the CRF makes of the other instances of the semantic
            groups: ``'background'`` as MaskCut has it, or ``'unknown'``, see
            `rest` of :func:`refine_mask`. Defaults to 'background'.
        score: ``'confidence'``, mean confidence of the mask (§3.4), or
            ``'separation'``, that times the separation of the step.
            Defaults to 'confidence'.

    Returns:
        :class:`PseudoInstances`.
    """
    check_choice('score', score, SCORES)
    size = (image.shape[0], image.shape[1])
    taken = np.zeros(steps[0].local_cut.shape, bool)
    groups = np.any([step.bipartition for step in steps], axis=0)
    found = []
    for step in steps:
        if not step.accepted:
            continue
        patches = step.local_cut & ~taken
        taken |= step.local_cut
        if not patches.any():  # all of it was found before
            continue
        pixels = refine_mask(
            image,
            resize_nearest(patches, size),
            crf,
            min_crf_iou,
            resize_nearest(groups & ~patches, size)
            if crf_rest == 'unknown'
            else None,
        )
        if pixels is not None:
            confidence = np.where(patches, step.confidence, 0)
            value = confidence[patches].mean()
            if score == 'separation':
                if np.isnan(step.separation):
                    raise ValueError(
                        'Expected steps with a separation for argument '
                        "`score` 'separation', but got NaN: they have no "
                        'depth.'
                    )
                value *= step.separation
            found.append((pixels, patches, value, confidence))
    if not found:
        return PseudoInstances.empty(size, grid_of(taken))
    masks, patch_masks, scores, confidences = zip(*found, strict=True)
    return PseudoInstances(
        masks=np.stack(masks),
        patch_masks=np.stack(patch_masks),
        scores=np.array(scores, np.float32),
        confidences=np.stack(confidences).astype(np.float32),
        boxes=np.stack([box_of(mask) for mask in masks]),
    )
