"""Views of one image: itself, eigenvectors, Spatial Confidence, masks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.cuts import CutStep
from mmcuts3d.files import read_image, shown
from mmcuts3d.labels import (
    CONFIDENCE_SCALE,
    decode_confidence,
    decode_levels,
    mask_levels,
)
from mmcuts3d.visualization import (
    build_point_cloud,
    cloud_figure,
    cloud_layers,
)
from mmcuts3d.visualization.drawing import (
    draw_confidence,
    draw_eigenvector,
    enlarge,
)

from .panels import draw_panel

#: Sides of pictures in pixels: of a gallery, of a table.
SIDE, THUMBNAIL = 480, 72
#: Steps whose eigenvectors are shown.
_STEPS = 3
#: About 0.5 MB of a page a cloud.
_POINTS = 12_000


def read_in_frame(path: str | Path, size: tuple[int, int]) -> np.ndarray:
    """An image in the frame that its masks were drawn on.

    Args:
        path (str | Path): The file.
        size (tuple[int, int]): Height and width of the masks in pixels.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB: upright as the labelers see it, or
        as it is stored.

    Raises:
        ValueError: If the file cannot be read or is of another size.
    """
    for upright in (True, False):
        pixels = read_image(path, upright)
        if pixels.shape[:2] == tuple(size):
            return pixels
    raise ValueError(
        f'Expected {shown(path)} to be of size {tuple(size)} as the masks '
        f'are, but got {pixels.shape[:2]}.'
    )


def as_jpeg(picture: np.ndarray, side: int = SIDE) -> bytes:
    """A picture as JPEG, made smaller where it is larger.

    Args:
        picture (np.ndarray): (H, W, 3) uint8 RGB.
        side (int): Largest side in pixels. Defaults to 480.

    Returns:
        bytes: The file.
    """
    height, width = fitted(picture.shape[:2], side)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 82]
    _, content = cv2.imencode('.jpg', small[..., ::-1], quality)
    return bytes(content.tobytes())


def fitted(size: tuple[int, int], side: int = SIDE) -> tuple[int, int]:
    """Height and width with a largest side, in pixels."""
    scale = min(side / max(size), 1)
    height, width = (max(round(length * scale), 1) for length in size)
    return height, width


def arrays_of(
    rows: Sequence[Mapping[str, Any]], with_masks: bool = True
) -> dict[str, np.ndarray | None]:
    """Masks of rows (N, H, W) or, without, boxes (N, 4: x1, y1, x2, y2)."""
    if with_masks:
        masks = [coco_mask.decode(row['segmentation']) > 0 for row in rows]
        return {'masks': np.array(masks) if masks else None}
    boxes = np.array([row['bbox'] for row in rows], float).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return {'boxes': boxes if len(boxes) else None}


def label_views(
    image: np.ndarray,
    rows: Sequence[Mapping[str, Any]],
    steps: Sequence[CutStep] = (),
    truth: Sequence[Mapping[str, Any]] | None = None,
) -> list[tuple[str, bytes]]:
    """What there is to see of the labels of an image.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        rows (Sequence[Mapping]): Annotations with masks.
        steps (Sequence[CutStep]): How the image was cut. Defaults to ().
        truth (Sequence[Mapping], optional): True instances with masks.
            Defaults to None: not known.

    Returns:
        list[tuple[str, bytes]]: 'image', the eigenvectors, 'confidence'
        where there is a map, 'true masks' and 'mask', as JPEG of one size.
    """
    shape = (image.shape[0], image.shape[1])
    views = [('image', image)]
    shown_steps = steps[:_STEPS]
    for number, step in enumerate(shown_steps, start=1):
        name = f'eigenvector {number}' if len(steps) > 1 else 'eigenvector'
        drawn = enlarge(draw_eigenvector(step.eigenvector), shape)
        views.append((name, drawn))
    confidence = confidence_of(rows, shape)
    if confidence is not None:
        views.append(('confidence', draw_confidence(confidence)))
    if truth is not None:
        views.append(('true masks', draw_panel(image, **arrays_of(truth))))
    scores = np.array([row.get('score', 1.0) for row in rows])
    masks = arrays_of(rows)['masks']
    views.append(('mask', draw_panel(image, masks, scores=scores)))
    return [(name, as_jpeg(picture)) for name, picture in views]


def confidence_of(
    rows: Sequence[Mapping[str, Any]], shape: tuple[int, int]
) -> np.ndarray | None:
    """Spatial Confidence of all masks of an image, the largest of each pixel.

    Args:
        rows (Sequence[Mapping]): Annotations.
        shape (tuple[int, int]): Height and width of the image in pixels.

    Returns:
        np.ndarray | None: (H, W) float in [0, 1], 0 outside the masks, with
        the floor of 0.5 that training has; None if no mask has a map.
    """
    mapped = [row for row in rows if row.get('confidence') is not None]
    if not mapped:
        return None
    levels = np.zeros(shape, np.uint8)
    for row in mapped:
        inside = coco_mask.decode(row['segmentation'])
        own = mask_levels(inside, decode_levels(row['confidence']))
        levels = np.maximum(levels, own)
    return levels / CONFIDENCE_SCALE


def cloud_of(
    image: np.ndarray,
    depth: np.ndarray,
    rows: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The point cloud of an image, for a page.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (H', W') in [0, 1], 0 = nearest.
        rows (Sequence[Mapping]): Annotations with masks.

    Returns:
        dict: See :func:`~mmcuts3d.visualization.cloud_figure`.
    """
    masks = arrays_of(rows)['masks']
    maps = None
    if masks is not None and all(row.get('confidence') for row in rows):
        maps = [decode_confidence(row['confidence']) for row in rows]
    cloud = build_point_cloud(
        image,
        depth,
        masks,
        max_points=_POINTS,
        confidences=maps,
        paint=False,
    )
    notes = [f'score {row.get("score", 1.0):.2f}' for row in rows]
    return cloud_figure(cloud_layers(cloud, notes))
