"""PLY files, each vertex where it stood.

Labels of a scan belong to vertices by their order, so that every property is
read as it is and no vertex is merged or left out. Open3D 0.20 passes over
``ushort`` properties (ScanNet's labels) and hands back half a file as a whole
one; trimesh 5.2 refuses faces of several sizes. The format is small.
"""

import os
from pathlib import Path

import numpy as np

from mmcuts3d.files import first_few, open_regular, shown
from mmcuts3d.files.whole_files import whole_file

from .ply_rows import BinaryRows, Element, Property, TextRows

_TYPES = {
    'char': 'i1',
    'uchar': 'u1',
    'short': 'i2',
    'ushort': 'u2',
    'int': 'i4',
    'uint': 'u4',
    'float': 'f4',
    'double': 'f8',
    'int8': 'i1',
    'uint8': 'u1',
    'int16': 'i2',
    'uint16': 'u2',
    'int32': 'i4',
    'uint32': 'u4',
    'float32': 'f4',
    'float64': 'f8',
}
_NAMES = {'i1': 'char', 'u1': 'uchar', 'i2': 'short', 'u2': 'ushort'} | {
    'i4': 'int',
    'u4': 'uint',
    'f4': 'float',
    'f8': 'double',
}
_ORDERS = {'ascii': '', 'binary_little_endian': '<', 'binary_big_endian': '>'}
_CORNERS = ('vertex_indices', 'vertex_index')
#: Longest header in bytes.
_MAX_HEADER = 1 << 20


def read_ply(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Read the vertices and faces of a PLY file.

    Args:
        path (str | PathLike): ASCII or binary, of either byte order.

    Returns:
        tuple: Each property of the vertices by its name, (n,) of the type in
        the file; and the faces, (m, 3) int64, polygons as fans of triangles,
        or None where the file has no element of faces.

    Raises:
        ValueError: If it is no PLY file, or shorter than its header says;
            names the file.
    """
    name = shown(Path(path).name)
    with open_regular(path, 'a PLY file') as file:
        content = file.read()
    order, elements, start = _header(content, name)
    rows = BinaryRows(content[start:], order, name)
    if order == '':
        rows = TextRows(content[start:], name)
    vertices: dict[str, np.ndarray] = {}
    faces = None
    for element in elements:
        plain, lists = rows.take(element)
        if element.name == 'vertex':
            vertices = plain
        elif element.name == 'face':
            corners = next((lists[c] for c in _CORNERS if c in lists), None)
            if corners is not None:
                faces = fan_triangles(*corners)
    return vertices, faces


def fan_triangles(sizes: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Polygons as fans of triangles around their first corner.

    Args:
        sizes (np.ndarray): (p,) int, corners of each polygon; those of less
            than three give no triangle.
        corners (np.ndarray): (sum of sizes,) int, their vertices in order.

    Returns:
        np.ndarray: (m, 3) int64.
    """
    sizes = np.asarray(sizes, np.int64)
    corners = np.asarray(corners, np.int64)
    starts = np.cumsum(sizes) - sizes
    number = np.maximum(sizes - 2, 0)
    first = np.repeat(starts, number)
    within = np.arange(number.sum()) - np.repeat(
        np.cumsum(number) - number, number
    )
    at = np.stack([first, first + within + 1, first + within + 2], axis=1)
    return corners[at]


def write_ply(
    path: str | os.PathLike[str],
    vertices: dict[str, np.ndarray],
    faces: np.ndarray | None = None,
) -> Path:
    """Write a binary PLY file that every viewer reads.

    Args:
        path (str | PathLike): The file; its folder is made.
        vertices (dict): Each property by its name, (n,) of a type that PLY
            has: integers of up to 32 bits, float32, float64.
        faces (np.ndarray, optional): (m, 3) indices of vertices. Defaults to
            None.

    Returns:
        Path: The file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {key: value.dtype.str[1:] for key, value in vertices.items()}
    number = len(next(iter(vertices.values())))
    rows = np.empty(number, [(key, f'<{kind}') for key, kind in kinds.items()])
    for key, value in vertices.items():
        rows[key] = value
    head = ['ply', 'format binary_little_endian 1.0']
    head += [f'element vertex {number}']
    head += [f'property {_NAMES[kind]} {key}' for key, kind in kinds.items()]
    polygons = b''
    if faces is not None:
        head += [f'element face {len(faces)}']
        head += ['property list uchar int vertex_indices']
        triangles = np.empty(len(faces), [('count', 'u1'), ('at', '<i4', 3)])
        triangles['count'], triangles['at'] = 3, faces
        polygons = triangles.tobytes()
    text = '\n'.join([*head, 'end_header', '']).encode()
    with whole_file(path) as file:
        file.write(text + rows.tobytes() + polygons)
    return path


def _header(content: bytes, name: str) -> tuple[str, list[Element], int]:
    """The byte order ('' for text), the elements, where the rows begin."""
    if not content:
        raise ValueError(f'{name}: expected a PLY file, but got an empty one.')
    end = content.find(b'end_header', 0, _MAX_HEADER)
    newline = content.find(b'\n', end)
    if content[:3] != b'ply' or end < 0 or newline < 0:
        raise ValueError(
            f'{name}: expected a PLY file, from "ply" to "end_header" and '
            f'rows, but got {shown(content[:20])}.'
        )
    order = None
    elements: list[Element] = []
    for line in content[:end].decode('latin-1').splitlines()[1:]:
        words = line.split()
        match words:
            case ['format', kind, _] if kind in _ORDERS:
                order = _ORDERS[kind]
            case ['element', element, number] if number.isdigit():
                elements.append(Element(element, int(number)))
            case ['property', 'list', count, kind, prop] if elements and {
                count,
                kind,
            } <= set(_TYPES):
                elements[-1].properties.append(
                    Property(prop, _TYPES[kind], _TYPES[count])
                )
            case ['property', kind, prop] if elements and kind in _TYPES:
                elements[-1].properties.append(Property(prop, _TYPES[kind]))
            case [] | ['comment', *_] | ['obj_info', *_]:
                pass
            case _:
                raise ValueError(
                    f'{name}: expected a line of a PLY header, but got '
                    f'{shown(line, 80)!r}.'
                )
    if order is None or not any(e.name == 'vertex' for e in elements):
        raise ValueError(
            f'{name}: expected a PLY header with a format and vertices, but '
            f'got elements {[shown(e.name, 20) for e in elements]}.'
        )
    for element in elements:
        names = [prop.name for prop in element.properties]
        if len(set(names)) < max(len(names), 1):
            raise ValueError(
                f'{name}: expected properties of the element '
                f'{shown(element.name, 40)!r}, each once, but got '
                f'{first_few(names, 12) or "none"}.'
            )
    return order, elements, newline + 1
