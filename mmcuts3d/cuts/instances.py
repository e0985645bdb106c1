"""From the steps of a method to the pseudo-labels of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ._check import check_literal, grid_of
from .pixel_masks import box_of
from .refinement import Refinement
from .spatial.spatial_confidence import MIN_CONFIDENCE
from .types import (
    LOST_TO_CRF,
    TAKEN,
    VANISHED,
    CutStep,
    PseudoInstances,
)

Score = Literal['confidence', 'separation']
Overlaps = Literal['cut', 'keep']


def to_instances(
    image: NDArray[np.uint8],
    steps: Sequence[CutStep],
    refine: Refinement | None = None,
    score: Score = 'confidence',
    fitted: NDArray[np.bool_] | None = None,
    overlaps: Overlaps = 'cut',
) -> PseudoInstances:
    """Refine the accepted cuts of an image and collect what is left.

    A later cut loses the patches that an earlier one holds (MaskCut), if
    masks may not overlap.

    Args:
        image: (H, W, 3) uint8 RGB.
        steps: Steps of a method on one grid, at least one.
        refine: Defaults to None: :class:`Refinement` as MaskCut has it.
        score: ``'confidence'``, mean Spatial Confidence of the mask, at
            least 0.5 for each patch (§3.4), and 1 without confidence; or
            ``'separation'``, that times the separation of the step.
            Defaults to 'confidence'.
        fitted: (M, H, W) bool, what the CRF makes of
            :func:`masks_to_refine` where it ran before. Defaults to None: it
            runs here.
        overlaps: What becomes of patches that several accepted cuts hold:
            ``'cut'``, the first one has them (MaskCut), or ``'keep'``, each
            of them has them, for methods whose masks may overlap.
            Defaults to 'cut'.

    Returns:
        :class:`PseudoInstances` with these steps, each with the index of the
        instance that it became; without confidences if no step has any.

    Raises:
        ValueError: If `score` is 'separation' and steps have none, or some
            of the accepted cuts have a confidence and others have none.
    """
    check_literal('score', score, Score)
    check_literal('overlaps', overlaps, Overlaps)
    _check_confidences(steps)
    refine = refine or Refinement()
    size = (image.shape[0], image.shape[1])
    mine, others = masks_to_refine(steps, overlaps)
    refined_masks = refine(image, list(mine.values()), others, fitted)
    found = dict(zip(mine, refined_masks, strict=True))
    pixels: list[NDArray[np.bool_]] = []
    kept: list[int] = []
    told: list[CutStep] = []
    for place, step in enumerate(steps):
        refined = found.get(place)
        if refined is None:
            lost = step.status
            if place in found:
                lost = VANISHED if refine.crf is False else LOST_TO_CRF
            elif step.accepted:
                lost = TAKEN
            told.append(replace(step, status=lost))
            continue
        told.append(replace(step, instance=len(pixels)))
        pixels.append(refined)
        kept.append(place)
    if not pixels:
        sure = refine.confidence == 'crf' or any(
            step.confidence is not None for step in steps
        )
        none = PseudoInstances.empty(size, grid_of(steps[0].local_cut), sure)
        return replace(none, steps=tuple(told))
    patches = [mine[place] for place in kept]
    rests = dict(zip(mine, others, strict=True))
    maps = refine.confidences(
        image,
        patches,
        [rests[place] for place in kept],
        [steps[place].confidence for place in kept],
    )
    known = [one for one in maps if one is not None]
    where = patches if refine.confidence == 'patches' else pixels
    scores = [
        _score(steps[place], mask, one, score)
        for place, mask, one in zip(kept, where, maps, strict=True)
    ]
    return PseudoInstances(
        masks=np.stack(pixels),
        patch_masks=np.stack(patches),
        scores=np.array(scores, np.float32),
        confidences=np.stack(known) if known else None,
        boxes=np.stack([box_of(mask) for mask in pixels]),
        steps=tuple(told),
    )


def masks_to_refine(
    steps: Sequence[CutStep], overlaps: Overlaps = 'cut'
) -> tuple[dict[int, NDArray[np.bool_]], list[NDArray[np.bool_]]]:
    """What of the steps of an image is to be fitted to it.

    Args:
        steps: Steps of a method on one grid, at least one.
        overlaps: See :func:`to_instances`. Defaults to 'cut'.

    Returns:
        (h, w) bool by the index of its step, the accepted cuts, if they may
        not overlap without what earlier ones hold, where anything is left;
        and for each of them (h, w) bool, the rest of the semantic masks.
    """
    taken = np.zeros(steps[0].local_cut.shape, bool)
    semantic = np.any([step.semantic_mask for step in steps], axis=0)
    mine: dict[int, NDArray[np.bool_]] = {}
    for place, step in enumerate(steps):
        if not step.accepted:
            continue
        left = step.local_cut & ~taken
        if overlaps == 'cut':
            taken |= step.local_cut
        if left.any():
            mine[place] = left
    return mine, [semantic & ~mask for mask in mine.values()]


def _check_confidences(steps: Sequence[CutStep]) -> None:
    """An image has a map for each of its instances, or for none."""
    sure = [step.confidence is not None for step in steps if step.accepted]
    if any(sure) and not all(sure):
        raise ValueError(
            'Expected argument `steps` to have a confidence in all accepted '
            f'cuts or in none, but got one in {sum(sure)} of {len(sure)}.'
        )


def _score(
    step: CutStep,
    mask: NDArray[np.bool_],
    confidence: NDArray[np.float32] | None,
    score: Score,
) -> float:
    """The score of a mask, on the grid of its confidence map."""
    value = 1.0
    if confidence is not None:
        value = np.maximum(confidence[mask], MIN_CONFIDENCE).mean()
    if score == 'separation':
        if np.isnan(step.separation):
            raise ValueError(
                'Expected steps with a separation for argument `score` '
                "'separation', but got NaN: they have no depth."
            )
        value *= step.separation
    return value
