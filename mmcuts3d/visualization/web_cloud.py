"""A cloud for the browser: a figure of plotly as plain data.

The figure is made without plotly; its script is asked for once a page.
"""

import base64
import html
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from mmcuts3d.files import shown

from .layers import Layer
from .point_cloud import upright
from .point_cloud_viewer import VIEWS

# Coordinates are whole numbers of this length, in sides of the image.
_UNIT = 1e-4
_DISTANCE = 2.2  # of the eye, in half sizes of the cloud
_FONT = 'system-ui, sans-serif'


def cloud_figure(
    layers: Sequence[Layer],
    group: str | None = None,
    view: str = 'side',
    title: str = '',
) -> dict[str, Any]:
    """A cloud to turn, with a button for each group, a legend for layers.

    For the page: ``Plotly.newPlot(element, figure.data, figure.layout,
    figure.config)``. Coordinates and colours are packed numbers, about 12
    bytes a point of each layer.

    Args:
        layers (Sequence[Layer]): What there is to see; those of an empty
            cloud are left out.
        group (str, optional): The group that is seen at first. Defaults to
            None: the first.
        view (str): Key of ``VIEWS``: 'front', 'side', 'left' or 'top'.
            Defaults to 'side'.
        title (str): Above the cloud. Defaults to ''.

    Returns:
        dict: ``data``, ``layout`` and ``config``, which ``json.dumps``
        takes. All texts are plain: markup in a name stays text.

    Raises:
        ValueError: If there is no such view or group.
    """
    kept = [one for one in layers if len(one.points) or len(one.line_ends)]
    groups = list(dict.fromkeys(name for one in kept for name in one.groups))
    if view not in VIEWS:
        raise ValueError(
            f'Expected argument `view` to be one of {sorted(VIEWS)}, but got '
            f'{view!r}'
        )
    if group is not None and group not in groups:
        raise ValueError(
            f'Expected argument `group` to be one of {groups}, but got '
            f'{group!r}'
        )
    group = group or (groups[0] if groups else '')
    size = _point_size(kept, groups)
    return {
        'data': [_trace(one, group, size) for one in kept],
        'layout': _layout(kept, groups, group, view, title),
        'config': {
            'responsive': True,
            'displaylogo': False,
            'modeBarButtonsToRemove': ['sendChartToCloud', 'tableRotation'],
            'showSendToCloud': False,
        },
    }


def plotly_script() -> str:
    """The JavaScript of plotly, about 4.8 MB, for pages of one file.

    Returns:
        str: It may stand between ``<script>`` and ``</script>``.

    Raises:
        ImportError: If plotly is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ImportError(
            'Point clouds in a page need plotly: `pip install plotly`. The '
            f'import said: {error}'
        ) from error
    return get_plotlyjs()


def script_json(value: Any) -> str:
    """JSON that may stand inside ``<script>``: no text can close it.

    Args:
        value (Any): What ``json.dumps`` takes.

    Returns:
        str: JSON, ASCII, without ``<``, ``>`` and ``&``.
    """
    text = json.dumps(value, separators=(',', ':'))
    for character in '<>&':
        text = text.replace(character, f'\\u{ord(character):04x}')
    return text


def plain_text(text: str) -> str:
    """Text that plotly, which knows some markup, shows as it is."""
    return html.escape(shown(text), quote=False)


def packed(values: np.ndarray, kind: str) -> dict[str, str]:
    """Numbers as plotly's typed arrays: base64 in little endian."""
    data = np.ascontiguousarray(values, np.dtype(f'<{kind}')).tobytes()
    return {'dtype': kind, 'bdata': base64.b64encode(data).decode('ascii')}


def packed_points(points: np.ndarray) -> dict[str, Any]:
    """x, y and z of (P, 3) points; rows of NaN part lines."""
    scaled = upright(points) / _UNIT
    whole = np.isfinite(scaled).all() and np.abs(scaled).max(initial=0) < 2**15
    values, kind = (scaled.round(), 'i2') if whole else (scaled, 'f4')
    return {
        axis: packed(values[:, column], kind)
        for column, axis in enumerate('xyz')
    }


