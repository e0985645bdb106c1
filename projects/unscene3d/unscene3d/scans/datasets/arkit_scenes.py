"""Scans in the layout of ARKitScenes."""

import os
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from mmcuts3d.files import shown

from ...structures import Scene
from ..frames import FrameFolder, as_frames
from ..reading import read_scene
from ..tables import read_table


def read_arkit_scenes(
    folder: str | os.PathLike[str], *, max_delay: float = 0.02
) -> tuple[Scene, FrameFolder | None]:
    """Read a folder of ARKitScenes, such as ``Training/40753679``.

    Of a scan ``ID`` it needs ``ID_3dod_mesh.ply``; frames are those of
    ``lowres_wide`` and ``lowres_depth`` (millimetres), with
    ``lowres_wide_intrinsics/*.pincam`` (width height fx fy cx cy) and
    ``lowres_wide.traj`` (time, axis and angle, translation: world to
    camera), in the folder or in its ``ID_frames``. The data set has boxes
    and no instances of vertices, so that there is no truth.

    Args:
        folder (str | PathLike): Of one scan, called after it.
        max_delay (float): Most seconds between an image and its pose.
            Images come more often than poses, and those without one are
            passed over. Defaults to 0.02.

    Returns:
        tuple: The scene; its frames, or None where there are no images.

    Raises:
        ValueError: If a file is missing or damaged, or no image has a pose;
            names it.
    """
    folder = Path(folder)
    name = folder.resolve().name
    mesh = folder / f'{name}_3dod_mesh.ply'
    if not mesh.is_file():
        raise ValueError(
            f'{shown(folder)}: expected a scan of ARKitScenes with '
            f'{shown(mesh.name)}, but got no such file.'
        )
    scene = read_scene(mesh, name=name, offset=(0, 0, 0))
    base = folder / f'{name}_frames'
    base = base if base.is_dir() else folder
    colours = sorted((base / 'lowres_wide').glob('*.png'))
    if not colours:
        return scene, None
    times, poses = _trajectory(base / 'lowres_wide.traj')
    taken, cameras, chosen = [], [], []
    for path in colours:
        time = _time(path)
        nearest = int(np.argmin(abs(times - time)))
        if abs(times[nearest] - time) > max_delay:
            continue
        taken.append(path)
        chosen.append(poses[nearest])
        cameras.append(_camera(base, path))
    if not taken:
        raise ValueError(
            f'{name}: expected poses within {max_delay} seconds of its '
            f'images, but got none for {len(colours):,} images; images and '
            'lowres_wide.traj may be of two scans.'
        )
    depths = [base / 'lowres_depth' / path.name for path in taken]
    names = [path.stem for path in taken]
    return scene, as_frames(name, names, taken, depths, chosen, cameras)


def _time(path: Path) -> float:
    try:
        return float(path.stem.rpartition('_')[2])
    except ValueError as error:
        raise ValueError(
            f'{shown(path.name)}: expected the name of an image, ID_TIME.png,'
            ' but got no time in it.'
        ) from error


def _trajectory(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(t,) seconds and (t, 4, 4) poses, camera to world."""
    table = read_table(path, (7,), 'time, axis and angle, x y z')
    poses = np.tile(np.eye(4), (len(table), 1, 1))
    # The file says where the world is, seen from the camera.
    turn = Rotation.from_rotvec(table[:, 1:4]).as_matrix()
    poses[:, :3, :3] = turn.transpose(0, 2, 1)
    poses[:, :3, 3] = -np.einsum('nji,nj->ni', turn, table[:, 4:])
    return table[:, 0], poses


def _camera(base: Path, image: Path) -> np.ndarray:
    """(3, 3) intrinsics; of a time a millisecond apart, as some are."""
    stem, _, _ = image.stem.rpartition('_')
    for delay in (0, -1, 1):
        time = f'{_time(image) + delay / 1000:.3f}'
        path = base / 'lowres_wide_intrinsics' / f'{stem}_{time}.pincam'
        if path.is_file():
            _, _, fx, fy, cx, cy = read_table(
                path, (6,), 'width height fx fy cx cy'
            )[0]
            return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    raise ValueError(
        f'{shown(image.name)}: expected its camera in '
        f'lowres_wide_intrinsics, but got no such file.'
    )
