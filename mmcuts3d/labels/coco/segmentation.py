"""Masks of COCO annotations, in any of the forms that tools write."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .run_lengths import RunLength, check_run_length
from .values import shown

#: pycocotools walks along polygons in steps of a fifth of a pixel and keeps
#: each step, in integers of 32 bits.
MAX_COORDINATE = 1_000_000
MAX_OUTLINE = 4_000_000


@dataclass(frozen=True)
class Segmentation:
    """A mask that has been read.

    Attributes:
        code (RunLength, optional): The mask; None if there is none, or none
            of its pixels is in the image.
        fragments (int): Polygons of less than three points, which enclose
            nothing and were left out.
    """

    code: RunLength | None
    fragments: int = 0


def read_segmentation(value: Any, height: int, width: int) -> Segmentation:
    """Read and check what stands in a file as ``segmentation``.

    Args:
        value (Any): A run-length code, a list of polygons [x1, y1, x2, y2,
            ...] in pixels, a list of run-length codes, or nothing: None, an
            empty list or dict. The parts of a list are one mask.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        Segmentation: The mask.

    Raises:
        ValueError: If it is something else.
    """
    if value is None or (isinstance(value, (list, dict)) and not value):
        return Segmentation(None)
    fragments = 0
    if isinstance(value, dict):
        code = check_run_length(value, height, width)
    elif isinstance(value, list) and isinstance(value[0], dict):
        parts = [check_run_length(part, height, width) for part in value]
        code = parts[0] if len(parts) == 1 else _merged(parts)
    else:
        polygons, fragments = check_polygons(value)
        if not polygons:
            return Segmentation(None, fragments)
        code = _merged(coco_mask.frPyObjects(polygons, height, width))
    if not coco_mask.area(code):
        return Segmentation(None, fragments)
    return Segmentation(code, fragments)


def check_polygons(value: Any) -> tuple[list[list[float]], int]:
    """Check polygons, and leave out those that enclose nothing.

    Args:
        value (Any): A list of polygons [x1, y1, x2, y2, ...] in pixels.

    Returns:
        tuple[list[list[float]], int]: Polygons of three points or more, and
        how many had less.

    Raises:
        ValueError: If it is no such list, a polygon has half a point, or a
            coordinate that is no number, not finite or out of all proportion.
    """
    if not isinstance(value, list) or not all(
        isinstance(polygon, list) for polygon in value
    ):
        raise ValueError(
            'Expected a segmentation to be a run-length code or a list of '
            f'polygons [x1, y1, x2, y2, ...], but got {shown(value)}.'
        )
    if len(value) > 2 and all(len(polygon) == 2 for polygon in value):
        raise ValueError(
            'Expected a segmentation to be a list of polygons [x1, y1, x2, '
            f'y2, ...], but got a list of points: {shown(value)}.'
        )
    kept = []
    for polygon in value:
        _check_polygon(polygon)
        if len(polygon) >= 6:
            kept.append(polygon)
    return kept, len(value) - len(kept)


def segmentation_to_rle(
    segmentation: Any, height: int, width: int
) -> RunLength:
    """Bring any COCO segmentation to a compressed run-length code.

    Args:
        segmentation (dict | list): See :func:`read_segmentation`.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        RunLength: ``size`` and ``counts`` (text).

    Raises:
        ValueError: If it is no segmentation, or is of another size; also if
            there is nothing in it.
    """
    if isinstance(segmentation, dict) and segmentation:
        return check_run_length(segmentation, height, width)
    code = read_segmentation(segmentation, height, width).code
    if code is None:
        raise ValueError(
            'Expected a segmentation with a pixel in the image, but got '
            f'{shown(segmentation)}.'
        )
    return code


def box_code(box: list[float], height: int, width: int) -> RunLength:
    """A box as a mask.

    Args:
        box (list[float]): x, y, width, height in pixels.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        RunLength: The part of the box that is in the image.
    """
    left, right = np.clip([box[0], box[0] + box[2]], 0, width)
    top, bottom = np.clip([box[1], box[1] + box[3]], 0, height)
    corners = [left, top, right, top, right, bottom, left, bottom]
    polygon = [float(side) for side in corners]
    return _merged(coco_mask.frPyObjects([polygon], height, width))


def _check_polygon(polygon: list[Any]) -> None:
    if not polygon:
        return
    try:
        values = np.array(polygon)
    except ValueError:  # lists of several lengths
        values = np.zeros(0, object)
    if values.ndim != 1 or values.dtype.kind not in 'if':
        raise ValueError(
            'Expected a polygon to be a list of numbers, but got '
            f'{shown(polygon)}.'
        )
    # Written so that NaN fails too.
    if not (np.abs(values) <= MAX_COORDINATE).all():
        raise ValueError(
            'Expected the coordinates of a polygon to be finite and within '
            f'±{MAX_COORDINATE:,} pixels, but got {shown(polygon)}.'
        )
    if len(polygon) % 2:
        raise ValueError(
            'Expected a polygon to be pairs of numbers, but got '
            f'{len(polygon)} numbers.'
        )
    points = values.reshape(-1, 2).astype(np.float64)
    steps = np.abs(points - np.roll(points, 1, axis=0)).max(axis=1)
    if steps.sum() > MAX_OUTLINE:
        raise ValueError(
            f'Expected the outline of a polygon to be at most {MAX_OUTLINE:,} '
            f'pixels long, but got {steps.sum():,.0f}.'
        )


def _merged(parts: list[dict[str, Any]]) -> RunLength:
    code = coco_mask.merge(parts)
    return {
        'size': [int(side) for side in code['size']],
        'counts': code['counts'].decode('ascii'),
    }
