"""Pictures of scenes: colours, segments and instances side by side."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmcuts3d.visualization import Cloud, render_png, show
from mmcuts3d.visualization.drawing import instance_colors

from .scans import instance_palette, vertex_instances
from .structures import Scene, SceneInstances

_GREY = 170
_BAR = 34


def scene_cloud(scene: Scene, colours: np.ndarray) -> Cloud:
    """A scene for the viewer of the core, which looks along its y axis.

    Args:
        scene (Scene): n vertices, z upwards.
        colours (np.ndarray): (n, 3) uint8.

    Returns:
        Cloud: x right, y down, z away; heights stay heights.
    """
    x, y, z = (scene.points - scene.points.mean(axis=0)).T
    return Cloud(np.stack([x, -z, y], axis=1), colours)


def panels(
    scene: Scene, instances: SceneInstances | None
) -> dict[str, np.ndarray]:
    """What can be shown of a scene.

    Args:
        scene (Scene): n vertices.
        instances (SceneInstances, optional): Found.

    Returns:
        dict[str, np.ndarray]: Title and (n, 3) uint8 colours: those of the
        scan, of segments, of instances found, of the truth.
    """
    found = {}
    if scene.colours is not None:
        found['scan'] = scene.colours
    else:
        found['scan'] = _by_height(scene)
    if instances is not None:
        segments = instances.segments
        palette = instance_colors(len(segments))
        found[f'{len(segments)} segments'] = palette[segments.of_vertex]
        of_vertex = vertex_instances(scene, instances)
        found[f'{len(instances)} instances'] = instance_palette(of_vertex)
    if scene.instances is not None:
        number = len(set(np.unique(scene.instances)) - {0})
        found[f'truth: {number}'] = instance_palette(scene.instances)
    return found


def draw_scene(
    scene: Scene,
    instances: SceneInstances | None,
    path: str | os.PathLike[str],
    view: str = 'high',
    size: tuple[int, int] = (720, 560),
) -> Path:
    """Write a picture with all :func:`panels`, two in a row.

    Args:
        scene (Scene): The scene.
        instances (SceneInstances, optional): Found.
        path (str | PathLike): The PNG; its folder is made.
        view (str): 'high', from above and aside, 'top', or a view of
            :func:`mmcuts3d.visualization.render_png`. Defaults to 'high'.
        size (tuple): Width and height of a panel, pixels. Defaults to
            (720, 560).

    Returns:
        Path: The picture.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = panels(scene, instances)
    columns = min(2, len(wanted))
    rows = -(-len(wanted) // columns)
    width, height = size
    sheet = Image.new(
        'RGB', (columns * width, rows * (height + _BAR)), 'white'
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(20)
    with TemporaryDirectory() as folder:
        for index, (title, colours) in enumerate(wanted.items()):
            cloud = scene_cloud(scene, colours)
            tilt = 'front' if view == 'high' else view
            if view == 'high':
                cloud = Cloud(_tilted(cloud.points), colours)
            picture = render_png(
                cloud, Path(folder, f'{index}.png'), tilt, size
            )
            corner = (
                index % columns * width,
                index // columns * (height + _BAR),
            )
            with Image.open(picture) as image:
                sheet.paste(image, (corner[0], corner[1] + _BAR))
            pen.text((corner[0] + 8, corner[1] + 6), title, 'black', font)
    sheet.save(path)
    return path


def show_scene(scene: Scene, instances: SceneInstances | None) -> None:
    """Open a window with the instances; returns when it is closed.

    Args:
        scene (Scene): The scene.
        instances (SceneInstances, optional): None shows its colours.

    Raises:
        ImportError: If Open3D is not installed.
        RuntimeError: If there is no display.
    """
    wanted = panels(scene, instances)
    title = 'scan' if instances is None else f'{len(instances)} instances'
    show(scene_cloud(scene, wanted[title]), title=f'{scene.name}: {title}')


def _tilted(points: np.ndarray) -> np.ndarray:
    """Turned so that one looks down from above a corner."""
    turn, tilt = np.radians(30), np.radians(55)
    x, y, z = points.T
    x, z = (
        np.cos(turn) * x + np.sin(turn) * z,
        np.cos(turn) * z - np.sin(turn) * x,
    )
    y, z = (
        np.cos(tilt) * y - np.sin(tilt) * z,
        np.sin(tilt) * y + np.cos(tilt) * z,
    )
    return np.stack([x, y, z], axis=1)


def _by_height(scene: Scene) -> np.ndarray:
    z = scene.points[:, 2]
    share = (z - z.min()) / max(float(np.ptp(z)), 1e-6)
    grey = (_GREY * (0.4 + 0.6 * share)).astype(np.uint8)
    return np.repeat(grey[:, None], 3, axis=1)
