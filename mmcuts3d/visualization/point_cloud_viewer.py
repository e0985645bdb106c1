"""Looks at a point cloud: a window, or a picture without a display.

Open3D is imported only here, inside the functions that need it.
"""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mmengine.logging import print_log

from .display import display_problem
from .point_cloud import Cloud, upright
from .render_worker import lines

#: Direction from the cloud to the eye, x right, y up, z towards the camera.
VIEWS = {
    'front': (0.0, 0.0, 1.0),
    'side': (0.7, 0.4, 1.0),
    'left': (-0.7, 0.4, 1.0),
    'top': (0.0, 1.0, 0.15),
}
# Rendered larger, cropped to what is there and brought to size: fine edges,
# and no cloud is lost in a corner or cut off.
_SUPERSAMPLE, _ZOOM, _MARGIN = 2, 0.9, 0.04
_MAX_SCATTER = 40_000


def show(cloud: Cloud, view: str = 'side', title: str = 'mmcuts3d') -> None:
    """Open a window; returns when it is closed. Needs a display.

    Args:
        cloud (Cloud): What to show.
        view (str): Key of :data:`VIEWS`. Defaults to 'side'.
        title (str): Of the window. Defaults to 'mmcuts3d'.

    Raises:
        ImportError: If Open3D is not installed.
        RuntimeError: If there is no display, or it does not answer.
        ValueError: If there is no such view.
    """
    front = _front(view)
    o3d = ready_for_window()
    points = upright(cloud.points)
    shape = o3d.geometry.PointCloud()
    shape.points = o3d.utility.Vector3dVector(points)
    shape.colors = o3d.utility.Vector3dVector(cloud.colors / 255)
    shapes = [shape]
    if len(cloud.line_ends):
        shapes.append(lines(o3d, upright(cloud.line_ends)))
    o3d.visualization.draw_geometries(
        shapes,
        window_name=title,
        width=1024,
        height=768,
        lookat=_middle(points),
        up=np.array([0.0, 1.0, 0.0]),
        front=front,
        zoom=_ZOOM,
    )


