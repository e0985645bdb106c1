"""One image's cut as a sheet of panels: what each step saw and took."""

import math
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from mmcuts3d.cuts import MIN_CONFIDENCE, CutStep, PseudoInstances

from .drawing import (
    draw_confidence,
    draw_depth,
    draw_eigenvector,
    draw_instances,
    draw_patches,
    enlarge,
    instance_colors,
)

_DEPTH = 'depth (bright is near)'
_TITLES = (
    'eigenvector',
    'semantic mask',
    'LocalCut',
    'Spatial Confidence',
    'pixel mask',
)
_SEMANTIC = np.array([110, 110, 150], np.uint8)
# Inches; the sheet is five panels wide.
_PANEL, _MARGIN, _TITLE = 2.3, 0.35, 0.32
_LINE = 24  # characters that a panel is wide
_RED = '#b00020'


def draw_cut(
    image: np.ndarray,
    steps: Sequence[CutStep],
    instances: PseudoInstances | None = None,
    depth: np.ndarray | None = None,
    cloud: np.ndarray | None = None,
    title: str = '',
    dpi: int = 110,
) -> np.ndarray:
    """Draw how an image was cut.

    The first row has the image, its depth (with its trust where that is below
    1) and all instances; below, one row
    a step: eigenvector with its seed and eigenvalue, semantic mask, LocalCut
    with its separation, Spatial Confidence, pixel mask or why there is none.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        steps (Sequence[CutStep]): The steps, as
            :class:`PseudoInstances` carries them.
        instances (PseudoInstances, optional): What was made of them.
            Defaults to None.
        depth (np.ndarray, optional): (H', W') in [0, 1], 0 = nearest.
            Defaults to None, the one of the steps.
        cloud (np.ndarray, optional): (h, w, 3) uint8 RGB, a picture of the
            point cloud for the free place of the first row. Defaults to
            None.
        title (str): Above the sheet. Defaults to ''.
        dpi (int): Dots per inch; a panel is 2.3 inches wide. Defaults to
            110.

    Returns:
        np.ndarray: (H'', W'', 3) uint8 RGB.

    Raises:
        ValueError: If the steps became other instances than these.
    """
    given = instances is not None
    if instances is None:
        grid = steps[0].local_cut.shape if steps else (1, 1)
        instances = PseudoInstances.empty(image.shape[:2], grid)
    named = [s.instance for s in steps if s.instance is not None]
    if given and any(index >= len(instances) for index in named):
        raise ValueError(
            'Expected argument `steps` to name instances among the '
            f'{len(instances)} given, but got {named}.'
        )
    if depth is None and steps:
        depth = steps[0].depth
    figure, axes = _sheet(image.shape[:2], len(steps), title)
    trust = steps[0].trust if steps else math.nan
    _header(axes[0], image, instances, depth, trust)
    if cloud is not None:
        _show_cloud(figure, axes[0], cloud)
    for row, step in enumerate(steps, start=1):
        _step(axes[row], row, image, step, instances)
    if steps:
        _colour_bar(figure, axes[-1][3])
    canvas = FigureCanvasAgg(figure)
    canvas.figure.set_dpi(dpi)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _sheet(
    shape: tuple[int, int], steps: int, title: str
) -> tuple[Figure, np.ndarray]:
    """A figure whose panels have the aspect of the image."""
    height = _PANEL * min(max(shape[0] / shape[1], 0.4), 2.0)
    rows = steps + 1
    head = 0.25 if title else 0.05
    size = (
        5 * _PANEL + 6 * 0.08 + _MARGIN,
        rows * (height + _TITLE) + head + (0.45 if steps else 0.1),
    )
    figure = Figure(figsize=size, facecolor='white')
    axes = np.empty((rows, 5), object)
    for row in range(rows):
        bottom = size[1] - head - (row + 1) * (height + _TITLE)
        for column in range(5):
            left = _MARGIN + column * (_PANEL + 0.08)
            box = (left, bottom, _PANEL, height)
            scale = np.array([size[0], size[1]] * 2)
            axes[row, column] = figure.add_axes(np.array(box) / scale)
            axes[row, column].set_axis_off()
    if title:
        figure.text(
            _MARGIN / size[0],
            1 - 0.1 / size[1],
            title,
            fontsize=12,
            fontweight='bold',
            va='top',
        )
    return figure, axes


