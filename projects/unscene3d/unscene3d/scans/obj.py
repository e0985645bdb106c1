"""OBJ files, each vertex where it stood.

Open3D 0.20 leaves out the vertices that no face names, trimesh 5.2 fails on
some of them; both would part a scan from its labels.
"""

import os
from pathlib import Path

import numpy as np

from mmcuts3d.files import open_regular, shown

from .ply import fan_triangles


def read_obj(
    path: str | os.PathLike[str],
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Read vertices, their colours and the faces of an OBJ file.

    Textures, materials and normals are passed over: normals belong to the
    corners of faces there, not to vertices.

    Args:
        path (str | PathLike): The file; colours stand behind coordinates.

    Returns:
        tuple: (n, 3) float64 points; (n, 3) float64 colours in the file's
        range, or None; (m, 3) int64 faces, polygons as fans of triangles,
        or None.

    Raises:
        ValueError: If a line of a vertex or face cannot be read, or the
            vertices have no equal number of values; names file and line.
    """
    name = shown(Path(path).name)
    with open_regular(path, 'an OBJ file') as file:
        lines = file.read().decode('utf-8', 'replace').splitlines()
    vertices: list[list[float]] = []
    sizes: list[int] = []
    corners: list[int] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0] not in ('v', 'f'):
            continue
        try:
            if words[0] == 'v':
                vertices.append([float(word) for word in words[1:]])
                if len(vertices[-1]) != len(vertices[0]):
                    raise ValueError
            else:
                found = [int(word.split('/')[0]) for word in words[1:]]
                # Negative ones count backwards from the last vertex.
                at = [i - 1 if i > 0 else len(vertices) + i for i in found]
                if min(at) < 0:
                    raise ValueError
                corners += at
                sizes.append(len(at))
        except ValueError as error:
            expected = {
                'v': 'a vertex of numbers, as many as the first has',
                'f': 'a face of indices of vertices',
            }[words[0]]
            raise ValueError(
                f'{name}: expected {expected} in line {number}, but got '
                f'{shown(line, 80)!r}.'
            ) from error
    if not vertices:
        raise ValueError(
            f'{name}: expected vertices, lines that begin with "v", but got '
            'none.'
        )
    table = np.array(vertices)
    # x y z, x y z w, x y z r g b, or all seven.
    if table.shape[1] not in (3, 4, 6, 7):
        raise ValueError(
            f'{name}: expected vertices of 3 coordinates and perhaps 3 '
            f'colours, but got {table.shape[1]} values.'
        )
    colours = table[:, -3:] if table.shape[1] > 4 else None
    faces = None
    if sizes:
        faces = fan_triangles(np.array(sizes), np.array(corners))
    return table[:, :3], colours, faces