def _trace(layer: Layer, group: str, size: float) -> dict[str, Any]:
    is_seen = group in layer.groups
    if not layer.groups:
        is_seen = True if layer.shown else 'legendonly'
    trace = {
        'type': 'scatter3d',
        'name': plain_text(layer.name),
        'text': plain_text(layer.note or layer.name),
        'hoverinfo': 'text',
        'visible': is_seen,
    }
    if not len(layer.points):
        gaps = np.full((len(layer.line_ends), 1, 3), np.nan)
        ends = np.concatenate([layer.line_ends, gaps], axis=1)
        line = {'color': css_color(layer.colors), 'width': 2}
        place = packed_points(ends.reshape(-1, 3))
        return {**trace, **place, 'mode': 'lines', 'line': line}
    marker = {'size': size, 'line': {'width': 0}, **_colors(layer)}
    if layer.values is not None:
        trace['hovertemplate'] = '%{text} %{marker.color:.2f}<extra></extra>'
    place = packed_points(layer.points)
    return {**trace, **place, 'mode': 'markers', 'marker': marker}


def css_color(color: np.ndarray) -> str:
    """A colour (3,) of RGB as '#rrggbb'."""
    return '#{:02x}{:02x}{:02x}'.format(*(int(value) for value in color))


def _colors(layer: Layer) -> dict[str, Any]:
    """Colours as one text, as values with a bar, or by a palette of 256."""
    if layer.values is not None:
        bar = {
            'thickness': 10,
            'len': 0.5,
            'x': 1,
            'xpad': 2,
            'outlinewidth': 0,
        }
        return {
            'color': packed(layer.values, 'f4'),
            'colorscale': 'Viridis',
            'cmin': 0,
            'cmax': 1,
            'colorbar': bar,
        }
    if layer.colors.ndim == 1:
        return {'color': css_color(layer.colors)}
    pixels = Image.fromarray(np.asarray(layer.colors, np.uint8)[None])
    drawn = pixels.quantize(256, dither=Image.Dither.NONE)
    palette = np.array(drawn.getpalette(), np.uint8).reshape(-1, 3)
    if len(palette) < 2:
        return {'color': css_color(palette[0])}
    last = len(palette) - 1
    return {
        'color': packed(np.asarray(drawn).ravel(), 'u1'),
        'colorscale': [
            [i / last, css_color(c)] for i, c in enumerate(palette)
        ],
        'cmin': 0,
        'cmax': last,
        'showscale': False,
    }


def _point_size(layers: Sequence[Layer], groups: Sequence[str]) -> float:
    """Pixels, so that neighbours of a cloud 400 pixels wide touch."""
    numbers = [
        sum(len(one.points) for one in layers if name in one.groups)
        for name in groups
    ]
    size = 500 / np.sqrt(max([*numbers, 1])) + 0.5
    return round(float(np.clip(size, 1.5, 10)), 2)


def _layout(
    layers: Sequence[Layer],
    groups: Sequence[str],
    group: str,
    view: str,
    title: str,
) -> dict[str, Any]:
    front = np.array(VIEWS[view]) / np.linalg.norm(VIEWS[view]) * _DISTANCE
    axis = {'visible': False, 'showspikes': False}
    layout: dict[str, Any] = {
        'autosize': True,
        'margin': {'l': 0, 'r': 0, 't': 78 if title else 44, 'b': 0},
        'paper_bgcolor': '#ffffff',
        'font': {'family': _FONT, 'size': 13},
        'uirevision': 'kept',
        'scene': {
            **{f'{name}axis': axis for name in 'xyz'},
            'aspectmode': 'data',
            'dragmode': 'orbit',
            'camera': {
                'eye': dict(zip('xyz', front.round(4).tolist(), strict=True)),
                'up': {'x': 0, 'y': 1, 'z': 0},
            },
        },
        'legend': {
            'orientation': 'h',
            'x': 0,
            'y': 0,
            'itemsizing': 'constant',
        },
    }
    if title:
        place = {'x': 0.01, 'xanchor': 'left', 'y': 1, 'yanchor': 'top'}
        place |= {'yref': 'container', 'pad': {'t': 8}}
        layout['title'] = {
            'text': plain_text(title),
            'font': {'size': 15},
            **place,
        }
    if len(groups) > 1:
        layout['updatemenus'] = [_buttons(layers, groups, group)]
    return layout


def _buttons(
    layers: Sequence[Layer], groups: Sequence[str], group: str
) -> dict[str, Any]:
    """One button a group; layers without a group stay as they are."""
    grouped = [i for i, one in enumerate(layers) if one.groups]
    return {
        'type': 'buttons',
        'direction': 'right',
        'x': 0,
        'xanchor': 'left',
        'y': 1,
        'yanchor': 'bottom',
        'pad': {'l': 6, 'b': 6},
        'showactive': True,
        'active': list(groups).index(group),
        'buttons': [
            {
                'label': plain_text(name),
                'method': 'restyle',
                'args': [
                    {'visible': [name in layers[i].groups for i in grouped]},
                    grouped,
                ],
            }
            for name in groups
        ],
    }
