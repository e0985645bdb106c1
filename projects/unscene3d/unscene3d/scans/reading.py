"""Any point cloud or mesh as a scene."""

import os
from pathlib import Path
from typing import Literal

from ..structures import Scene
from .formats import read_raw
from .raw import as_scene

Unit = Literal['m', 'cm', 'mm']
Up = Literal['x', 'y', 'z', '-x', '-y', '-z']


def read_scene(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    unit: Unit = 'm',
    up: Up = 'z',
    offset: tuple[float, float, float] | None = None,
    drop_invalid: bool = False,
) -> Scene:
    """Read a point cloud or a mesh.

    ======================  =================================================
    ending                  what is read
    ======================  =================================================
    .ply                    ASCII or binary; colours as red green blue, of 8
                            bits or floats in [0, 1]; normals; faces; the
                            property ``instance``
    .obj                    vertices, their colours, faces
    .las, .laz              points, colours of 16 or 8 bits, the dimension
                            ``instance``; needs laspy
    .npz                    points (or xyz), colours (or rgb), normals, faces,
                            instances (or instance)
    .xyz, .txt, .csv, .pts  x y z, an intensity that is passed over, r g b
    ======================  =================================================

    Vertices keep their order, and none is merged or left out. Polygons
    become triangles. Instances below 0 mean none; those from 0 are then
    counted from 1.

    Args:
        path (str | PathLike): The file.
        name (str, optional): Of the scene. Defaults to None: that of the
            file without its ending.
        unit (str): Of the coordinates, 'm', 'cm' or 'mm'. Defaults to 'm'.
        up (str): The axis of the file that points upwards, such as 'y' or
            '-z'. Defaults to 'z'.
        offset (tuple, optional): Subtracted from x, y, z, in metres, z
            upwards. Defaults to None: whole metres where coordinates are
            beyond a kilometre, such as those of maps, else 0. float32 would
            not hold them; a line of the log says what was subtracted.
        drop_invalid (bool): Whether vertices that are NaN or infinite are
            left out, with their faces; a line of the log counts them.
            Defaults to False: they are an error.

    Returns:
        Scene: In metres, z upwards.

    Raises:
        ValueError: If the file is missing, empty, of another kind or shorter
            than it says, or holds vertices that are not finite or faces of
            vertices that it lacks; names the file.
        ImportError: If a LAS file is read without laspy; names the command.
    """
    path = Path(path)
    raw = read_raw(path)
    return as_scene(raw, name or path.stem, unit, up, offset, drop_invalid)
