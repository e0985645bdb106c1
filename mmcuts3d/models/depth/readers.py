"""Reads one depth map as it is, before anything is scaled."""

import io
import os
import re
import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mmcuts3d.files import (
    first_few,
    image_orientation,
    image_size,
    open_regular,
    read_array,
    shown,
)
from mmcuts3d.files.addresses import check_local
from mmcuts3d.files.arrays import MAX_VALUES

#: A map may have this many times the pixels of its image, or _ROOM pixels,
#: but no more than MAX_VALUES unless its image has them.
_TIMES, _ROOM = 64, 2**24
_WHAT = 'a readable depth map'


def read_depth(
    path: str | os.PathLike[str],
    key: str = 'depth',
    image_shape: Sequence[int] | None = None,
) -> np.ndarray:
    """One depth map from a picture or an array file.

    Args:
        path (str or path): ``.npy``, ``.npz``, ``.exr``, or a picture that
            OpenCV reads (PNG and TIFF with 8, 16 or 32 bits). A picture with
            an EXIF orientation is brought upright.
        key (str): Name of the map in a ``.npz`` file with several arrays, or
            of the channel of an EXR file; an only one is taken whatever its
            name. Defaults to 'depth'.
        image_shape (Sequence[int], optional): (H, W) of the image, which
            bounds the size of the map before memory is taken: 64 times the
            pixels of the image, at least 2**24 and at most 2**27. Defaults
            to None: 2**27.

    Returns:
        ndarray: (H, W), the file's numbers in the file's dtype.

    Raises:
        ValueError: If the file is missing, no regular file, cannot be read,
            is too large or is no depth map (a coloured one, for instance);
            the message names it.
        ImportError: If an EXR file cannot be read because OpenCV's reader is
            switched off and the package OpenEXR is not installed.
    """
    check_local(path, 'a depth map')
    path = Path(path)
    most = MAX_VALUES
    if image_shape is not None:
        pixels = int(image_shape[0]) * int(image_shape[1])
        most = max(pixels, min(most, max(_TIMES * pixels, _ROOM)))
    if path.suffix.lower() in ('.npy', '.npz'):
        return _single_channel(read_array(path, key, _WHAT, most), path)
    with open_regular(path, _WHAT):
        pass  # refuses what is no file
    _check_size(path, most)
    reader = _exr if path.suffix.lower() == '.exr' else _picture
    try:
        depth = reader(path, key)
    except (ImportError, ValueError):
        raise
    except Exception as error:  # OpenCV, OpenEXR: all say "not this"
        raise ValueError(
            f'Expected {shown(path)} to be {_WHAT}, but got '
            f'{type(error).__name__}: {shown(error)}'
        ) from error
    depth = _single_channel(depth, path)
    if depth.dtype.kind not in 'fiub':
        raise ValueError(
            f'Expected {shown(path)} to hold numbers, but got dtype '
            f'{depth.dtype}'
        )
    return depth


def _check_size(path: Path, most: int) -> None:
    """Refuses a picture whose header promises more pixels than ``most``."""
    try:
        size = image_size(path)
    except ValueError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise ValueError(
                f'Expected {shown(path)} to be {_WHAT}, but got: '
                f'{shown(error.__cause__ or error)}'
            ) from error
        found = _size_of_floats(path)
        if found is None:
            raise ValueError(
                f'Expected {shown(path)} to be {_WHAT}, but got a file that '
                'is none of PNG, TIFF, EXR and other known formats'
            ) from error
        size = found
    if size[0] * size[1] > most:
        raise ValueError(
            f'Expected {shown(path)} to be {_WHAT} of at most {most:,} '
            f'pixels for its image, but got {size[0]}×{size[1]}'
        )


def _size_of_floats(path: Path) -> tuple[int, int] | None:
    """Height and width of an EXR or Radiance HDR file, from its header."""
    with open_regular(path, _WHAT) as file:
        head = file.read(1 << 16)
    if head.startswith(b'v/1\x01'):
        place = head.find(b'dataWindow\0box2i\0')
        start = place + len(b'dataWindow\0box2i\0') + 4
        if place < 0 or len(head) < start + 16:
            return None
        left, top, right, bottom = struct.unpack_from('<4i', head, start)
        return bottom - top + 1, right - left + 1
    if head.startswith(b'#?'):
        found = re.search(rb'\n[-+]Y (\d+) [-+]X (\d+)\n', head)
        return (int(found[1]), int(found[2])) if found else None
    return None


def _picture(path: Path, key: str) -> np.ndarray:
    with open_regular(path, _WHAT) as file:
        # From bytes: OpenCV does not open every path on every system.
        data = np.frombuffer(file.read(), np.uint8)
    if path.suffix.lower() != '.exr' and _orientation(path) != 1:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return np.asarray(ImageOps.exif_transpose(image))
    depth = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if depth is None:
        raise ValueError(
            f'Expected {shown(path)} to be {_WHAT}, but got a file that '
            'OpenCV cannot decode'
        )
    return depth


def _orientation(path: Path) -> int:
    try:
        return image_orientation(path)
    except ValueError:
        return 1  # a format without


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
            f'{shown(path)} needs an EXR reader: set the environment variable '
            'OPENCV_IO_ENABLE_OPENEXR=1 before Python starts, or '
            '`pip install OpenEXR`'
        ) from disabled
    with OpenEXR.File(str(path)) as file:
        channels = {k: v.pixels for k, v in file.channels().items()}
    name = next(iter(channels)) if len(channels) == 1 else key
    if name not in channels:
        raise ValueError(
            f'Expected {shown(path)} to hold {key!r}, but got '
            f'{first_few(sorted(channels), 8)}'
        )
    return channels[name]


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
            f'Expected {shown(path)} to have one channel, but got a coloured '
            'picture: colours cannot be turned back into depth'
        )
    if depth.ndim != 2:
        raise ValueError(
            f'Expected {shown(path)} to have shape (H, W), but got '
            f'{depth.shape}'
        )
    return depth
