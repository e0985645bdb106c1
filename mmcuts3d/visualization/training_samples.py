"""What a detector is trained on: one sample as it leaves the pipeline."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from .drawing import draw_instances, draw_map

# Inches.
_PANEL, _GAP, _HEAD, _FOOT = 4.2, 0.12, 0.55, 0.45
# Pixels of the longer side that is drawn on.
_LEAST = 420


def draw_training_sample(
    image: np.ndarray,
    masks: np.ndarray,
    boxes: np.ndarray,
    confidences: np.ndarray | None = None,
    pasted: np.ndarray | None = None,
    title: str = '',
    dpi: int = 100,
) -> np.ndarray:
    """Draw the image, its instances, and their Spatial Confidence.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        masks (np.ndarray): (N, H, W) bool.
        boxes (np.ndarray): (N, 4) x1, y1, x2, y2 in pixels.
        confidences (np.ndarray, optional): (N, H, W) in [0, 1], read inside
            the masks. Defaults to None: no third panel.
        pasted (np.ndarray, optional): (N,) bool, instances that come from
            another image. Defaults to None, none.
        title (str): Above the panels. Defaults to ''.
        dpi (int): Dots per inch; a panel is 4.2 inches wide. Defaults to
            100.

    Returns:
        np.ndarray: (H', W', 3) uint8 RGB.

    Raises:
        ValueError: If the arrays do not fit each other.
    """
    number = len(masks)
    for name, given in (('confidences', confidences), ('pasted', pasted)):
        if given is not None and len(given) != number:
            raise ValueError(
                f'Expected argument `{name}` to be of the {number} instances, '
                f'but got {len(given)}'
            )
    masks = np.asarray(masks, bool).reshape(number, *image.shape[:2])
    times = int(np.ceil(_LEAST / max(image.shape[:2])))
    if times > 1:  # lines and letters of a few pixels cannot be read
        image, masks = _larger(image, 0, times), _larger(masks, 1, times)
        boxes = np.asarray(boxes) * times
        if confidences is not None:
            confidences = _larger(confidences, 1, times)
    pasted = np.zeros(number, bool) if pasted is None else pasted
    texts = [
        ' '.join(
            (
                []
                if confidences is None
                else [f'{_mean(confidences[i], m):.2f}']
            )
            + ['pasted'] * bool(pasted[i])
        )
        for i, m in enumerate(masks)
    ]
    drawn = draw_instances(
        image, masks, boxes, texts=texts if any(texts) else None
    )
    plural = '' if number == 1 else 's'
    panels = [
        (image, 'training image'),
        (drawn, f'{number} instance{plural}, {int(pasted.sum())} pasted'),
    ]
    low = 0.5
    if confidences is not None:
        low, picture = _confidence_map(image, masks, confidences)
        panels.append((picture, 'Spatial Confidence'))
    return _sheet(panels, title, low, dpi)


def _larger(array: np.ndarray, axis: int, times: int) -> np.ndarray:
    """Each pixel repeated along two axes."""
    return np.asarray(array).repeat(times, axis).repeat(times, axis + 1)


def _mean(confidence: np.ndarray, mask: np.ndarray) -> float:
    return float(confidence[mask].mean()) if mask.any() else 0.0


def _confidence_map(
    image: np.ndarray, masks: np.ndarray, confidences: np.ndarray
) -> tuple[float, np.ndarray]:
    """The confidences over a pale grey image; the least value of the map."""
    inside = masks.any(0)
    highest = np.where(masks, confidences, 0).max(0, initial=0)
    low = min(0.5, float(highest[inside].min(initial=0.5)))
    grey = image.mean(2, keepdims=True).repeat(3, 2)
    pale = (255 - 0.35 * (255 - grey)).round().astype(np.uint8)
    colors = draw_map(highest, 'viridis', low, 1.0)
    return low, np.where(inside[..., None], colors, pale)


def _sheet(
    panels: list[tuple[np.ndarray, str]], title: str, low: float, dpi: int
) -> np.ndarray:
    """Panels abreast, with a color bar below the third."""
    height, width = panels[0][0].shape[:2]
    tall = _PANEL * min(max(height / width, 0.3), 2.0)
    size = np.array(
        [len(panels) * (_PANEL + _GAP) + _GAP, tall + _HEAD + _FOOT]
    )
    figure = Figure(figsize=tuple(size), facecolor='white')
    for column, (picture, text) in enumerate(panels):
        left = _GAP + column * (_PANEL + _GAP)
        place = np.array([left, _FOOT, _PANEL, tall]) / np.tile(size, 2)
        axes = figure.add_axes(tuple(place))
        axes.set_axis_off()
        axes.imshow(picture)
        axes.set_title(text, fontsize=10, pad=3)
        if column == 2:
            place = np.array([left, 0.28, _PANEL, 0.1]) / np.tile(size, 2)
            bar = figure.colorbar(
                ScalarMappable(Normalize(low, 1.0), 'viridis'),
                cax=figure.add_axes(tuple(place)),
                orientation='horizontal',
            )
            bar.ax.tick_params(labelsize=8, length=2, pad=1)
    if title:
        figure.text(
            _GAP / size[0],
            1 - 0.06 / size[1],
            title,
            fontsize=10,
            fontweight='bold',
            va='top',
        )
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(dpi)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
