"""Scenes and their instances as files."""

import os
from pathlib import Path
from typing import Literal

import numpy as np

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_file

from ..structures import NO_INSTANCE, Scene, SceneInstances
from .ply import write_ply

#: Colour of a vertex of no instance.
_GREY = 200


def vertex_instances(
    scene: Scene, instances: SceneInstances | np.ndarray | None
) -> np.ndarray:
    """The instance of each vertex.

    Args:
        scene (Scene): Of n vertices.
        instances (SceneInstances | np.ndarray, optional): Masks, of which
            the one with the higher score counts where two overlap; or (n,)
            int, 0 = none; or None for the truth of the scene.

    Returns:
        np.ndarray: (n,) int32, 0 = none; masks are counted from 1.

    Raises:
        ValueError: If there is not one for each vertex.
    """
    found = np.full(len(scene), NO_INSTANCE, np.int32)
    if isinstance(instances, SceneInstances):
        of_vertex = instances.segments.of_vertex
        if len(of_vertex) == len(scene):
            of_segment = np.full(len(instances.segments), NO_INSTANCE)
            for index in np.argsort(instances.scores, kind='stable'):
                of_segment[instances.masks[index]] = index + 1
            return of_segment[of_vertex].astype(np.int32)
        instances = of_vertex
    elif instances is None:
        instances = found if scene.instances is None else scene.instances
    if np.shape(instances) != found.shape:
        raise ValueError(
            f'{scene.name}: expected instances of {len(scene):,} vertices, '
            f'but got {np.shape(instances)}; they may belong to another '
            'scene.'
        )
    found[:] = instances
    return found


def instance_palette(instances: np.ndarray) -> np.ndarray:
    """Colours of instances, the same for the same number, grey for none.

    Args:
        instances (np.ndarray): (n,) int, 0 = none.

    Returns:
        np.ndarray: (n, 3) uint8 RGB.
    """
    from mmcuts3d.visualization.drawing import instance_colors

    grey = np.full((1, 3), _GREY, np.uint8)
    palette = instance_colors(int(np.max(instances, initial=0)))
    return np.concatenate([grey, palette])[np.maximum(instances, 0)]


def save_scene_ply(
    scene: Scene,
    instances: SceneInstances | np.ndarray | None,
    path: str | os.PathLike[str],
    what: Literal['instances', 'colours'] = 'instances',
    offset: tuple[float, float, float] | None = None,
) -> Path:
    """Write a scene and its instances as a PLY file of any viewer.

    Faces are kept. The property ``instance`` holds the instance of each
    vertex, 0 = none; :func:`read_scene` reads it back.

    Args:
        scene (Scene): The scene.
        instances (SceneInstances | np.ndarray, optional): See
            :func:`vertex_instances`; None writes the truth.
        path (str | PathLike): The file; its folder is made.
        what (str): 'instances' colours each instance and leaves others
            grey; 'colours' keeps the scene's own. Defaults to 'instances'.
        offset (tuple, optional): Added to x, y, z, which are then written as
            doubles, such as what :func:`read_scene` subtracted. Defaults to
            None.

    Returns:
        Path: The file.

    Raises:
        ValueError: If the instances belong to another scene, or ``what`` is
            none of the two.
    """
    if what not in ('instances', 'colours'):
        raise ValueError(
            "Expected argument `what` to be 'instances' or 'colours', but "
            f'got {what!r}.'
        )
    of_vertex = vertex_instances(scene, instances)
    points = scene.points.astype(np.float32)
    if offset is not None:
        points = points.astype(np.float64) + np.array(offset, np.float64)
    columns = dict(zip('xyz', points.T, strict=True))
    if scene.normals is not None:
        normals = scene.normals.astype(np.float32)
        columns |= zip(('nx', 'ny', 'nz'), normals.T, strict=True)
    colours = scene.colours
    if what == 'instances':
        colours = instance_palette(of_vertex)
    if colours is not None:
        columns |= zip(('red', 'green', 'blue'), colours.T, strict=True)
    if instances is not None or scene.instances is not None:
        columns['instance'] = of_vertex
    return write_ply(path, columns, scene.faces)


def save_scene_npz(scene: Scene, path: str | os.PathLike[str]) -> Path:
    """Write a scene as an NPZ file that :func:`read_scene` reads.

    Args:
        scene (Scene): The scene.
        path (str | PathLike): The file, which ends with .npz; its folder is
            made.

    Returns:
        Path: The file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        key: value
        for key, value in vars(scene).items()
        if isinstance(value, np.ndarray)
    }
    with whole_file(path) as file:
        np.savez_compressed(file, **arrays)
    return path


def save_scannet_predictions(
    scene: Scene,
    instances: SceneInstances,
    folder: str | os.PathLike[str],
    label_id: int = 1,
) -> Path:
    """Write instances in the format of ScanNet's instance benchmark.

    ``NAME.txt`` has a line for each instance: its file, a label and its
    score. ``predicted_masks/NAME_000.txt`` has a line for each vertex, 1
    where it belongs to the instance.

    Args:
        scene (Scene): Named as in the benchmark, vertices in the order of
            its file.
        instances (SceneInstances): Its instances.
        folder (str | PathLike): Of all scenes; it is made.
        label_id (int): Written for all, as they have no class. Defaults to
            1.

    Returns:
        Path: ``NAME.txt``.

    Raises:
        ValueError: If the instances belong to another scene, or its name
            cannot be that of a file.
    """
    if not scene.name or Path(scene.name).name != scene.name:
        raise ValueError(
            'Expected a scene with a name that can be that of a file, but '
            f'got {shown(scene.name)!r}.'
        )
    masks = instances.on_vertices()
    if masks.shape[1] != len(scene):
        raise ValueError(
            f'{scene.name}: expected instances of {len(scene):,} vertices, '
            f'but got {masks.shape[1]:,}; they may belong to another scene.'
        )
    folder = Path(folder)
    (folder / 'predicted_masks').mkdir(parents=True, exist_ok=True)
    lines = []
    for index, (mask, score) in enumerate(
        zip(masks, instances.scores, strict=True)
    ):
        name = f'predicted_masks/{scene.name}_{index:03d}.txt'
        rows = np.full((len(mask), 2), ord('\n'), np.uint8)
        rows[:, 0] = mask + ord('0')
        (folder / name).write_bytes(rows.tobytes())
        lines.append(f'{name} {label_id} {score:.6f}\n')
    path = folder / f'{scene.name}.txt'
    path.write_text(''.join(lines), 'utf-8')
    return path
