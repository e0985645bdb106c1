"""Pictures of a report: panels abreast, each with its title."""

from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from mmcuts3d.visualization.drawing import draw_instances

_TITLE, _GAP = 26, 8  # pixels


def draw_panel(
    image: np.ndarray,
    masks: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
    scores: np.ndarray | None = None,
    colors: Sequence[int] | None = None,
) -> np.ndarray:
    """Instances over an image, in colours of one's choice.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        masks (np.ndarray, optional): (N, H, W) bool. Defaults to None.
        boxes (np.ndarray, optional): (N, 4) x1, y1, x2, y2. Defaults to None.
        scores (np.ndarray, optional): (N,). Defaults to None.
        colors (Sequence[int], optional): For masks: N different numbers, see
            :func:`~.drawing.instance_colors`. Defaults to None: 0 to N - 1.

    Returns:
        np.ndarray: (H, W, 3) uint8 RGB; without instances a copy.

    Raises:
        ValueError: If the arrays do not fit each other, or two colours are
            the same.
    """
    if masks is None and boxes is None:
        return image.copy()
    if masks is None or colors is None:
        return draw_instances(image, masks, boxes, scores)
    if len(set(colors)) != len(masks) or len(colors) != len(masks):
        raise ValueError(
            f'Expected argument `colors` to be {len(masks)} different '
            f'numbers, but got {list(colors)}.'
        )
    # Colours go by place; an empty mask draws nothing.
    places = max(colors, default=-1) + 1
    spread = np.zeros((places, *image.shape[:2]), bool)
    spread[list(colors)] = masks
    spread_scores = None
    if scores is not None:
        spread_scores = np.zeros(places)
        spread_scores[list(colors)] = scores
    return draw_instances(image, spread, None, spread_scores)


def draw_abreast(
    panels: Sequence[tuple[str, np.ndarray]], width: int = 480
) -> np.ndarray:
    """Put panels side by side, titles above.

    Args:
        panels (Sequence[tuple[str, np.ndarray]]): Titles and pictures (H, W,
            3) uint8 RGB of one size.
        width (int): Greatest width of a panel in pixels; larger pictures are
            made smaller, and no picture is made larger. Defaults to 480.

    Returns:
        np.ndarray: (H', W', 3) uint8 RGB, on white.

    Raises:
        ValueError: If there are no panels, or they differ in size.
    """
    sizes = {picture.shape[:2] for _, picture in panels}
    if len(sizes) != 1:
        raise ValueError(
            'Expected argument `panels` to be of one size, but got '
            f'{sorted(sizes)}.'
        )
    height, old_width = sizes.pop()
    # A tall picture may be as high as a panel is wide.
    scale = min(width / max(old_width, height), 1)
    size = (max(round(old_width * scale), 1), max(round(height * scale), 1))
    # A panel so narrow that its title would run into the next one's.
    step = max(size[0], 160) + _GAP
    sheet = np.full(
        (size[1] + _TITLE, len(panels) * step - _GAP, 3), 255, np.uint8
    )
    for place, (_, picture) in enumerate(panels):
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        left = place * step
        sheet[_TITLE:, left : left + size[0]] = small
    return _titles(sheet, [title for title, _ in panels], step)


def _titles(sheet: np.ndarray, titles: Sequence[str], step: int) -> np.ndarray:
    font = ImageFont.truetype(font_manager.findfont('DejaVu Sans'), 14)
    picture = Image.fromarray(sheet)
    draw = ImageDraw.Draw(picture)
    for place, title in enumerate(titles):
        while draw.textlength(title, font) > step - _GAP and len(title) > 1:
            title = f'{title[:-2]}…'
        draw.text((place * step, 4), title, fill=(30, 30, 30), font=font)
    return np.asarray(picture).copy()
