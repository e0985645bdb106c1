"""Reads one depth map as it is, before anything is scaled."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np


def read_depth(path: str | os.PathLike[str], key: str = 'depth') -> np.ndarray:
    """One depth map from a picture or an array file.

    Args:
        path (str or path): ``.npy``, ``.npz``, ``.exr``, or a picture that
            OpenCV reads (PNG and TIFF with 8, 16 or 32 bits).
        key (str): Name of the map in a ``.npz`` file with several arrays, or
            of the channel of an EXR file; an only one is taken whatever its
            name. Defaults to 'depth'.

    Returns:
        ndarray: (H, W), the file's numbers in the file's dtype.

    Raises:
        ValueError: If the file cannot be read or is no depth map (a coloured
            one, for instance); the message names it.
        ImportError: If an EXR file cannot be read because OpenCV's reader is
            switched off and the package OpenEXR is not installed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    reader: Callable[[Path, str], np.ndarray] = _READERS.get(suffix, _picture)
    try:
        depth = reader(path, key)
    except (ImportError, ValueError):
        raise
    except Exception as error:  # zipfile, EOF, OpenCV …: all say "not this"
        raise ValueError(
            f'Expected {path} to be a readable depth map, but got '
            f'{type(error).__name__}: {error}'
        ) from error
    depth = _single_channel(depth, path)
    if depth.dtype.kind not in 'fiub':
        raise ValueError(
            f'Expected {path} to hold numbers, but got dtype {depth.dtype}'
        )
    return depth


def _array(path: Path, key: str) -> np.ndarray:
    try:
        data = np.load(path, allow_pickle=False)
    except ValueError as error:  # NumPy's word for "not an array file"
        raise ValueError(
            f'Expected {path} to be a readable depth map, but got: {error}'
        ) from error
    if isinstance(data, np.ndarray):
        return data
    with data:
        names = data.files
        name = names[0] if len(names) == 1 else key
        if name not in names:
            raise ValueError(
                f'Expected {path} to hold {key!r}, but got {names}'
            )
        return data[name]


def _picture(path: Path, key: str) -> np.ndarray:
    # From bytes: OpenCV does not open every path on every system.
    data = np.fromfile(path, np.uint8)
    flags = cv2.IMREAD_UNCHANGED
    depth = cv2.imdecode(data, flags) if data.size else None
    if depth is None:
        raise ValueError(
            f'Expected {path} to be a readable depth map, but got a file '
            'that OpenCV cannot decode'
        )
    return depth


def _exr(path: Path, key: str) -> np.ndarray:
    """By OpenCV if its reader is switched on, else by OpenEXR."""
    try:
        return _picture(path, key)
    except cv2.error as error:
        disabled = error
    try:
        import OpenEXR
    except ImportError:
        raise ImportError(
            f'{path} needs an EXR reader: set the environment variable '
            'OPENCV_IO_ENABLE_OPENEXR=1 before Python starts, or '
            '`pip install OpenEXR`'
        ) from disabled
    with OpenEXR.File(str(path)) as file:
        channels = {k: v.pixels for k, v in file.channels().items()}
    name = next(iter(channels)) if len(channels) == 1 else key
    if name not in channels:
        raise ValueError(
            f'Expected {path} to hold {key!r}, but got {sorted(channels)}'
        )
    return channels[name]


_READERS: dict[str, Callable[[Path, str], np.ndarray]] = {
    '.npy': _array,
    '.npz': _array,
    '.exr': _exr,
}


def _single_channel(depth: np.ndarray, path: Path) -> np.ndarray:
    """(H, W) from (H, W), (1, H, W), (H, W, 1) or a grey (H, W, 3 or 4)."""
    if depth.ndim == 3 and depth.shape[0] == 1:
        return depth[0]
    if depth.ndim == 3 and depth.shape[2] == 1:
        return depth[:, :, 0]
    if depth.ndim == 3 and depth.shape[2] in (3, 4):
        colours = depth[:, :, :3]
        if np.array_equal(
            colours, np.repeat(colours[:, :, :1], 3, 2), equal_nan=True
        ):
            return colours[:, :, 0]
        raise ValueError(
            f'Expected {path} to have one channel, but got a coloured '
            'picture: colours cannot be turned back into depth'
        )
    if depth.ndim != 2:
        raise ValueError(
            f'Expected {path} to have shape (H, W), but got {depth.shape}'
        )
    return depth
