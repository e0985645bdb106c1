"""A cut as a recording for the Rerun viewer."""

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_path
from mmcuts3d.visualization.drawing import draw_depth
from mmcuts3d.visualization.layers import CONFIDENCE, IMAGE, INSTANCES, Layer
from mmcuts3d.visualization.point_cloud import upright

from .cut_view import LOCAL_CUT, SEMANTIC, CutView

#: Timelines of a recording: the step, and the thousandfold of tau.
STEP, TAU = 'step', 'tau_thousandths'


def save_recording(view: CutView, path: str | os.PathLike[str]) -> Path:
    """Write points, edges, the sweep of tau and confidence as ``.rrd``.

    ``cloud/image``, ``cloud/instances`` and ``cloud/confidence`` are there at
    all times; ``steps/STEP/...`` (semantic mask, LocalCut, k-NN graph,
    removed edges, source, sink) follow the timeline ``tau_thousandths``. The
    timeline ``step`` goes from one to the next under ``step``.

    Args:
        view (CutView): What there is to see.
        path (str | PathLike): The file; its folder is made.

    Returns:
        Path: The file.

    Raises:
        ImportError: If rerun-sdk is not installed.
    """
    rr = rerun_module()
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    recording = rr.RecordingStream('mmcuts3d', send_properties=False)
    with whole_path(path) as part:
        recording.save(part, default_blueprint=_blueprint(view))
        recording.log('/', rr.ViewCoordinates.RUB, static=True)
        _log_pictures(rr, recording, view)
        _log_cloud(rr, recording, view)
        for step in range(len(view.steps)):
            _log_step(rr, recording, view, step)
        recording.flush()
        recording.disconnect()
    return path


def rerun_module() -> ModuleType:
    """Rerun, if it is installed.

    Raises:
        ImportError: If it is not.
    """
    try:
        import rerun
    except ImportError as error:
        raise ImportError(
            'A recording needs Rerun: `pip install rerun-sdk`. The import '
            f'said: {error}'
        ) from error
    return rerun


def _blueprint(view: CutView) -> Any:
    """The window: the cloud, its steps, the image; tau runs."""
    import rerun.blueprint as rrb

    def cloud(name: str, entities: str) -> Any:
        return rrb.Spatial3DView(name=name, origin='/', contents=[entities])

    groups = [INSTANCES, CONFIDENCE, IMAGE]
    if view.instances.confidences is None:
        groups.remove(CONFIDENCE)
    steps = [
        cloud(f'step {number}', f'/steps/{number}/**')
        for number in range(1, len(view.steps) + 1)
    ]
    pictures = [
        rrb.Spatial2DView(name=name, origin=f'/picture/{name}')
        for name in ('image', 'depth')
    ]
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Tabs(*[cloud(one, f'/cloud/{one}/**') for one in groups]),
            rrb.Tabs(*steps, cloud('one after the other', '/step/**')),
            rrb.Vertical(
                *pictures, rrb.TextDocumentView(name='steps', origin='/name')
            ),
            column_shares=[3, 3, 2],
            name=shown(view.name),
        ),
        rrb.BlueprintPanel(state='collapsed'),
        rrb.SelectionPanel(state='collapsed'),
        rrb.TimePanel(timeline=TAU if len(view.taus) else STEP),
    )


def _taus(view: CutView) -> list[float | None]:
    return [float(tau) for tau in view.taus] or [None]


def _log_pictures(rr: ModuleType, recording, view: CutView) -> None:
    """The name of the image, what its steps gave, the image, its depth."""
    texts = [view.step_text(step) for step in range(len(view.steps))]
    note = rr.TextDocument('\n'.join([shown(view.name), '', *texts]))
    recording.log('name', note, static=True)
    recording.log('picture/image', rr.Image(view.image), static=True)
    depth = rr.Image(draw_depth(view.depth))
    recording.log('picture/depth', depth, static=True)


def _log_cloud(rr: ModuleType, recording, view: CutView) -> None:
    """The cloud in the colours of the image, of instances, of confidence."""
    for layer in view.layers():
        for group in set(layer.groups) - {SEMANTIC, LOCAL_CUT}:
            name = layer.name.replace(' ', '_')
            place = f'cloud/{group}/{name}'
            _log(rr, recording, place, layer, static=True)


def _log_step(rr: ModuleType, recording, view: CutView, step: int) -> None:
    """A step at each tau, and on the timeline of the steps."""
    for tau in _taus(view):
        recording.reset_time()
        if tau is not None:
            recording.set_time(TAU, sequence=round(1000 * tau))
        for layer in _step_layers(view, step, tau):
            name = layer.name.replace(' ', '_')
            _log(rr, recording, f'steps/{step + 1}/{name}', layer)
    recording.reset_time()
    recording.set_time(STEP, sequence=step + 1)
    for layer in _step_layers(view, step, None):
        name = layer.name.replace(' ', '_')
        _log(rr, recording, f'step/{name}', layer)


def _step_layers(view: CutView, step: int, tau: float | None) -> list[Layer]:
    """What a step changes: its masks, its graph."""
    return [
        layer
        for layer in view.layers(step, tau)
        if layer.name in (SEMANTIC, LOCAL_CUT) or not layer.groups
    ]


def _log(
    rr: ModuleType, recording, place: str, layer: Layer, static: bool = False
) -> None:
    colors = np.asarray(layer.colors, np.uint8)
    label = layer.note or layer.name
    if layer.groups or len(layer.points):
        entity = rr.Points3D(
            upright(layer.points),
            colors=colors,
            radii=0.003,
            labels=[label] if len(layer.points) else None,
            show_labels=False,
        )
    else:
        entity = rr.LineStrips3D(
            upright(layer.line_ends), colors=colors, radii=0.0008
        )
    recording.log(place, entity, static=static)
    if layer.values is not None:
        values = rr.AnyValues(confidence=layer.values)
        recording.log(place, values, static=static)
