"""PLY files of point clouds and of the edges that a cut removes."""

import os
from pathlib import Path

import numpy as np

from .point_cloud import Cloud, upright

_TYPES = {'float': '<f4', 'uchar': 'u1', 'int': '<i4'}
_POINT = [('float', axis) for axis in 'xyz']
_COLOR = [('uchar', color) for color in ('red', 'green', 'blue')]
_OWN = [('int', 'instance'), ('float', 'confidence')]
_ENDS = [('int', 'vertex1'), ('int', 'vertex2')]
_FRAME = 'comment x right, y up, z towards the camera\n'
_END = b'end_header\n'
_EDGE_COLOR = (217, 26, 26)


def save_ply(cloud: Cloud, path: str | os.PathLike[str]) -> Path:
    """Write a cloud as binary PLY, :func:`upright`; lines are left out.

    Where they are known, each vertex has the properties ``instance`` (int, -1
    for none) and ``confidence`` (float).

    Args:
        cloud (Cloud): The cloud.
        path (str | PathLike): The file; its folder is made.

    Returns:
        Path: The file.
    """
    known = cloud.instances is not None and cloud.confidences is not None
    properties = [*_POINT, *_COLOR, *(_OWN if known else ())]
    vertices = np.empty(len(cloud.points), _dtype(properties))
    _set(vertices, _POINT, upright(cloud.points))
    _set(vertices, _COLOR, cloud.colors)
    if known:
        vertices['instance'] = cloud.instances
        vertices['confidence'] = cloud.confidences
    return _write(path, {'vertex': (properties, vertices)})


def load_ply(path: str | os.PathLike[str]) -> Cloud:
    """Read a cloud that :func:`save_ply` wrote.

    Args:
        path (str | PathLike): The file.

    Returns:
        Cloud: In the frame of the method again, without lines.

    Raises:
        ValueError: If the file was written by something else.
    """
    known = [*_POINT, *_COLOR, *_OWN]
    (vertices,) = _read(
        path,
        [{'vertex': known}, {'vertex': [*_POINT, *_COLOR]}],
        'a point cloud written by `save_ply`',
    )
    has_instances = 'instance' in vertices.dtype.names
    return Cloud(
        upright(_get(vertices, _POINT).astype(np.float64)),
        _get(vertices, _COLOR),
        instances=vertices['instance'].copy() if has_instances else None,
        confidences=vertices['confidence'].copy() if has_instances else None,
    )


def save_edges(line_ends: np.ndarray, path: str | os.PathLike[str]) -> Path:
    """Write lines as red edges of a PLY, which most viewers overlay.

    Args:
        line_ends (np.ndarray): (L, 2, 3), see :class:`Cloud`.
        path (str | PathLike): The file; its folder is made.

    Returns:
        Path: The file.
    """
    vertices = np.empty(2 * len(line_ends), _dtype([*_POINT, *_COLOR]))
    _set(vertices, _POINT, upright(line_ends).reshape(-1, 3))
    _set(vertices, _COLOR, np.array(_EDGE_COLOR))
    edges = np.empty(len(line_ends), _dtype([*_ENDS, *_COLOR]))
    _set(edges, _ENDS, np.arange(len(vertices)).reshape(-1, 2))
    _set(edges, _COLOR, np.array(_EDGE_COLOR))
    return _write(
        path,
        {
            'vertex': ([*_POINT, *_COLOR], vertices),
            'edge': ([*_ENDS, *_COLOR], edges),
        },
    )


def load_edges(path: str | os.PathLike[str]) -> np.ndarray:
    """Read lines that :func:`save_edges` wrote.

    Args:
        path (str | PathLike): The file.

    Returns:
        np.ndarray: (L, 2, 3), see :class:`Cloud`.

    Raises:
        ValueError: If the file was written by something else.
    """
    layout = {'vertex': [*_POINT, *_COLOR], 'edge': [*_ENDS, *_COLOR]}
    vertices, _ = _read(path, [layout], 'edges written by `save_edges`')
    points = _get(vertices, _POINT).astype(np.float64)
    return upright(points).reshape(-1, 2, 3)


def _dtype(properties: list[tuple[str, str]]) -> np.dtype:
    return np.dtype([(name, _TYPES[kind]) for kind, name in properties])


def _set(
    rows: np.ndarray, properties: list[tuple[str, str]], values: np.ndarray
) -> None:
    for column, (_, name) in enumerate(properties):
        rows[name] = values[..., column]


def _get(rows: np.ndarray, properties: list[tuple[str, str]]) -> np.ndarray:
    return np.stack([rows[name] for _, name in properties], axis=-1)


def _header(elements: dict[str, tuple[list[tuple[str, str]], int]]) -> bytes:
    text = f'ply\nformat binary_little_endian 1.0\n{_FRAME}'
    for element, (properties, number) in elements.items():
        text += f'element {element} {number}\n'
        for kind, name in properties:
            text += f'property {kind} {name}\n'
    return text.encode() + _END


def _write(
    path: str | os.PathLike[str],
    elements: dict[str, tuple[list[tuple[str, str]], np.ndarray]],
) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    header = _header(
        {name: (props, len(rows)) for name, (props, rows) in elements.items()}
    )
    rows = [rows.tobytes() for _, rows in elements.values()]
    path.write_bytes(header + b''.join(rows))
    return path


def _read(
    path: str | os.PathLike[str],
    layouts: list[dict[str, list[tuple[str, str]]]],
    what: str,
) -> list[np.ndarray]:
    """The rows of each element, for the layout whose header the file has."""
    content = Path(path).read_bytes()
    start = content.find(_END) + len(_END)
    numbers = {
        words[1]: int(words[2])
        for words in map(bytes.split, content[:start].splitlines())
        if len(words) == 3 and words[0] == b'element' and words[2].isdigit()
    }
    for layout in layouts:
        sizes = {name: numbers.get(name.encode(), -1) for name in layout}
        header = _header({n: (layout[n], sizes[n]) for n in layout})
        types = [_dtype(properties) for properties in layout.values()]
        length = sum(
            kind.itemsize * size
            for kind, size in zip(types, sizes.values(), strict=True)
        )
        if content[:start] != header or len(content) != start + length:
            continue
        found, place = [], start
        for kind, size in zip(types, sizes.values(), strict=True):
            found.append(np.frombuffer(content, kind, size, place))
            place += kind.itemsize * size
        return found
    raise ValueError(
        f'Expected {path} to be {what}, but got another header or length'
    )
