"""Posed RGB-D frames, read when they are used."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

import numpy as np
from mmengine.logging import print_log
from PIL import Image

from mmcuts3d.files import first_few, open_regular, read_image, shown

from ..structures import Frame
from .poses import check_camera, check_rigid
from .tables import read_matrix

#: Millimetres that mean no depth: nothing measured, or out of range.
_NO_DEPTH = (0, 65535)


@dataclass(frozen=True)
class FrameFiles:
    """Where a frame lies.

    Attributes:
        name (str): How it is called in messages.
        colour (Path): An image.
        depth (Path): A PNG of 16 bits.
        pose (np.ndarray): (4, 4) float64, camera to world.
        intrinsics (np.ndarray): (3, 3) float64, in pixels of the depth.
    """

    name: str
    colour: Path
    depth: Path
    pose: np.ndarray
    intrinsics: np.ndarray


class FrameFolder(Sequence[Frame]):
    """The frames of a scan; images are read at each access.

    ``frames[::10]`` takes every tenth and reads nothing.

    Args:
        files (Sequence[FrameFiles]): In order of time.
        depth_unit (float): Metres of one step of the depth. Defaults to
            0.001.
    """

    def __init__(
        self, files: Sequence[FrameFiles], depth_unit: float = 0.001
    ) -> None:
        self.files = list(files)
        self.depth_unit = depth_unit

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> 'FrameFolder': ...

    def __getitem__(self, index: int | slice) -> 'Frame | FrameFolder':
        if isinstance(index, slice):
            return FrameFolder(self.files[index], self.depth_unit)
        files = self.files[index]
        return Frame(
            files.name,
            read_image(files.colour, upright=False),
            _read_depth(files.depth, self.depth_unit),
            files.intrinsics,
            files.pose,
        )


def read_frames(
    folder: str | os.PathLike[str],
    *,
    layout: Literal['auto', 'scannet', '7scenes'] = 'auto',
    intrinsics: np.ndarray | None = None,
    align: np.ndarray | None = None,
) -> FrameFolder:
    """Find the posed RGB-D frames of a folder.

    ScanNet, as its SensReader exports: ``color/0.jpg``, ``depth/0.png``,
    ``pose/0.txt``, ``intrinsic/intrinsic_depth.txt``. 7-Scenes:
    ``frame-000000.color.png`` (or jpg), ``frame-000000.depth.png``,
    ``frame-000000.pose.txt`` and ``camera-intrinsics.txt``, for which
    ``intrinsics`` does as well. Depth is in millimetres, 0 and 65535 where
    there is none. Poses are camera to world.

    Frames with a pose that is not finite, at which tracking was lost, are
    left out; a line of the log counts them.

    Args:
        folder (str | PathLike): Of one scan.
        layout (str): 'scannet', '7scenes', or 'auto': what is there.
            Defaults to 'auto'.
        intrinsics (np.ndarray, optional): (3, 3), in pixels of the depth.
            Defaults to None: those of the folder.
        align (np.ndarray, optional): (4, 4), moves the world, as the axis
            alignment of ScanNet. Defaults to None.

    Returns:
        FrameFolder: In order of their numbers.

    Raises:
        ValueError: If there are no frames, a file of one is missing, or a
            pose is none; names the file.
    """
    folder = Path(folder)
    if layout == 'auto':
        layout = 'scannet' if (folder / 'pose').is_dir() else '7scenes'
    if layout == 'scannet':
        camera = folder / 'intrinsic' / 'intrinsic_depth.txt'
        poses = sorted(folder.glob('pose/*.txt'), key=_number)
        names = [pose.stem for pose in poses]
        depths = [folder / 'depth' / f'{name}.png' for name in names]
        colours = [folder / 'color' / f'{name}.jpg' for name in names]
    elif layout == '7scenes':
        camera = folder / 'camera-intrinsics.txt'
        poses = sorted(folder.glob('*.pose.txt'), key=_number)
        names = [pose.name.removesuffix('.pose.txt') for pose in poses]
        depths = [folder / f'{name}.depth.png' for name in names]
        colours = [folder / f'{name}.color.png' for name in names]
    else:
        raise ValueError(
            "Expected argument `layout` to be 'auto', 'scannet' or '7scenes',"
            f' but got {layout!r}.'
        )
    if not names:
        raise ValueError(
            f'{shown(folder)}: expected posed frames, pose/*.txt (ScanNet) or '
            '*.pose.txt (7-Scenes), but got none.'
        )
    if intrinsics is None:
        intrinsics = read_matrix(camera, (3, 4))[:3, :3]
    return as_frames(
        shown(folder.name),
        names,
        colours,
        depths,
        [read_matrix(pose, (4,)) for pose in poses],
        [np.asarray(intrinsics, np.float64)] * len(names),
        align,
    )


def as_frames(
    name: str,
    names: Sequence[str],
    colours: Sequence[Path],
    depths: Sequence[Path],
    poses: Sequence[np.ndarray],
    intrinsics: Sequence[np.ndarray],
    align: np.ndarray | None = None,
) -> FrameFolder:
    """Check the parts of frames, and leave out what was not tracked.

    Args:
        name (str): Of the scan, for messages.
        names (Sequence[str]): Of the frames.
        colours (Sequence[Path]): The images; .png stands for .jpg, and the
            other way round, where only that is there.
        depths (Sequence[Path]): The depth of each.
        poses (Sequence[np.ndarray]): (4, 4) each, camera to world.
        intrinsics (Sequence[np.ndarray]): (3, 3) each.
        align (np.ndarray, optional): (4, 4), moves the world. Defaults to
            None.

    Returns:
        FrameFolder: The frames with a finite pose.

    Raises:
        ValueError: If a file is missing, a pose is no rotation and
            translation, a camera none, or no frame is left.
    """
    files, lost = [], []
    for key, colour, depth, pose, camera in zip(
        names, colours, depths, poses, intrinsics, strict=True
    ):
        if not np.isfinite(pose).all():
            lost.append(key)
            continue
        where = f'{name}, frame {shown(key, 80)}'
        check_rigid(pose, where)
        check_camera(camera, where)
        files.append(
            FrameFiles(
                key,
                _existing(colour, ('.jpg', '.png', '.jpeg'), where),
                _existing(depth, ('.png',), where),
                pose if align is None else align @ pose,
                camera,
            )
        )
    if lost:
        print_log(
            f'{name}: {len(lost):,} of {len(names):,} frames have no finite '
            f'pose, tracking was lost: left out ({first_few(lost)}).',
            'current',
        )
    if not files:
        raise ValueError(
            f'{name}: expected a frame with a finite pose, but got none of '
            f'{len(names):,}.'
        )
    return FrameFolder(files)


def _existing(path: Path, suffixes: Sequence[str], name: str) -> Path:
    for suffix in (path.suffix, *suffixes):
        if path.with_suffix(suffix).is_file():
            return path.with_suffix(suffix)
    raise ValueError(
        f'{name}: expected its image {shown(path)}, but got no file there.'
    )


def _number(path: Path) -> tuple[int, str]:
    digits = ''.join(c for c in path.name if c.isdigit())
    return (int(digits) if digits else -1, path.name)


def _read_depth(path: Path, unit: float) -> np.ndarray:
    """(h, w) float32 metres, 0 where there is none."""
    with open_regular(path, 'a depth image') as file:
        try:
            image = Image.open(file)
            steps = np.asarray(image)
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f'{shown(path)}: expected a depth image, but got: '
                f'{shown(error)}'
            ) from error
    if steps.ndim != 2 or not image.mode.startswith('I'):
        raise ValueError(
            f'{shown(path)}: expected a depth image of one channel and 16 '
            f'bits, but got the mode {image.mode} of shape {steps.shape}.'
        )
    depth = steps.astype(np.float32) * np.float32(unit)
    depth[np.isin(steps, _NO_DEPTH)] = 0
    return depth
