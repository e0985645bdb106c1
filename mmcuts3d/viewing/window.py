"""The window: a cloud, and a panel that cuts it again. Needs a display.

Open3D is imported inside; what is seen is decided by :class:`ViewState`.
"""

import textwrap
from collections.abc import Callable
from typing import Any, get_args

import numpy as np

from mmcuts3d.cuts.spatial.min_cut import Capacity
from mmcuts3d.files import shown
from mmcuts3d.visualization.layers import Layer
from mmcuts3d.visualization.point_cloud import upright
from mmcuts3d.visualization.point_cloud_viewer import VIEWS, ready_for_window

from .view_state import OVERLAYS, ViewState

_PANEL, _COLUMNS = 20, 40  # in letters high; in letters wide
_RANGES = {
    'tau_knn': (0.02, 0.5),
    'k': (2, 48),
    'z_scale': (0.0, 8.0),
    'num_instances': (1, 20),
}
_LABELS = {'tau_knn': 'tau_knn', 'num_instances': 'N, steps'}
_FRAMES = 5  # drawn after a change; what is seen may be some behind
_THIN = 0.35  # points of the cloud, so that lines inside it are seen
_LIFT = 0.02  # of lines towards the camera, out of the surface
_CLICK = 4  # pixels that the mouse may move between down and up


def open_window(state: ViewState) -> None:
    """Show a cut; returns when the window is closed.

    Args:
        state (ViewState): What is seen at first.

    Raises:
        ImportError: If Open3D is not installed.
        RuntimeError: If there is no display, or it does not answer.
    """
    ready_for_window()
    from open3d.visualization import gui

    application = gui.Application.instance
    application.initialize()
    CutWindow(state)
    application.run()


