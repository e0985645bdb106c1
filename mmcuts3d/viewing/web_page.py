"""One page for the browser: the cloud of a cut, no server, no download."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_file
from mmcuts3d.visualization.layers import EDGE_COLOR, REMOVED_EDGES, Layer
from mmcuts3d.visualization.point_cloud import shaded
from mmcuts3d.visualization.web_cloud import (
    cloud_figure,
    css_color,
    packed,
    packed_points,
    plain_text,
    plotly_script,
    script_json,
)

from .cut_view import (
    GRAPH_COLOR,
    KNN_GRAPH,
    LOCAL_CUT,
    SEMANTIC,
    SEMANTIC_COLOR,
    SINK_COLOR,
    SOURCE_COLOR,
    CutView,
)

# Browsers draw a point of plotly as many triangles.
_MAX_POINTS = 16_000
_LEVELS = 85  # of grey, for each of the three classes of a step


def save_web_page(view: CutView, path: str | os.PathLike[str]) -> Path:
    """Write the page: plotly inside, 5 MB and some bytes for each point.

    The cloud turns with a finger or the mouse; it is coloured by the image,
    instances, confidence, or what a step made of it, with a slider for tau.

    Args:
        view (CutView): What there is to see.
        path (str | PathLike): The HTML file; its folder is made.

    Returns:
        Path: The file.

    Raises:
        ImportError: If plotly is not installed.
    """
    script = plotly_script()
    text = Path(__file__).with_name('web_page.html').read_text('utf-8')
    page = _page_data(replace(view, max_points=_MAX_POINTS))
    for mark, value in (
        ('{{title}}', plain_text(view.name)),
        ('{{data}}', script_json(page)),
        ('{{plotly}}', script),  # last: it may hold anything
    ):
        text = text.replace(mark, value)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(text.encode('utf-8'))
    return path


def _page_data(view: CutView) -> dict[str, Any]:
    layers = [one for one in view.layers() if not _of_step(one)]
    figure = cloud_figure(layers, 'instances')
    figure['layout'].pop('updatemenus', None)
    figure['layout']['margin']['t'] = 0
    number = len(figure['data'])
    drawn = [one for one in layers if len(one.points)]
    figure['data'] += _step_traces(view, figure['data'][0])
    return {
        'figure': figure,
        'groups': [list(one.groups) for one in drawn],
        'first': number,
        'name': shown(view.name),
        'light': packed(_light(view.cloud.colors), 'u1'),
        'patches': packed(view.patches, 'i4'),
        'points': packed_points(view.patch_points),
        'taus': view.taus.round(6).tolist(),
        'steps': [_step(view, index) for index in range(len(view.steps))],
        'colours': {
            'outside': '#d2d2d2',
            SEMANTIC: css_color(np.array(SEMANTIC_COLOR)),
        },
    }


def _of_step(layer: Layer) -> bool:
    """Whether the page draws a layer anew for each step."""
    return (
        not layer.groups
        or SEMANTIC in layer.groups
        or (LOCAL_CUT in layer.groups)
    )


def _light(colors: np.ndarray) -> np.ndarray:
    """(P,) int, levels of grey."""
    return (colors.mean(1) / 255 * (_LEVELS - 1)).round().astype(np.uint8)


def _step_traces(view: CutView, cloud: dict[str, Any]) -> list[dict[str, Any]]:
    """The traces that change: a step, its edges, its source and sink."""
    step = {
        **{key: cloud[key] for key in ('type', 'mode', 'x', 'y', 'z')},
        'marker': {
            'size': cloud['marker']['size'],
            'line': {'width': 0},
            'cmin': 0,
            'cmax': 3 * _LEVELS - 1,
            'color': packed(np.zeros(len(view.cloud.points)), 'u1'),
            'showscale': False,
        },
        'hoverinfo': 'text',
        'visible': False,
        'showlegend': False,
    }
    lines = [
        {
            'type': 'scatter3d',
            'mode': 'lines',
            'name': name,
            'x': [],
            'y': [],
            'z': [],
            'line': {'color': css_color(np.array(color)), 'width': 2},
            'hoverinfo': 'skip',
            'visible': False,
            'showlegend': False,
        }
        for name, color in (
            (KNN_GRAPH, GRAPH_COLOR),
            (REMOVED_EDGES, EDGE_COLOR),
        )
    ]
    ends = {
        'type': 'scatter3d',
        'mode': 'markers',
        'x': [],
        'y': [],
        'z': [],
        'text': ['source', 'sink'],
        'hoverinfo': 'text',
        'marker': {
            'size': 10,
            'color': [
                css_color(np.array(color))
                for color in (SOURCE_COLOR, SINK_COLOR)
            ],
            'line': {'width': 2, 'color': '#000000'},
        },
        'visible': False,
        'showlegend': False,
    }
    return [step, *lines, ends]


def _step(view: CutView, index: int) -> dict[str, Any]:
    """What a step made of the patches, for each tau, and its graph."""
    taus = view.taus if len(view.taus) else [None]
    classes = np.stack([view.classes(index, tau) for tau in taus]) + 1
    grey = np.arange(_LEVELS).repeat(3).reshape(-1, 3) * 255 / (_LEVELS - 1)
    palette = np.array([SEMANTIC_COLOR, view.step_color(index)])
    colours = np.concatenate(
        [
            shaded(grey, np.full(_LEVELS, which), palette)
            for which in (-1, 0, 1)
        ]
    )
    last = len(colours) - 1
    told: dict[str, Any] = {
        'text': plain_text(view.step_text(index)),
        'colour': css_color(view.step_color(index)),
        'scale': [[i / last, css_color(c)] for i, c in enumerate(colours)],
        'classes': packed(classes, 'u1'),
    }
    graph = view.graph(index)
    if graph is not None:
        ends, lengths = graph.edges()
        told |= {
            'edges': packed(ends, 'i4'),
            'lengths': packed(lengths, 'f4'),
            'terminals': graph.nodes[[graph.source, graph.sink]].tolist(),
        }
    return told
