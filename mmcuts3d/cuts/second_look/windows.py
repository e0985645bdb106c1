"""Windows of an image, and masks of a window back in the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._check import check_count, check_range
from ..pixel_masks import resize_nearest
from ..types import PseudoInstances, _check_shape


@dataclass(frozen=True)
class Window:
    """A part of an image, magnified `zoom` times.

    The patches of the window are those of a grid that is `zoom` times finer
    than the image's, so that they come back without being resampled.

    Attributes:
        top: First row on the finer grid.
        left: First column on the finer grid.
        grid: (h, w), patches of the image, and of the window.
        zoom: How many times finer.
    """

    top: int
    left: int
    grid: tuple[int, int]
    zoom: int

    def pixels(self, size: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the window in an array (H, W).

        Args:
            size: (H, W) of the image, or of a map of the same frame.

        Returns:
            Slices, with at least one element each; where a border lies
            between two pixels, to the nearest.
        """
        rows, columns = (
            _span(first, patches, patches * self.zoom, pixels)
            for first, patches, pixels in zip(
                (self.top, self.left), self.grid, size, strict=True
            )
        )
        return rows, columns

    @property
    def patches(self) -> tuple[slice, slice]:
        """Rows and columns of the window on the finer grid."""
        height, width = self.grid
        return (
            slice(self.top, self.top + height),
            slice(self.left, self.left + width),
        )


def look_windows(
    grid: tuple[int, int], zoom: int = 3, overlap: float = 0.25
) -> list[Window]:
    """Windows that cover an image, row by row.

    Args:
        grid: (h, w), patches of the image.
        zoom: Sides of the image in sides of a window, at least 2. Defaults
            to 3.
        overlap: Least share of a window's side that it has in common with
            the next, in [0, 0.75]. Defaults to 0.25: what is at most a
            quarter as long as a window lies whole in one of them.

    Returns:
        Windows at even distances. 4 × 4 for the defaults.

    Raises:
        ValueError: On a setting out of range.
    """
    check_count('zoom', zoom, 2)
    check_range('overlap', overlap, 0, 0.75)
    number = int(np.ceil((zoom - overlap) / (1 - overlap) - 1e-9))
    tops, lefts = (
        [round(i * patches * (zoom - 1) / (number - 1)) for i in range(number)]
        for patches in grid
    )
    return [Window(top, left, grid, zoom) for top in tops for left in lefts]


def to_image(
    found: PseudoInstances, window: Window, size: tuple[int, int]
) -> PseudoInstances:
    """Instances of a window as instances of the image.

    Those that touch a border of the window inside the image are left out:
    they go on outside.

    Args:
        found: Masks of the size of the window's pixels, on the window's
            grid.
        window: The window.
        size: (H, W) of the image.

    Returns:
        Masks (N, H, W); patch masks and confidences (N, h·zoom, w·zoom);
        without steps.

    Raises:
        ValueError: If the masks have another size or grid.
    """
    rows, columns = window.pixels(size)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    _check_shape('masks', found.masks, (None, *shape))
    _check_shape('patch_masks', found.patch_masks, (None, *window.grid))
    found = found[whole_masks(found.masks, (rows, columns), size)]
    fine = (window.grid[0] * window.zoom, window.grid[1] * window.zoom)
    masks = np.zeros((len(found), *size), bool)
    masks[:, rows, columns] = found.masks
    corner = (columns.start, rows.start, columns.start, rows.start)
    return PseudoInstances(
        masks=masks,
        patch_masks=_inside(found.patch_masks, window, fine),
        scores=found.scores,
        confidences=None
        if found.confidences is None
        else _inside(found.confidences, window, fine),
        boxes=found.boxes + np.array(corner, found.boxes.dtype),
    )


def whole_masks(
    masks: NDArray[np.bool_],
    place: tuple[slice, slice],
    size: tuple[int, int],
) -> NDArray[np.bool_]:
    """(N,) bool, the masks that do not go on outside of their window.

    Args:
        masks: (N, h, w) bool, of a window.
        place: Its rows and columns in the image.
        size: (H, W) of the image.
    """
    cut = np.zeros(len(masks), bool)
    for axis, (span, side) in enumerate(zip(place, size, strict=True)):
        lines: NDArray[np.bool_] = np.any(masks, axis=2 - axis)
        if span.start > 0:
            cut |= lines[:, 0]
        if span.stop < side:
            cut |= lines[:, -1]
    return ~cut


def on_finer_grid(found: PseudoInstances, zoom: int) -> PseudoInstances:
    """The same instances with each patch divided into zoom × zoom."""
    height, width = found.patch_masks.shape[1:]
    shape = (height * zoom, width * zoom)
    return replace(
        found,
        patch_masks=_each(found.patch_masks, shape),
        confidences=None
        if found.confidences is None
        else _each(found.confidences, shape),
    )


def joined(parts: Sequence[PseudoInstances]) -> PseudoInstances:
    """Instances of one image together, with the steps of the first part."""
    sure = [part.confidences for part in parts]
    return PseudoInstances(
        masks=np.concatenate([part.masks for part in parts]),
        patch_masks=np.concatenate([part.patch_masks for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        confidences=None
        if any(values is None for values in sure)
        else np.concatenate([values for values in sure if values is not None]),
        boxes=np.concatenate([part.boxes for part in parts]),
        steps=parts[0].steps,
    )


def _span(first: int, patches: int, whole: int, pixels: int) -> slice:
    start = round(first * pixels / whole)
    stop = max(start + 1, round((first + patches) * pixels / whole))
    return slice(min(start, pixels - 1), min(stop, pixels))


def _inside(
    maps: NDArray[Any], window: Window, fine: tuple[int, int]
) -> NDArray[Any]:
    placed = np.zeros((len(maps), *fine), maps.dtype)
    rows, columns = window.patches
    placed[:, rows, columns] = maps
    return placed


def _each(maps: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    if not len(maps):
        return np.zeros((0, *shape), maps.dtype)
    return np.stack([resize_nearest(values, shape) for values in maps])
