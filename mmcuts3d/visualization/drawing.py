"""Pixels from arrays: maps in colour, instances over an image.

Pure functions, numpy in and uint8 RGB out; no figure, no global state.
"""

import colorsys
from collections.abc import Sequence

import cv2
import matplotlib
import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from mmcuts3d.cuts import resize_nearest

# Eight colours that a reader can name and tell apart on most images;
# further ones walk round the hue circle by the golden ratio.
_COLORS = (
    (0, 114, 235),
    (247, 129, 4),
    (0, 168, 107),
    (226, 26, 92),
    (148, 82, 220),
    (255, 225, 60),
    (70, 205, 235),
    (160, 90, 44),
)
_GOLDEN = 0.61803398875


def instance_colors(number: int) -> np.ndarray:
    """Colours that stay the same for the same index.

    Args:
        number (int): How many.

    Returns:
        np.ndarray: (number, 3) uint8 RGB.
    """
    colors = list(_COLORS[:number])
    for index in range(len(_COLORS), number):
        hue, ring = (0.05 + index * _GOLDEN) % 1, index % 3
        rgb = colorsys.hsv_to_rgb(hue, 0.85 - 0.2 * ring, 0.95 - 0.12 * ring)
        colors.append(tuple(round(255 * value) for value in rgb))
    return np.array(colors, np.uint8).reshape(-1, 3)


def draw_map(
    values: np.ndarray,
    colormap: str = 'viridis',
    low: float | None = None,
    high: float | None = None,
) -> np.ndarray:
    """A map as colours.

    Args:
        values (np.ndarray): (h, w), any real dtype; what is not finite
            becomes grey.
        colormap (str): Name in matplotlib. Defaults to 'viridis'.
        low (float, optional): Value of the first colour. Defaults to None,
            the least finite value.
        high (float, optional): Value of the last colour. Defaults to None,
            the greatest finite value.

    Returns:
        np.ndarray: (h, w, 3) uint8 RGB; a constant map has one colour.
    """
    values = np.asarray(values, np.float64)
    finite = np.isfinite(values)
    known = values[finite] if finite.any() else np.zeros(1)
    low = known.min() if low is None else low
    high = known.max() if high is None else high
    unit = (np.where(finite, values, low) - low) / max(high - low, 1e-12)
    colors = matplotlib.colormaps[colormap](unit.clip(0, 1))[..., :3]
    colors[~finite] = 0.6
    return (colors * 255).round().astype(np.uint8)


def draw_eigenvector(eigenvector: np.ndarray) -> np.ndarray:
    """An eigenvector in a diverging map: red above its mean, blue below.

    The mean is where the bipartition divides it. One patch far out does not
    bleach the rest: colours saturate at the 99th percentile.

    Args:
        eigenvector (np.ndarray): (h, w).

    Returns:
        np.ndarray: (h, w, 3) uint8 RGB.
    """
    eigenvector = np.asarray(eigenvector, np.float64)
    finite = np.isfinite(eigenvector)
    if not finite.any():
        return draw_map(eigenvector)
    centred = eigenvector - eigenvector[finite].mean()
    reach = max(np.percentile(np.abs(centred[finite]), 99), 1e-12)
    return draw_map(centred, 'RdBu_r', -reach, reach)


def draw_depth(depth: np.ndarray) -> np.ndarray:
    """Depth (H, W) in [0, 1], 0 = nearest, as (H, W, 3): near is bright."""
    return draw_map(1 - np.asarray(depth, np.float64), 'inferno', -0.05, 1.05)


def draw_confidence(confidence: np.ndarray) -> np.ndarray:
    """Spatial Confidence (h, w) as (h, w, 3): 0.5 to 1, grey outside."""
    colors = draw_map(confidence, 'viridis', 0.5, 1.0)
    colors[np.asarray(confidence) <= 0] = 235
    return colors


def draw_patches(
    image: np.ndarray, patches: np.ndarray, color: np.ndarray
) -> np.ndarray:
    """Patches tinted over a pale grey image.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        patches (np.ndarray): (h, w) bool, or (H, W).
        color (np.ndarray): (3,) uint8 RGB.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].repeat(3, 2)
    mask = enlarge(patches, image.shape[:2])
    pale = 255 - (255 - grey.astype(np.float32)) * 0.35
    tint = 0.35 * grey + 0.65 * np.asarray(color, np.float32)
    drawn = np.where(mask[..., None], tint, pale).round().astype(np.uint8)
    return _outline(drawn, mask, (np.asarray(color) * 0.6).astype(int))


def enlarge(patches: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Nearest-neighbour copy of a patch map (h, w[, 3]) at (H, W)."""
    return resize_nearest(np.asarray(patches), shape)


