"""What a second look at an image is, and what of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import (
    check_arguments,
    check_count,
    check_flag,
    check_range,
    check_unit_depth,
)
from ..types import PseudoInstances
from .windows import Window, joined, look_windows, on_finer_grid, to_image


@dataclass(frozen=True, kw_only=True)
class SecondLook:
    """Cuts windows of an image after the image itself; ours.

    An object of a few patches is below `min_area`, and its features are
    mixed with those around it. In a window it is `zoom` times as long. This
    is in no paper.

    Args:
        zoom: Sides of the image in sides of a window, at least 2. Defaults
            to 3.
        overlap: See :func:`look_windows`. Defaults to 0.25.
        stretch_depth: Whether the depth of a window is stretched to [0, 1],
            as that of an image is. Defaults to False: as in the image.
        max_area: Masks of more than this share of their window are left to
            the first look. Defaults to 0.25.
        max_iou: A mask that overlaps one that is kept by more is a
            duplicate. Masks of the first look come first, then by score.
            Defaults to 0.5.
        max_inside: Nor is a mask kept of which more than this share lies in
            one that is kept: it is a piece of it. Defaults to 0.5.
        score_factor: What the scores of the second look are multiplied by,
            in (0, 1]: more of them are wrong. Defaults to 0.5.
        max_instances: Masks an image, of both looks, at most; those of the
            first are all kept. Defaults to 20.

    Raises:
        ValueError: On a setting out of range.
    """

    zoom: int = 3
    overlap: float = 0.25
    stretch_depth: bool = False
    max_area: float = 0.25
    max_iou: float = 0.5
    max_inside: float = 0.5
    score_factor: float = 0.5
    max_instances: int = 20

    def __post_init__(self) -> None:
        look_windows((1, 1), self.zoom, self.overlap)
        check_flag('stretch_depth', self.stretch_depth)
        check_range('max_area', self.max_area, 0, 1, open_low=True)
        check_range('max_iou', self.max_iou, 0, 1)
        check_range('max_inside', self.max_inside, 0, 1)
        check_range('score_factor', self.score_factor, 0, 1, open_low=True)
        check_count('max_instances', self.max_instances)

    @classmethod
    def from_settings(cls, **settings: Any) -> SecondLook:
        """A second look by settings of whose names one cannot be sure.

        Args:
            **settings: Arguments of :class:`SecondLook`.

        Raises:
            ValueError: On another name, or settings out of range.
        """
        check_arguments(cls, settings, {})
        return cls(**settings)

    def windows(self, grid: tuple[int, int]) -> list[Window]:
        """The windows of an image with (h, w) patches."""
        return look_windows(grid, self.zoom, self.overlap)

    def depth_of(
        self, depth: ArrayLike, window: Window
    ) -> NDArray[np.float32]:
        """(h, w) float32 in [0, 1], the depth of a window.

        Args:
            depth: Of the image, (H, W) float in [0, 1], of any size.
            window: The window.

        Raises:
            ValueError: If `depth` has another shape or range.
        """
        whole = check_unit_depth(depth)
        part = whole[window.pixels((whole.shape[0], whole.shape[1]))]
        low, high = float(part.min()), float(part.max())
        if not self.stretch_depth or high == low:
            return part
        return np.asarray((part - low) / (high - low), np.float32)

    def merge(
        self,
        first: PseudoInstances,
        seen: Sequence[tuple[Window, PseudoInstances]],
    ) -> PseudoInstances:
        """The instances of both looks.

        Args:
            first: Of the image.
            seen: Windows, and what was found in each, at the size of its
                pixels.

        Returns:
            Those of the first look, then those of the second by falling
            score. Patch masks and confidences are on a grid that is `zoom`
            times finer than the image's; the steps are of the first look.

        Raises:
            ValueError: If masks have not the size or the grid of their
                window.
        """
        size = (first.masks.shape[1], first.masks.shape[2])
        whole = on_finer_grid(first, self.zoom)
        parts = [
            self._small(to_image(found, window, size), window, size)
            for window, found in seen
        ]
        if not any(len(part) for part in parts):
            return whole
        again = joined(parts)
        order = np.argsort(-again.scores, kind='stable')
        again = again[order]
        kept = self._kept(first.masks, again.masks)
        return joined([whole, again[kept]])

    def _small(
        self, found: PseudoInstances, window: Window, size: tuple[int, int]
    ) -> PseudoInstances:
        rows, columns = window.pixels(size)
        pixels = (rows.stop - rows.start) * (columns.stop - columns.start)
        areas = found.masks.sum(axis=(1, 2))
        small = found[areas <= self.max_area * pixels]
        factor = np.float32(self.score_factor)
        return replace(small, scores=small.scores * factor)

    def _kept(
        self, first: NDArray[np.bool_], again: NDArray[np.bool_]
    ) -> list[int]:
        """Which of the second look, (M, H, W) by falling score, are kept."""
        masks = [mask.ravel() for mask in first]
        kept: list[int] = []
        for place, mask in enumerate(again):
            if len(masks) >= self.max_instances:
                break
            mine = mask.ravel()
            if not any(self._same(mine, other) for other in masks):
                kept.append(place)
                masks.append(mine)
        return kept

    def _same(self, mask: NDArray[np.bool_], kept: NDArray[np.bool_]) -> bool:
        """Whether a mask repeats one that is kept, or is a piece of it."""
        common = int((mask & kept).sum())
        area = int(mask.sum())
        union = area + int(kept.sum()) - common
        return common > self.max_iou * union or common > self.max_inside * area
