"""Pictures: segmentations side by side, and samples along a line."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmcuts3d.cuts import farthest_points, pinhole_cloud
from mmcuts3d.visualization.drawing import draw_depth, enlarge

from .guidance import FIELD_OF_VIEW, NEAR

#: Colour of pixels without a class, and of clusters that match none.
UNKNOWN = (70, 70, 70)
_BAR, _GAP = 30, 6


def paint_labels(
    labels: np.ndarray, palette: Sequence[Sequence[int]]
) -> np.ndarray:
    """A label map in the colours of its classes.

    Args:
        labels (ndarray): (H, W) int; what is no index of the palette, such
            as 255 or −1, is grey.
        palette (Sequence): (red, green, blue) of each class.

    Returns:
        ndarray: (H, W, 3) uint8.
    """
    colours = np.array([*palette, UNKNOWN], np.uint8)
    labels = np.asarray(labels, np.int64)
    known = (labels >= 0) & (labels < len(palette))
    return colours[np.where(known, labels, len(palette))]


def over_image(
    image: np.ndarray,
    labels: np.ndarray,
    palette: Sequence[Sequence[int]],
    alpha: float = 0.6,
) -> np.ndarray:
    """A label map laid over its image.

    Args:
        image (ndarray): (H, W, 3) uint8 RGB.
        labels (ndarray): (H, W) int.
        palette (Sequence): See :func:`paint_labels`.
        alpha (float): Opacity of the colours, in [0, 1]. Defaults to 0.6.

    Returns:
        ndarray: (H, W, 3) uint8.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    mixed = (1 - alpha) * grey + alpha * paint_labels(labels, palette)
    return mixed.round().astype(np.uint8)


