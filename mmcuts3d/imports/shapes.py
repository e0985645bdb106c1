"""Shapes that people draw, as masks.

Coordinates are in pixels, x to the right and y down, the corner of the image
at 0; a pixel belongs to a polygon as pycocotools has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import RunLength, read_segmentation

#: Corners of the polygon that stands for an ellipse.
_CORNERS = 180


def polygon_code(
    corners: Sequence[Sequence[float]], height: int, width: int
) -> RunLength:
    """The mask of a polygon.

    Args:
        corners (Sequence): x and y of each; less than three enclose nothing.
        height (int): Of the image in pixels.
        width (int): Of the image in pixels.

    Returns:
        RunLength: Perhaps without a pixel.

    Raises:
        ValueError: If a coordinate is no finite number, or out of all
            proportion.
    """
    flat: list[Any] = [value for corner in corners for value in corner]
    found = read_segmentation([flat], height, width).code
    return no_pixels(height, width) if found is None else found


def box_corners(
    left: float,
    top: float,
    right: float,
    bottom: float,
    degrees: float = 0.0,
    pivot: tuple[float, float] | None = None,
) -> list[tuple[float, float]]:
    """Corners of a box that may be turned.

    Args:
        left (float): Side in pixels, as the others.
        top (float): Side.
        right (float): Side.
        bottom (float): Side.
        degrees (float): Turn, clockwise as one looks. Defaults to 0.
        pivot (tuple, optional): x and y of what stays where it is. Defaults
            to None: the centre.

    Returns:
        list: Four corners.
    """
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    centre = ((left + right) / 2, (top + bottom) / 2)
    return _turned(corners, degrees, pivot or centre)


def ellipse_corners(
    centre: tuple[float, float],
    radii: tuple[float, float],
    degrees: float = 0.0,
) -> list[tuple[float, float]]:
    """Corners of a polygon that stands for an ellipse.

    Args:
        centre (tuple): x and y in pixels.
        radii (tuple): Along x and y, before it is turned.
        degrees (float): Turn about the centre, clockwise as one looks.
            Defaults to 0.

    Returns:
        list: Corners.
    """
    angles = [2 * math.pi * k / _CORNERS for k in range(_CORNERS)]
    corners = [
        (
            centre[0] + radii[0] * math.cos(angle),
            centre[1] + radii[1] * math.sin(angle),
        )
        for angle in angles
    ]
    return _turned(corners, degrees, centre)


def placed_code(
    crop: npt.NDArray[np.bool_], left: int, top: int, height: int, width: int
) -> RunLength:
    """The mask of a part of the image; what leaves the image is cut off.

    Args:
        crop (ndarray): (h, w), bool.
        left (int): Column of its first pixel.
        top (int): Row of its first pixel.
        height (int): Of the image in pixels.
        width (int): Of the image in pixels.

    Returns:
        RunLength: Perhaps without a pixel.
    """
    whole = np.zeros((height, width), bool)
    rows = slice(max(top, 0), max(min(top + crop.shape[0], height), 0))
    columns = slice(max(left, 0), max(min(left + crop.shape[1], width), 0))
    part = whole[rows, columns]
    part |= crop[max(-top, 0) :, max(-left, 0) :][
        : part.shape[0], : part.shape[1]
    ]
    return encode_mask(whole)


def no_pixels(height: int, width: int) -> RunLength:
    """A mask without a pixel."""
    return encode_mask(np.zeros((height, width), bool))


def _turned(
    corners: list[tuple[float, float]],
    degrees: float,
    pivot: tuple[float, float],
) -> list[tuple[float, float]]:
    if not degrees:
        return corners
    cosine = math.cos(math.radians(degrees))
    sine = math.sin(math.radians(degrees))
    x0, y0 = pivot
    return [
        (
            x0 + cosine * (x - x0) - sine * (y - y0),
            y0 + sine * (x - x0) + cosine * (y - y0),
        )
        for x, y in corners
    ]
