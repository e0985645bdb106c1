"""A cloud that turns, as GIF or MP4."""

import os
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmcuts3d.files import shown
from mmcuts3d.files.whole_files import whole_path
from mmcuts3d.visualization.point_cloud import Cloud
from mmcuts3d.visualization.point_cloud_viewer import VIEWS, render_frames

SUFFIXES = ('.gif', '.mp4')
#: VP9, which browsers play; MPEG-4 part 2 where OpenCV has no other.
_CODECS = ('vp09', 'mp4v')
_SWING = 50.0  # degrees to each side: from behind there is nothing to see


def check_movie(path: str | os.PathLike[str]) -> Path:
    """The path of a movie, or ValueError on another suffix."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f'Expected a movie to end in one of {SUFFIXES}, but got '
            f'{path.suffix!r}'
        )
    return path


def save_movie(
    cloud: Cloud,
    path: str | os.PathLike[str],
    frames: int = 48,
    fps: int = 12,
    size: tuple[int, int] = (640, 480),
) -> Path:
    """Turn a cloud from side to side and back, without end.

    All pictures are rendered in one process of its own, see
    :func:`render_png`.

    Args:
        cloud (Cloud): What to show.
        path (str | PathLike): A ``.gif`` or ``.mp4``; its folder is made.
        frames (int): Pictures of one period, even. Defaults to 48.
        fps (int): Pictures a second. Defaults to 12.
        size (tuple): Width and height, pixels. Defaults to (640, 480).

    Returns:
        Path: The file.

    Raises:
        ValueError: On another suffix, an odd number of frames, or a cloud
            without points.
        OSError: If the file cannot be written, or OpenCV has no writer of
            MP4.
    """
    path = check_movie(path)
    if frames < 2 or frames % 2:
        raise ValueError(
            'Expected argument `frames` to be even and at least 2, but got '
            f'{frames}'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # There and back are the same pictures.
    half = np.arange(frames // 2 + 1)
    angles = _SWING * np.cos(2 * np.pi * half / frames)
    found = render_frames(cloud, _fronts(angles), size, timeout=600.0)
    pictures = found + found[-2:0:-1]
    save = _save_gif if path.suffix.lower() == '.gif' else _save_mp4
    with whole_path(path) as part:
        if not save(pictures, part, fps):
            raise OSError(
                f'could not write {shown(path)}: the folder takes no file, or '
                'this OpenCV has no writer of MP4; then write a .gif'
            )
    return path


def _fronts(angles: np.ndarray) -> np.ndarray:
    """(F, 3) unit directions to the eye, turned about the upright axis."""
    height = VIEWS['side'][1]
    turn = np.deg2rad(angles)
    flat = np.stack([np.sin(turn), np.cos(turn)])
    fronts = np.stack([flat[0], np.full(len(turn), height), flat[1]], axis=1)
    return fronts / np.linalg.norm(fronts, axis=1, keepdims=True)


def _save_gif(pictures: list[np.ndarray], path: Path, fps: int) -> bool:
    first, *others = (Image.fromarray(one) for one in pictures)
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=round(1000 / fps),
        loop=0,
        optimize=True,
    )
    return True


def _save_mp4(pictures: list[np.ndarray], path: Path, fps: int) -> bool:
    height, width = pictures[0].shape[:2]
    for name in _CODECS:
        code = cv2.VideoWriter_fourcc(*name)
        writer = cv2.VideoWriter(str(path), code, fps, (width, height))
        if not writer.isOpened():
            continue
        for picture in pictures:
            writer.write(np.ascontiguousarray(picture[..., ::-1]))
        writer.release()
        return True
    return False
