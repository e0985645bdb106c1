"""What a file says, before it is a scene: checks and conventions."""

from dataclasses import dataclass, replace

import numpy as np
from mmengine.logging import print_log

from ..structures import Scene

#: Rows of a rotation that brings an axis of the file upwards.
_UPWARDS = {
    'z': ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    '-z': ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    'y': ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    '-y': ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    'x': ((0, 0, -1), (0, 1, 0), (1, 0, 0)),
    '-x': ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
}
_METRES = {'m': 1.0, 'cm': 0.01, 'mm': 0.001}
#: Metres from where on float32 is coarser than a tenth of a millimetre.
_FAR = 1000.0
#: Metres that no scan is long.
_FARTHEST = 1_000_000


@dataclass(frozen=True)
class RawScene:
    """The arrays of a file as they are.

    Attributes:
        points (np.ndarray): (n, 3) of any number type.
        colours (np.ndarray, optional): (n, 3), floats in [0, 1], or 8 or 16
            bits.
        normals (np.ndarray, optional): (n, 3), of any length.
        faces (np.ndarray, optional): (m, 3) int.
        instances (np.ndarray, optional): (n,) int, negative = none.
    """

    points: np.ndarray
    colours: np.ndarray | None = None
    normals: np.ndarray | None = None
    faces: np.ndarray | None = None
    instances: np.ndarray | None = None


def as_scene(
    raw: RawScene,
    name: str,
    unit: str,
    up: str,
    offset: tuple[float, float, float] | None,
    drop_invalid: bool,
) -> Scene:
    """A scene in metres, z upwards, see :func:`read_scene`."""
    for argument, value, known in (
        ('unit', unit, _METRES),
        ('up', up, _UPWARDS),
    ):
        if value not in known:
            raise ValueError(
                f'Expected argument `{argument}` to be one of '
                f'{list(known)}, but got {value!r}.'
            )
    raw = _checked(raw, name, drop_invalid)
    turn = np.array(_UPWARDS[up], np.float64)
    points = raw.points.astype(np.float64) @ turn.T * _METRES[unit]
    points = points - _offset(points, name, offset)
    if abs(points).max() > _FARTHEST:
        raise ValueError(
            f'{name}: expected coordinates within {_FARTHEST:,} metres of '
            f'each other, but got {abs(points).max():.3g}; `unit` may be '
            'another, or the file damaged.'
        )
    instances = raw.instances
    if instances is not None:
        instances = _instances(instances, name)
    faces = raw.faces
    if faces is not None:
        _check_faces(faces, len(points), name)
        faces = faces.astype(np.int32) if len(faces) else None
    return Scene(
        name,
        points.astype(np.float32),
        _colours(raw.colours, name),
        _normals(raw.normals, turn, name),
        faces,
        instances,
    )


def _checked(raw: RawScene, name: str, drop_invalid: bool) -> RawScene:
    """Finite points, and as many of everything as of them."""
    if not len(raw.points):
        raise ValueError(
            f'{name}: expected a vertex at least, but got an empty file.'
        )
    for key in ('colours', 'normals', 'instances'):
        value = getattr(raw, key)
        if value is not None and len(value) != len(raw.points):
            raise ValueError(
                f'{name}: expected {key} for each of its '
                f'{len(raw.points):,} vertices, but got {len(value):,}.'
            )
    good = np.isfinite(raw.points).all(axis=1)
    bad = len(good) - int(good.sum())
    if not bad:
        return raw
    text = f'{bad:,} of {len(good):,} vertices are NaN or infinite'
    if not drop_invalid or bad == len(good):
        raise ValueError(
            f'{name}: expected finite vertices, but {text}, the first is '
            f'vertex {int(np.argmin(good))}; `drop_invalid=True` leaves them '
            'out, and the faces at them.'
        )
    faces = raw.faces
    if faces is not None:
        _check_faces(faces, len(good), name)
        faces = (np.cumsum(good) - 1)[faces[good[faces].all(axis=1)]]
    print_log(f'{name}: {text}: left out.', 'current', 30)
    return replace(
        raw,
        faces=faces,
        **{
            key: None if value is None else value[good]
            for key, value in vars(raw).items()
            if key != 'faces'
        },
    )


def _check_faces(faces: np.ndarray, number: int, name: str) -> None:
    if len(faces) and (faces.min() < 0 or faces.max() >= number):
        raise ValueError(
            f'{name}: expected faces of vertices 0 to {number - 1}, but got '
            f'{faces.min()} to {faces.max()}.'
        )


def _offset(
    points: np.ndarray, name: str, offset: tuple[float, float, float] | None
) -> np.ndarray:
    """What is subtracted, in metres, so that float32 holds the rest."""
    if offset is not None:
        return np.array(offset, np.float64)
    if abs(points).max() < _FAR:
        return np.zeros(3)
    found = np.floor(points.min(axis=0))
    print_log(
        f'{name}: coordinates are large, so that {tuple(found.tolist())} '
        'metres were subtracted; give them back as `offset` of '
        '`save_scene_ply`.',
        'current',
    )
    return found


def _colours(colours: np.ndarray | None, name: str) -> np.ndarray | None:
    """(n, 3) uint8, of floats in [0, 1] or of 8 or 16 bits."""
    if colours is None or colours.dtype == np.uint8:
        return colours
    if not np.isfinite(colours).all() or colours.min() < 0:
        raise ValueError(
            f'{name}: expected colours from 0 upwards, but got NaN or '
            'negative ones.'
        )
    most = colours.max()
    if colours.dtype.kind == 'f' and most <= 1:
        return np.round(colours * 255).astype(np.uint8)
    if most <= 255:
        return np.round(colours).astype(np.uint8)
    if most <= 65535:
        return (colours / 257).round().astype(np.uint8)
    raise ValueError(
        f'{name}: expected colours in [0, 1], of 8 or of 16 bits, but got '
        f'{most}.'
    )


def _normals(
    normals: np.ndarray | None, turn: np.ndarray, name: str
) -> np.ndarray | None:
    if normals is None:
        return None
    normals = normals.astype(np.float64)
    length = np.linalg.norm(normals, axis=1)
    bad = int((~(length > 1e-6)).sum())
    if bad or not np.isfinite(length).all():
        print_log(
            f'{name}: {max(bad, 1):,} of its {len(normals):,} normals have '
            'no direction; all are computed from faces or neighbours '
            'instead.',
            'current',
        )
        return None
    return (normals / length[:, None] @ turn.T).astype(np.float32)


def _instances(instances: np.ndarray, name: str) -> np.ndarray:
    instances = np.asarray(instances)
    if not np.isfinite(instances).all() or (instances % 1).any():
        raise ValueError(
            f'{name}: expected whole numbers as instances, but got '
            f'{instances[(instances % 1) != 0][:1]}.'
        )
    # Where negative numbers mean none, 0 is an instance.
    if instances.min() < 0:
        return np.maximum(instances.astype(np.int64) + 1, 0).astype(np.int32)
    return instances.astype(np.int32)