def draw_rows(
    rows: Sequence[Mapping[str, np.ndarray]],
    path: str | os.PathLike[str],
    side: int = 200,
    legend: Mapping[str, Sequence[int]] | None = None,
) -> Path:
    """Write panels as a table: a row for each image, titles on top.

    Args:
        rows (Sequence[Mapping]): Title to (H, W, 3) uint8 RGB, the same
            titles in each row.
        path (str | PathLike): The PNG; its folder is made.
        side (int): Height of a panel in pixels. Defaults to 200.
        legend (Mapping, optional): Name to colour, written below. Defaults
            to None.

    Returns:
        Path: The picture.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    first = next(iter(rows[0].values()))
    width = round(side * first.shape[1] / first.shape[0])
    columns = len(rows[0])
    height = _BAR + len(rows) * (side + _GAP)
    full = columns * (width + _GAP)
    font = ImageFont.load_default(16)
    entries = _legend_places(legend or {}, full, font)
    lines = 1 + max((place[1] for place in entries.values()), default=-1)
    sheet = Image.new('RGB', (full, height + lines * _BAR), 'white')
    pen = ImageDraw.Draw(sheet)
    for column, title in enumerate(rows[0]):
        pen.text((column * (width + _GAP) + 4, 6), title, 'black', font)
    for line, row in enumerate(rows):
        for column, pixels in enumerate(row.values()):
            panel = Image.fromarray(pixels).resize(
                (width, side), Image.Resampling.NEAREST
            )
            corner = (column * (width + _GAP), _BAR + line * (side + _GAP))
            sheet.paste(panel, corner)
    for name, (left, line) in entries.items():
        top = height + line * _BAR
        colour = tuple(int(value) for value in (legend or {})[name])
        pen.rectangle((left, top + 7, left + 16, top + 23), colour, 'black')
        pen.text((left + 22, top + 4), name, 'black', font)
    sheet.save(path)
    return path


def _legend_places(
    names: Iterable[str], width: int, font: Any
) -> dict[str, tuple[int, int]]:
    """Left edge and line of each entry, as many in a line as fit."""
    places, left, line = {}, 4, 0
    for name in names:
        wide = 36 + round(font.getlength(name))
        if left > 4 and left + wide > width:
            left, line = 4, line + 1
        places[name] = (left, line)
        left += wide
    return places


def samples_along_line(
    depth: np.ndarray,
    row: int,
    number: int = 16,
    field_of_view: float = FIELD_OF_VIEW,
    near: float = NEAR,
) -> np.ndarray:
    """Farthest points of one row of an image (supplement, Figure 3).

    Args:
        depth (ndarray): (H, W) in [0, 1], 0 = nearest.
        row (int): The row.
        number (int): How many. Defaults to 16.
        field_of_view (float): Degrees. Defaults to 55.
        near (float): See :class:`FarthestPlaces`. Defaults to 0.3.

    Returns:
        ndarray: (number,) columns, in the order in which they were taken;
        the first is the leftmost one of the line.

    Raises:
        ValueError: If there is no such row, or it has fewer pixels.
    """
    depth = np.asarray(depth, np.float64)
    if not 0 <= row < depth.shape[0]:
        raise ValueError(
            'Expected argument `row` to be from 0 to '
            f'{depth.shape[0] - 1}, but got {row}'
        )
    cloud = pinhole_cloud(
        near + (1 - near) * depth, field_of_view=field_of_view
    ).reshape(*depth.shape, 3)
    return farthest_points(cloud[row], number)


def draw_line_samples(
    images: Sequence[np.ndarray],
    depths: Sequence[np.ndarray],
    path: str | os.PathLike[str],
    number: int = 16,
    rows: Sequence[int] | None = None,
) -> Path:
    """Write how farthest points lie along a line, as in Figure 3.

    A column for each image: the image, its depth, and below them the depth
    along the line with the samples, numbered in their order.

    Args:
        images (Sequence[ndarray]): (H, W, 3) uint8 RGB each.
        depths (Sequence[ndarray]): (H, W) in [0, 1], 0 = nearest.
        path (str | PathLike): The PNG; its folder is made.
        number (int): Samples on a line. Defaults to 16.
        rows (Sequence[int], optional): Of the lines. Defaults to None: where
            depth changes most along the row.

    Returns:
        Path: The picture.
    """
    import matplotlib

    matplotlib.use('Agg', force=False)
    from matplotlib.figure import Figure

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(3.2 * len(images), 8.4), layout='constrained')
    axes = figure.subplots(
        3, len(images), squeeze=False, height_ratios=(3, 3, 2)
    )
    for index, (image, depth) in enumerate(zip(images, depths, strict=True)):
        row = busiest_row(depth) if rows is None else rows[index]
        columns = samples_along_line(depth, row, number)
        for axis, pixels in zip(
            axes[:2, index], (image, draw_depth(depth)), strict=True
        ):
            axis.imshow(pixels)
            axis.axhline(row, color='white', linewidth=1)
            axis.scatter(
                columns,
                np.full(number, row),
                s=26,
                color='red',
                edgecolors='white',
                zorder=3,
            )
            axis.set_axis_off()
        axis = axes[2, index]
        line = depth[row]
        axis.plot(line, color='0.4')
        axis.scatter(columns, line[columns], s=20, color='red', zorder=3)
        for place, column in enumerate(columns[:6], 1):
            axis.annotate(
                str(place),
                (column, line[column]),
                (0, 6),
                textcoords='offset points',
                ha='center',
                fontsize=8,
            )
        axis.set_xlim(0, len(line) - 1)
        axis.set_ylim(1.05, -0.14)
        axis.set_xlabel('column')
        if index == 0:
            axis.set_ylabel('depth (0 = nearest)')
    figure.savefig(path, dpi=80)
    return path


def busiest_row(depth: np.ndarray) -> int:
    """The row along which depth changes most, the outermost tenths aside."""
    change = np.abs(np.diff(depth, axis=1)).sum(axis=1)
    margin = len(change) // 10
    return int(margin + change[margin : len(change) - margin].argmax())


def patches_of(
    image: np.ndarray, places: np.ndarray, grid: tuple[int, int]
) -> np.ndarray:
    """Sampled patches, bright over a darker image (Figure 1).

    Args:
        image (ndarray): (H, W, 3) uint8 RGB.
        places (ndarray): (n,) patches, row by row counted.
        grid (tuple[int, int]): Patches (h, w).

    Returns:
        ndarray: (H, W, 3) uint8.
    """
    chosen = np.zeros(grid, bool)
    chosen.flat[np.asarray(places)] = True
    bright = enlarge(chosen, image.shape[:2])[..., None]
    dark = (image * 0.35).astype(np.uint8)
    return np.where(bright, image, dark)