def draw_instances(
    image: np.ndarray,
    masks: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    alpha: float = 0.45,
    texts: Sequence[str] | None = None,
) -> np.ndarray:
    """Instances over an image, each in its own colour.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        masks (np.ndarray, optional): (N, H, W) bool: filled and outlined.
            Defaults to None.
        boxes (np.ndarray, optional): (N, 4) x1, y1, x2, y2 in pixels.
            Defaults to None.
        scores (np.ndarray, optional): (N,), written at the box or, without
            boxes, at the top of the mask. Defaults to None.
        alpha (float): Opacity of the filling in [0, 1]. Defaults to 0.45.
        texts (Sequence[str], optional): N texts that are written instead of
            the scores. Defaults to None.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB, a copy.

    Raises:
        ValueError: If the arrays do not fit each other.
    """
    if texts is None and scores is not None:
        texts = [f'{score:.2f}' for score in scores]
    number = _count(image, masks, boxes, texts)
    colors = instance_colors(number)
    drawn = np.asarray(image, np.float32).copy()
    for mask, color in zip([] if masks is None else masks, colors):  # noqa: B905
        inside = np.asarray(mask, bool)
        drawn[inside] = (1 - alpha) * drawn[inside] + alpha * color
    drawn = drawn.round().astype(np.uint8)
    for index in range(number):
        if masks is not None:
            drawn = _outline(drawn, np.asarray(masks[index]), colors[index])
        if boxes is not None:
            drawn = _box(drawn, boxes[index], colors[index])
    for index in range(number) if texts is not None else ():
        place = _label_place(index, masks, boxes)
        if place is not None:
            drawn = _label(drawn, place, texts[index], colors[index])
    return drawn


def _count(
    image: np.ndarray,
    masks: np.ndarray | None,
    boxes: np.ndarray | None,
    texts: Sequence[str] | None,
) -> int:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            'Expected argument `image` to be (H, W, 3) uint8, but got '
            f'{image.shape} {image.dtype}'
        )
    given = [len(a) for a in (masks, boxes, texts) if a is not None]
    if len(set(given)) > 1:
        raise ValueError(
            'Expected arguments `masks`, `boxes` and `scores` to be of one '
            f'length, but got {given}'
        )
    shape = image.shape[:2]
    if masks is not None and len(masks) and np.shape(masks)[1:] != shape:
        raise ValueError(
            f'Expected argument `masks` to be (N, {shape[0]}, {shape[1]}), '
            f'but got {np.shape(masks)}'
        )
    return given[0] if given else 0


def _line_width(image: np.ndarray) -> int:
    return max(1, round(max(image.shape[:2]) / 320))


def _outline(
    image: np.ndarray, mask: np.ndarray, color: np.ndarray
) -> np.ndarray:
    """The border of a mask, drawn on a copy."""
    contours, _ = cv2.findContours(
        np.ascontiguousarray(mask, np.uint8),
        cv2.RETR_CCOMP,
        cv2.CHAIN_APPROX_NONE,
    )
    drawn = np.ascontiguousarray(image).copy()
    width = _line_width(image)
    paint = tuple(int(value) for value in color)
    cv2.drawContours(drawn, contours, -1, paint, width, cv2.LINE_AA)
    return drawn


def _box(image: np.ndarray, box: np.ndarray, color: np.ndarray) -> np.ndarray:
    # x2 and y2 are exclusive: the last pixel inside is one less.
    x1, y1, x2, y2 = (round(float(value)) for value in box)
    paint = tuple(int(value) for value in color)
    image = np.ascontiguousarray(image)
    width = _line_width(image)
    return cv2.rectangle(image, (x1, y1), (x2 - 1, y2 - 1), paint, width)


def _label_place(
    index: int, masks: np.ndarray | None, boxes: np.ndarray | None
) -> tuple[int, int] | None:
    if boxes is not None:
        return int(boxes[index][0]), int(boxes[index][1])
    if masks is None or not np.any(masks[index]):
        return None
    rows, columns = np.nonzero(masks[index])
    return int(columns[rows.argmin()]), int(rows.min())


def _label(
    image: np.ndarray,
    place: tuple[int, int],
    text: str,
    color: np.ndarray,
) -> np.ndarray:
    """Text on a small plate whose lower left corner is at `place`."""
    size = max(9, round(max(image.shape[:2]) / 36))
    # The font that matplotlib brings: the same picture on every machine.
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), size)
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    x1, y1, x2, y2 = draw.textbbox((0, 0), text, font=font)
    pad = max(2, size // 5)
    width, height = x2 - x1 + 2 * pad, y2 - y1 + 2 * pad
    left = min(max(place[0], 0), max(image.shape[1] - width, 0))
    top = min(max(place[1] - height, 0), max(image.shape[0] - height, 0))
    bright = np.asarray(color) @ (0.299, 0.587, 0.114) > 150
    draw.rectangle(
        (left, top, left + width - 1, top + height - 1),
        fill=tuple(int(value) for value in color),
    )
    draw.text(
        (left + pad - x1, top + pad - y1),
        text,
        fill=(0, 0, 0) if bright else (255, 255, 255),
        font=font,
    )
    return np.asarray(picture).copy()
