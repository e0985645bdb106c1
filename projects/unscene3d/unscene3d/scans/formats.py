"""The file formats of scenes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmcuts3d.files import first_few, read_array

from .las import read_las
from .obj import read_obj
from .ply import read_ply
from .raw import RawScene
from .tables import read_table

#: Names of the arrays of a scene in NPZ files, the first is ours.
_KEYS = {
    'points': ('points', 'xyz', 'coords', 'vertices', 'positions'),
    'colours': ('colours', 'colors', 'rgb'),
    'normals': ('normals',),
    'faces': ('faces', 'triangles'),
    'instances': ('instances', 'instance', 'instance_labels'),
}
#: Names of the property of PLY and LAS files that holds the instance.
_INSTANCE = ('instance', 'instances', 'instance_id', 'object_id')


def _from_ply(path: Path) -> RawScene:
    vertices, faces = read_ply(path)
    if not {'x', 'y', 'z'} <= set(vertices):
        raise ValueError(
            f'{path.name}: expected vertices with x, y and z, but got '
            f'{sorted(vertices)}.'
        )

    def columns(*names: str) -> np.ndarray | None:
        if not set(names) <= set(vertices):
            return None
        return np.stack([vertices[name] for name in names], axis=1)

    colours = columns('red', 'green', 'blue')
    if colours is None:
        colours = columns('r', 'g', 'b')
    return RawScene(
        columns('x', 'y', 'z'),
        colours,
        columns('nx', 'ny', 'nz'),
        faces,
        next((vertices[n] for n in _INSTANCE if n in vertices), None),
    )


def _from_las(path: Path) -> RawScene:
    points, colours, dimensions = read_las(path)
    names = [name for name in _INSTANCE if name in dimensions]
    instances = dimensions[names[0]] if names else None
    return RawScene(points, colours, instances=instances)


def _from_obj(path: Path) -> RawScene:
    points, colours, faces = read_obj(path)
    return RawScene(points, colours, None, faces)


def _from_npz(path: Path) -> RawScene:
    found: dict[str, np.ndarray] = {}
    for key, names in _KEYS.items():
        for name in names:
            array = read_array(path, name, 'a scene', default=np.nan)
            if array.ndim:
                found[key] = array
                break
    if 'points' not in found:
        raise ValueError(
            f'{path.name}: expected an array of vertices, named one of '
            f'{", ".join(_KEYS["points"])}, but got none.'
        )
    for key, array in found.items():
        columns = array.shape[1:]
        expected = () if key == 'instances' else (3,)
        if columns != expected:
            shape = '(number,)' if key == 'instances' else '(number, 3)'
            raise ValueError(
                f'{path.name}: expected {key} of shape {shape}, but got '
                f'{array.shape}.'
            )
    return RawScene(**found)


def _from_text(path: Path) -> RawScene:
    what = 'x y z, perhaps an intensity, perhaps r g b'
    table = read_table(path, (3, 4, 6, 7), what)
    coloured = table.shape[1] > 4
    return RawScene(table[:, :3], table[:, -3:] if coloured else None)


#: Reader of each ending.
READERS: dict[str, Callable[[Path], RawScene]] = {
    '.ply': _from_ply,
    '.obj': _from_obj,
    '.las': _from_las,
    '.laz': _from_las,
    '.npz': _from_npz,
    '.xyz': _from_text,
    '.txt': _from_text,
    '.csv': _from_text,
    '.pts': _from_text,
}


def read_raw(path: Path) -> RawScene:
    """The arrays of a file by its ending, see :func:`read_scene`."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f'{path.name}: expected a scene with one of the endings '
            f'{first_few(READERS, len(READERS))}, but got {path.suffix!r}.'
        )
    return reader(path)
