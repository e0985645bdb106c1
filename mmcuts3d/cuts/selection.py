"""Which masks of an image are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label

from ._check import check_flag, check_literal, check_range
from .pixel_masks import mask_iou
from .semantic.semantic_cut import SemanticMask
from .types import (
    ACCEPTED,
    BACKGROUND,
    EMPTY,
    NOT_APART,
    OVERLAPS,
    TOO_SMALL,
)

Compare = Literal['previous', 'all']


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Judges the masks of an image, one after the other.

    Args:
        max_iou: A mask that overlaps an earlier one by more is not kept.
            Defaults to 0.5 (MaskCut).
        compare: With which earlier masks: ``'previous'``, the one of the
            step before, and none if that was rejected (MaskCut), or, beyond
            the paper, ``'all'`` that were kept. Defaults to 'previous'.
        min_area: Nor is a mask of at most this share of the grid.
            Defaults to 0.01 (MaskCut).
        judge_first: Whether `min_area` holds for the first mask too: a
            LocalCut can be trivial. Beyond the paper. Defaults to False
            (MaskCut).
        min_separation: A mask whose border parts less in 3D
            (:func:`separation`) is not kept: a piece of table is no object.
            Beyond the paper. Defaults to 0 (disabled).
        max_frame: Nor is a mask that covers more than this share of the frame
            of the image: a table, a road or a wall meets it on several sides,
            an object seldom does (a foreground prior). It leaves the graph,
            and its step does not count as one of N; in all there are at most
            3N. Beyond the paper. Defaults to 1 (disabled).
        remove_rejected: Whether the semantic mask of a rejected cut is
            removed from the graph. MaskCut removes nothing, so that the same
            cut comes again. Beyond the paper. Defaults to False.
        remove_small: Whether, where a mask was too small, all connected parts
            of the foreground that are too small are removed with it: odd
            tokens of a backbone, scattered over the image, are cut off
            together, but a mask holds one of them. Beyond the paper.
            Defaults to False.

    Raises:
        ValueError: On a setting out of range.
    """

    max_iou: float = 0.5
    compare: Compare = 'previous'
    min_area: float = 0.01
    judge_first: bool = False
    min_separation: float = 0.0
    max_frame: float = 1.0
    remove_rejected: bool = False
    remove_small: bool = False

    def __post_init__(self) -> None:
        check_range('max_iou', self.max_iou, 0, 1)
        check_literal('compare', self.compare, Compare)
        check_range('min_area', self.min_area, 0, 1)
        check_flag('judge_first', self.judge_first)
        check_range('min_separation', self.min_separation, 0, 1)
        check_range('max_frame', self.max_frame, 0, 1)
        check_flag('remove_rejected', self.remove_rejected)
        check_flag('remove_small', self.remove_small)

    def judge(
        self,
        mask: NDArray[np.bool_],
        earlier: Sequence[NDArray[np.bool_] | None],
        separation: float = 1.0,
    ) -> str:
        """Status of a mask (h, w), 'accepted' or why it is not kept.

        Args:
            mask: (h, w) bool.
            earlier: The masks of the steps before, None for a rejected one.
            separation: Of the mask, in [0, 1], or NaN where nothing was cut
                in 3D, which passes. Defaults to 1.
        """
        if not mask.any():
            return EMPTY
        others = earlier[-1:] if self.compare == 'previous' else earlier
        if any(
            mask_iou(mask, other) > self.max_iou
            for other in others
            if other is not None
        ):
            return OVERLAPS
        sized = self.judge_first or len(earlier) > 0
        if sized and mask.mean() <= self.min_area:
            return TOO_SMALL
        if frame_share(mask) > self.max_frame:
            return BACKGROUND
        return NOT_APART if separation < self.min_separation else ACCEPTED

    def removed(
        self,
        status: str,
        kept: NDArray[np.bool_],
        cut: SemanticMask,
        found: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """What leaves the graph after a step, (h, w) bool.

        Args:
            status: What :meth:`judge` says of its mask.
            kept: (h, w) bool, what leaves after a mask that is kept, or
                whose place is known not to hold an object.
            cut: The semantic cut of the step.
            found: (h, w) bool, patches found before.
        """
        if status in (ACCEPTED, NOT_APART, BACKGROUND):
            return kept
        gone: NDArray[np.bool_] = np.zeros_like(found)
        if self.remove_rejected:
            gone = gone | cut.mask
        if self.remove_small and status == TOO_SMALL:
            left = cut.bipartition.foreground & ~found
            gone = gone | small_parts(left, self.min_area * left.size)
        return gone

    def is_last(self, statuses: Sequence[str], number: int) -> bool:
        """Whether no step comes after those of some statuses.

        Args:
            statuses: Of the steps so far.
            number: N, steps of an image; background does not count.
        """
        counted = sum(status != BACKGROUND for status in statuses)
        return counted >= number or len(statuses) >= 3 * number


def small_parts(mask: NDArray[np.bool_], largest: float) -> NDArray[np.bool_]:
    """The 4-connected parts of a mask that have at most so many patches.

    Args:
        mask: (h, w) bool.
        largest: Patches.
    """
    parts, _ = label(mask)
    small = np.bincount(parts.ravel()) <= largest
    return np.asarray(small[parts] & mask)


def frame_share(mask: NDArray[np.bool_]) -> float:
    """The share of the frame of the image, the outermost patches, in a mask.

    Args:
        mask: (h, w) bool.
    """
    frame = np.ones(mask.shape, bool)
    frame[1:-1, 1:-1] = False
    return float(mask[frame].mean())
