"""A pinhole camera: what turns distances along its rays into depth."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

import numpy as np

from mmcuts3d.files import shown
from mmcuts3d.files.json_files import read_json

#: Names that files of cameras have for the same thing.
NAMES = {
    'x_offset': 'cx',
    'y_offset': 'cy',
    'img_width': 'width',
    'img_height': 'height',
}


@dataclass(frozen=True)
class Camera:
    """Intrinsics of a pinhole camera, in pixels.

    The cuts take depth along the optical axis and an orthographic point cloud
    (section 3.2), so that a camera is asked for only where a source measures
    along the ray of each pixel.

    Attributes:
        fx: Focal length, horizontal.
        fy: Focal length, vertical.
        cx: Column of the optical axis.
        cy: Row of the optical axis.
        width: Of the picture that these numbers belong to; a map of another
            size is taken for the same view. Defaults to None: that of the
            map.
        height: Likewise.

    Raises:
        ValueError: If a number is not finite, or a length not positive.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: float | None = None
    height: float | None = None

    def __post_init__(self) -> None:
        for name in ('fx', 'fy', 'cx', 'cy', 'width', 'height'):
            value = getattr(self, name)
            if value is None and name in ('width', 'height'):
                continue
            number = isinstance(value, Real) and np.isfinite(value)
            if not number or (name not in ('cx', 'cy') and value <= 0):
                raise ValueError(
                    f'Expected camera value `{name}` to be a number of '
                    f'pixels, but got {value!r}'
                )

    @classmethod
    def of(cls, camera: Any) -> 'Camera':
        """A camera by its numbers, or by a JSON file of them.

        Args:
            camera (Camera, dict, str or path): Numbers by the names above;
                ``x_offset``, ``y_offset``, ``img_width`` and ``img_height``
                are understood too, and other names are not looked at.

        Raises:
            ValueError: If numbers are missing or the file cannot be read.
        """
        if isinstance(camera, Camera):
            return camera
        where = 'camera'
        if isinstance(camera, str | os.PathLike):
            where, camera = shown(camera), read_json(camera)
        if not isinstance(camera, Mapping):
            raise ValueError(
                f'Expected {where} to hold fx, fy, cx and cy by name, but got '
                f'{type(camera).__name__}'
            )
        named = {NAMES.get(key, key): value for key, value in camera.items()}
        missing = [n for n in ('fx', 'fy', 'cx', 'cy') if n not in named]
        if missing:
            raise ValueError(
                f'Expected {where} to hold fx, fy, cx and cy, but got none of '
                f'{missing}'
            )
        known = [field.name for field in fields(cls)]
        return cls(**{name: named[name] for name in known if name in named})

    def ray_lengths(self, shape: tuple[int, int]) -> np.ndarray:
        """How long the ray of each pixel is where its depth is 1.

        sqrt(1 + ((column - cx) / fx)² + ((row - cy) / fy)²), with the centre
        of the first pixel at 0.

        Args:
            shape (tuple[int, int]): (H, W) of the map.

        Returns:
            ndarray: (H, W) float64, at least 1.
        """
        height, width = shape
        # Centres of pixels, in those of the picture of the camera.
        columns = (np.arange(width) + 0.5) * (self.width or width) / width
        rows = (np.arange(height) + 0.5) * (self.height or height) / height
        x = (columns - 0.5 - self.cx) / self.fx
        y = (rows - 0.5 - self.cy) / self.fy
        return np.sqrt(1 + x**2 + y[:, None] ** 2)