def render_png(
    cloud: Cloud,
    path: str | os.PathLike[str],
    view: str = 'side',
    size: tuple[int, int] = (960, 720),
    point_size: float | None = None,
    timeout: float = 90.0,
) -> Path:
    """Render a cloud to a PNG, with no display needed.

    Open3D renders in a process of its own, which a missing driver may kill.
    Where it fails or is not installed, matplotlib draws a plainer picture,
    and a warning says why.

    Args:
        cloud (Cloud): What to show.
        path (str | PathLike): The PNG; its folder is made.
        view (str): Key of :data:`VIEWS`. Defaults to 'side'.
        size (tuple): Width and height, pixels. Defaults to (960, 720).
        point_size (float, optional): Pixels. Defaults to None, so that
            neighbouring points touch.
        timeout (float): Seconds that Open3D may take. Defaults to 90.

    Returns:
        Path: The picture.

    Raises:
        ValueError: If there is no such view or no point.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = render_view(cloud, view, size, point_size, timeout)
    if not cv2.imwrite(str(path), picture[..., ::-1]):
        raise OSError(f'could not write {path}')
    return path


def render_view(
    cloud: Cloud,
    view: str = 'side',
    size: tuple[int, int] = (960, 720),
    point_size: float | None = None,
    timeout: float = 90.0,
) -> np.ndarray:
    """Render a cloud as :func:`render_png` does, without a file.

    Args:
        cloud (Cloud): What to show.
        view (str): See there. Defaults to 'side'.
        size (tuple): See there. Defaults to (960, 720).
        point_size (float, optional): See there. Defaults to None.
        timeout (float): See there. Defaults to 90.

    Returns:
        np.ndarray: (height, width, 3) uint8 RGB.

    Raises:
        ValueError: If there is no such view or no point.
    """
    fronts = _front(view)[None]
    return render_frames(cloud, fronts, size, point_size, timeout)[0]


def render_frames(
    cloud: Cloud,
    fronts: np.ndarray,
    size: tuple[int, int] = (960, 720),
    point_size: float | None = None,
    timeout: float = 90.0,
) -> list[np.ndarray]:
    """Render a cloud from several sides, as :func:`render_png` does.

    Args:
        cloud (Cloud): What to show.
        fronts (np.ndarray): (F, 3) directions from the cloud to the eye, as
            in :data:`VIEWS`.
        size (tuple): See :func:`render_png`. Defaults to (960, 720).
        point_size (float, optional): See there. Defaults to None.
        timeout (float): Seconds for all of them. Defaults to 90.

    Returns:
        list[np.ndarray]: (height, width, 3) uint8 RGB each, in one frame.

    Raises:
        ValueError: If there is no point.
    """
    if not len(cloud.points):
        raise ValueError('Expected argument `cloud` to have points, but got 0')
    if point_size is None:
        point_size = 1.1 * min(size) / np.sqrt(len(cloud.points)) + 0.5
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder, 'scene.npz')
        points = upright(cloud.points)
        np.savez(
            scene,
            points=points,
            colors=cloud.colors,
            line_ends=upright(cloud.line_ends),
            size=np.array(size) * _SUPERSAMPLE,
            point_size=point_size * _SUPERSAMPLE,
            lookat=_middle(points),
            fronts=fronts,
            up=np.array([0.0, 1.0, 0.0]),
            zoom=_ZOOM,
        )
        problem = _run_worker(scene, Path(folder), timeout)
        images = [
            cv2.imread(str(Path(folder, f'{index}.png')))
            for index in range(0 if problem else len(fronts))
        ]
    if not images or any(image is None for image in images):
        print_log(
            'Open3D gave no picture of the point cloud '
            f'({problem or "no file"}); drawn with matplotlib instead.',
            'current',
            logging.WARNING,
        )
        images = [_scatter(cloud, front, size) for front in fronts]
    else:
        images = [image[..., ::-1] for image in images]
    return _fit(images, size)


def _open3d() -> ModuleType:
    try:
        import open3d
    except ImportError as error:
        raise ImportError(
            'The point-cloud window needs Open3D: `pip install open3d` (or '
            '`open3d-cpu`); on Debian also libusb-1.0-0 and libgl1. '
            f'The import said: {error}'
        ) from error
    return open3d


def ready_for_window() -> ModuleType:
    """Open3D, if it is installed and a window can be opened.

    Raises:
        ImportError: If Open3D is not installed.
        RuntimeError: If there is no display, or it does not answer.
    """
    o3d = _open3d()
    problem = display_problem()
    if problem:
        raise RuntimeError(
            f'The point-cloud window needs a display, but {problem}: use '
            '`render_png`, or copy the PLY file.'
        )
    return o3d


def _front(view: str) -> np.ndarray:
    if view not in VIEWS:
        raise ValueError(
            f'Expected argument `view` to be one of {sorted(VIEWS)}, but '
            f'got {view!r}'
        )
    front = np.array(VIEWS[view])
    return front / np.linalg.norm(front)


def _middle(points: np.ndarray) -> np.ndarray:
    """Centre of the box around the points."""
    return (points.min(0) + points.max(0)) / 2


def _run_worker(scene: Path, folder: Path, timeout: float) -> str:
    """Render in a process of its own; '' or what went wrong."""
    worker = Path(__file__).with_name('render_worker.py')
    command = [sys.executable, str(worker), str(scene), str(folder)]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ''
    said = done.stderr.decode(errors='replace').strip().splitlines()
    return f'exit status {done.returncode}: {said[-1] if said else "silent"}'


def _scatter(
    cloud: Cloud, front: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """The cloud as (H, W, 3) uint8 RGB by matplotlib."""
    stride = max(1, len(cloud.points) // _MAX_SCATTER)
    points = upright(cloud.points[::stride])
    dpi = 100
    figure = Figure((size[0] / dpi, size[1] / dpi), dpi=dpi)
    axes = figure.add_axes((0, 0, 1, 1), projection='3d')
    axes.set_axis_off()
    # matplotlib has z up: x, -z, y there are x, y, z here.
    axes.scatter(
        points[:, 0],
        -points[:, 2],
        points[:, 1],
        c=cloud.colors[::stride] / 255,
        s=4,
        linewidths=0,
        depthshade=False,
    )
    if len(cloud.line_ends):
        # One line, broken after each pair of ends.
        ends = upright(cloud.line_ends)
        gaps = np.full((len(ends), 1, 3), np.nan)
        x, y, z = np.concatenate([ends, gaps], axis=1).reshape(-1, 3).T
        axes.plot(x, -z, y, color='#d91a1a', linewidth=0.8)
    axes.set_box_aspect(np.maximum(np.ptp(points, 0)[[0, 2, 1]], 1e-3))
    axes.view_init(
        elev=float(np.degrees(np.arcsin(front[1]))),
        azim=float(np.degrees(np.arctan2(-front[2], front[0]))),
    )
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _fit(
    images: Sequence[np.ndarray], size: tuple[int, int]
) -> list[np.ndarray]:
    """Crop the border that is white in all, fit into width and height."""
    drawn = np.logical_or.reduce([(one < 250).any(2) for one in images])
    rows, columns = np.nonzero(drawn)
    crop = (slice(None), slice(None))
    if len(rows):
        crop = (
            slice(rows.min(), rows.max() + 1),
            slice(columns.min(), columns.max() + 1),
        )
    return [_put(np.ascontiguousarray(one[crop]), size) for one in images]


def _put(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) as large as it fits into the middle of a white picture."""
    room = np.array(size) * (1 - 2 * _MARGIN)
    scale = min(room / image.shape[1::-1])
    inner = np.maximum(np.array(image.shape[1::-1]) * scale, 1).astype(int)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(image, inner.tolist(), interpolation=way)
    canvas = np.full((size[1], size[0], 3), 255, np.uint8)
    left, top = (np.array(size) - inner) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = small
    return canvas