class CutWindow:
    """The window of one cut.

    Args:
        state (ViewState): Changed by the panel.
    """

    def __init__(self, state: ViewState) -> None:
        from open3d.visualization import gui, rendering

        self.gui, self.rendering = gui, rendering
        self.state = state
        self._busy, self._wanted = False, dict(state.settings)
        self._pressed: tuple[int, int] | None = None
        title = f'{shown(state.view.name, 60)} - mmcuts3d'
        self.window = gui.Application.instance.create_window(title, 1280, 800)
        self.scene = gui.SceneWidget()
        self.scene.scene = rendering.Open3DScene(self.window.renderer)
        self.scene.scene.set_background([1, 1, 1, 1])
        # Colours as they are: no light, no tone mapping.
        self.scene.scene.scene.enable_sun_light(False)
        self.scene.scene.view.set_post_processing(False)
        self.scene.set_on_mouse(self._on_mouse)
        em = self.window.theme.font_size
        self.panel = gui.ScrollableVert(0.4 * em, gui.Margins(0.5 * em))
        self.window.add_child(self.scene)
        self.window.add_child(self.panel)
        self.window.set_on_layout(self._on_layout)
        self._frames = 0
        self.window.set_on_tick_event(self._on_tick)
        self._fill_panel()
        self.draw()
        self._look()

    def draw(self) -> None:
        """Show the layers of the state, and its texts."""
        scene = self.scene.scene
        scene.clear_geometry()
        for number, layer in enumerate(self.state.layers()):
            self._add(f'{number} {layer.name}', layer)
        view = self.state.view
        self.summary.text = _folded(self.state.summary())
        self.step_text.text = _folded(view.step_text(self.state.step))
        self.scene.force_redraw()
        self._frames = _FRAMES

    def _on_tick(self) -> bool:
        """Ask for the next frames after a change: the first may be old."""
        self._frames = max(self._frames - 1, 0)
        return self._frames > 0

    def _add(self, name: str, layer: Layer) -> None:
        import open3d as o3d

        material = self.rendering.MaterialRecord()
        scale = self.window.scaling
        if len(layer.points):
            number = len(self.state.view.cloud.points)
            material.shader = 'defaultUnlit'
            material.point_size = (2 + 700 / np.sqrt(number)) * scale
            if self.state.overlays and layer.groups:
                material.point_size *= _THIN
            shape = o3d.geometry.PointCloud()
            shape.points = o3d.utility.Vector3dVector(upright(layer.points))
            colors = np.broadcast_to(layer.colors, layer.points.shape) / 255
            shape.colors = o3d.utility.Vector3dVector(colors)
            self.scene.scene.add_geometry(name, shape, material)
        elif len(layer.line_ends):
            material.shader = 'unlitLine'
            material.line_width = scale
            shape = o3d.geometry.LineSet()
            ends = upright(layer.line_ends - [0, 0, _LIFT]).reshape(-1, 3)
            shape.points = o3d.utility.Vector3dVector(ends)
            pairs = np.arange(len(ends)).reshape(-1, 2)
            shape.lines = o3d.utility.Vector2iVector(pairs)
            shape.paint_uniform_color(np.asarray(layer.colors) / 255)
            self.scene.scene.add_geometry(name, shape, material)

    def _look(self) -> None:
        """The view from the side, the whole cloud in it."""
        points = upright(self.state.view.cloud.points)
        low, high = points.min(0), points.max(0)
        box = self.scene.scene.bounding_box
        middle = (low + high) / 2
        self.scene.setup_camera(50, box, middle)
        front = np.array(VIEWS['side']) / np.linalg.norm(VIEWS['side'])
        reach = max(float(np.linalg.norm(high - low)), 0.1) * 1.3
        self.scene.look_at(middle, middle + reach * front, [0, 1, 0])

    def _on_layout(self, context: Any) -> None:
        frame = self.window.content_rect
        em = context.theme.font_size
        wide = min(_PANEL * em, frame.width // 2)
        self.scene.frame = self.gui.Rect(
            frame.x, frame.y, frame.width - wide, frame.height
        )
        self.panel.frame = self.gui.Rect(
            frame.get_right() - wide, frame.y, wide, frame.height
        )

    def _fill_panel(self) -> None:
        """The widgets, from top to bottom."""
        add = self.panel.add_child
        self.summary = self.gui.Label('')
        self.picked = self.gui.Label(_folded('Click a point to name it.'))
        add(self.summary)
        add(self.picked)
        add(self.gui.Label('Colour by'))
        add(self._choice(self.state.groups, self.state.group, self._set_group))
        self.steps = self._choice([], '', self._set_step)
        self.step_text = self.gui.Label('')
        add(self.steps)
        add(self.step_text)
        add(self.gui.Label('tau of the LocalCut'))
        self.tau = self._slider(0.01, 1.0, 1.0, self._set_tau)
        add(self.tau)
        for name in OVERLAYS:
            add(self._check(name, False, self._overlay(name)))
        self.instances = self.gui.CollapsableVert('Instances')
        self.checks = self.gui.WidgetProxy()
        self.instances.add_child(self.checks)
        add(self.instances)
        if self.state.maps is not None:
            self._add_settings()
        self._fill_for_cut()

    def _add_settings(self) -> None:
        part = self.gui.CollapsableVert('Settings of the cut')
        for name, (low, high) in _RANGES.items():
            value = self.state.settings[name]
            part.add_child(self.gui.Label(_LABELS.get(name, name)))
            low, high = min(low, value), max(high, value)
            part.add_child(self._slider(low, high, value, self._set(name)))
        part.add_child(self.gui.Label('capacity'))
        known = list(get_args(Capacity))
        now = self.state.settings['capacity']
        set_capacity = self._set('capacity')
        part.add_child(
            self._choice(known, now, lambda text, _: set_capacity(text))
        )
        self.panel.add_child(part)

    def _fill_for_cut(self) -> None:
        """The widgets that follow the cut: steps, tau, instances."""
        view = self.state.view
        self.steps.clear_items()
        for index in range(len(view.steps)):
            self.steps.add_item(f'step {index + 1}')
        self.steps.selected_index = self.state.step
        self.tau.enabled = bool(len(view.taus))
        if len(view.taus):
            most = float(view.taus[-1])
            self.tau.set_limits(min(0.01, most), most)
            self.tau.double_value = most
        rows = self.gui.Vert()
        for index in range(len(view.instances)):
            text = f'instance {index + 1}, {view.instances.scores[index]:.2f}'
            is_on = index not in self.state.hidden
            rows.add_child(self._check(text, is_on, self._instance(index)))
        self.checks.set_widget(rows)
        self.window.set_needs_layout()

    def _slider(
        self, low: float, high: float, value: float, call: Callable
    ) -> Any:
        whole = isinstance(value, int)
        kind = self.gui.Slider.INT if whole else self.gui.Slider.DOUBLE
        slider = self.gui.Slider(kind)
        slider.set_limits(low, high)
        if whole:
            slider.int_value = value
        else:
            slider.double_value = value
        slider.set_on_value_changed(
            lambda new: call(round(new) if whole else float(new))
        )
        return slider

    def _check(self, text: str, is_on: bool, call: Callable) -> Any:
        box = self.gui.Checkbox(text)
        box.checked = is_on
        box.set_on_checked(call)
        return box

    def _choice(self, texts: list[str], now: str, call: Callable) -> Any:
        box = self.gui.Combobox()
        for text in texts:
            box.add_item(text)
        if now:
            box.selected_text = now
        box.set_on_selection_changed(call)
        return box

    def _set_group(self, text: str, _: int) -> None:
        self.state.group = text
        self.draw()

    def _set_step(self, _: str, index: int) -> None:
        self.state.step = index
        self.draw()

    def _set_tau(self, value: float) -> None:
        self.state.tau = value
        self.draw()

    def _overlay(self, name: str) -> Callable[[bool], None]:
        return lambda is_on: self._switch(self.state.overlays, name, is_on)

    def _instance(self, index: int) -> Callable[[bool], None]:
        return lambda is_on: self._switch(self.state.hidden, index, not is_on)

    def _switch(self, names: set, name: Any, is_in: bool) -> None:
        (names.add if is_in else names.discard)(name)
        self.draw()

    def _set(self, name: str) -> Callable[[Any], None]:
        def call(value: Any) -> None:
            self._wanted[name] = value
            if not self._busy:
                self._busy = True
                self.gui.Application.instance.run_in_thread(self._recut)

        return call

    def _recut(self) -> None:
        """In a thread: cut until nothing else is wanted."""
        settings = dict(self._wanted)
        found = self.state.recut(settings)

        def show() -> None:
            self.state.take(found, settings)
            if not isinstance(found, str):
                self._fill_for_cut()
            self.draw()
            if self._wanted != settings:
                self.gui.Application.instance.run_in_thread(self._recut)
            else:
                self._busy = False

        self.gui.Application.instance.post_to_main_thread(self.window, show)

    def _on_mouse(self, event: Any) -> Any:
        """A click without a move names what is below it."""
        kinds = self.gui.MouseEvent.Type
        if event.type == kinds.BUTTON_DOWN:
            self._pressed = (event.x, event.y)
        elif event.type == kinds.BUTTON_UP and self._pressed is not None:
            moved = np.subtract(self._pressed, (event.x, event.y))
            if np.abs(moved).max() <= _CLICK:
                self._pick(event.x, event.y)
        return self.gui.Widget.EventCallbackResult.IGNORED

    def _pick(self, x: int, y: int) -> None:
        frame, camera = self.scene.frame, self.scene.scene.camera
        eye = np.linalg.inv(camera.get_view_matrix())[:3, 3]
        # Any depth does: all of them lie on the ray through the pixel.
        through = camera.unproject(
            x - frame.x, y - frame.y, 0.5, frame.width, frame.height
        )
        text = self.state.pick(upright(eye), upright(through - eye))
        self.picked.text = _folded(text or 'No point there.')
        self._frames = _FRAMES
        self.window.set_needs_layout()


def _folded(text: str) -> str:
    """Text in lines that fit the panel."""
    return textwrap.fill(shown(text), _COLUMNS)