def _show(axes: Axes, picture: np.ndarray, title: str) -> None:
    axes.imshow(picture, interpolation='nearest', aspect='auto')
    axes.set_title(title, fontsize=9.5, pad=3)


def _header(
    axes: Sequence[Axes],
    image: np.ndarray,
    instances: PseudoInstances,
    depth: np.ndarray | None,
    trust: float,
) -> None:
    panels = [(image, 'image')]
    if depth is not None:
        noisy = trust < 1  # not where it is NaN, of methods without
        title = f'depth, trust {trust:.2f}' if noisy else _DEPTH
        panels.append((draw_depth(depth), title))
    drawn = draw_instances(
        image, instances.masks, instances.boxes, instances.scores
    )
    plural = '' if len(instances) == 1 else 's'
    panels.append((drawn, f'{len(instances)} instance{plural}'))
    for axis, (picture, title) in zip(axes, panels):  # noqa: B905
        _show(axis, picture, title)


def _show_cloud(
    figure: Figure, axes: Sequence[Axes], picture: np.ndarray
) -> None:
    """The point cloud over the last two panels of the first row."""
    left, right = axes[3].get_position(), axes[4].get_position()
    place = (left.x0, left.y0, right.x1 - left.x0, left.height)
    wide = figure.add_axes(place)
    wide.set_axis_off()
    wide.imshow(picture)
    wide.set_title('point cloud', fontsize=9.5, pad=3)


def _step(
    axes: Sequence[Axes],
    row: int,
    image: np.ndarray,
    step: CutStep,
    instances: PseudoInstances,
) -> None:
    # The steps may come without the instances that they became.
    number = step.instance if len(instances) else None
    colors = instance_colors(max(len(instances), row))
    color = colors[row - 1 if number is None else number]
    verdict = 'accepted' if step.accepted else 'not kept'
    axes[0].text(
        -0.07,
        0.5,
        f'step {row}: {verdict}',
        rotation=90,
        fontsize=8.5,
        ha='center',
        va='center',
        transform=axes[0].transAxes,
        color='black' if verdict == 'accepted' else _RED,
    )
    shape = image.shape[:2]
    title = _with_value(_TITLES[0], 'value {:.2g}', step.eigenvalue)
    _show(axes[0], draw_eigenvector(step.eigenvector), title)
    _star(axes[0], step)
    semantic = draw_patches(image, step.semantic_mask, _SEMANTIC)
    _show(axes[1], semantic, _TITLES[1])
    title = _with_value(_TITLES[2], 'separation {:.2f}', step.separation)
    _show(axes[2], draw_patches(image, step.local_cut, color), title)
    if step.confidence is None:
        axes[3].text(0.5, 0.5, 'no confidence', ha='center', va='center')
    else:
        floored = np.where(
            step.local_cut, np.maximum(step.confidence, MIN_CONFIDENCE), 0
        )
        _show(axes[3], enlarge(draw_confidence(floored), shape), _TITLES[3])
    if number is None:
        _say_why(axes[4], step.status)
        return
    mask = draw_patches(image, instances.masks[number], color)
    score = instances.scores[number]
    _show(axes[4], mask, f'{_TITLES[4]}, score {score:.2f}')


def _with_value(title: str, form: str, value: float) -> str:
    """A title with a number, if there is one: it is NaN if not known."""
    return title if math.isnan(value) else f'{title}, {form.format(value)}'


def _say_why(axes: Axes, status: str) -> None:
    """In place of the mask: beside the step a reason would be too long."""
    text = 'no mask'
    if status != 'accepted':
        text = f'no mask:\n{textwrap.fill(status, _LINE)}'
    axes.text(0.5, 0.5, text, ha='center', va='center')


def _star(axes: Axes, step: CutStep) -> None:
    if not step.semantic_mask.any():
        return
    row, column = step.seed
    axes.plot(
        column,
        row,
        marker='*',
        markersize=10,
        color='#ffd400',
        markeredgecolor='black',
        markeredgewidth=0.7,
    )


def _colour_bar(figure: Figure, below: Axes) -> None:
    box = below.get_position()
    height = figure.get_size_inches()[1]
    place = (box.x0, box.y0 - 0.2 / height, box.width, 0.1 / height)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0.5, 1.0), 'viridis'),
        cax=figure.add_axes(place),
        orientation='horizontal',
        ticks=[0.5, 0.75, 1.0],
    )
    bar.ax.tick_params(labelsize=8, length=2, pad=1)
    bar.outline.set_linewidth(0.5)
