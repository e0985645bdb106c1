"""Scans in ScanNet's layout."""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files import open_regular, shown

from ...structures import NO_INSTANCE, Scene
from ..frames import FrameFolder, read_frames
from ..ply import read_ply
from ..reading import read_scene

#: Objects of ScanNet's instance benchmark by their nyu40 ids: its 20 classes
#: less wall (1) and floor (2).
OBJECT_CLASSES = {
    3: 'cabinet',
    4: 'bed',
    5: 'chair',
    6: 'sofa',
    7: 'table',
    8: 'door',
    9: 'window',
    10: 'bookshelf',
    11: 'picture',
    12: 'counter',
    14: 'desk',
    16: 'curtain',
    24: 'refrigerator',
    28: 'shower curtain',
    33: 'toilet',
    34: 'sink',
    36: 'bathtub',
    39: 'other furniture',
}


@dataclass(frozen=True)
class ScanNetScan:
    """A scan and what belongs to it.

    Attributes:
        scene (Scene): With the instances of the benchmark as truth, where
            the folder has any.
        segments (np.ndarray, optional): (n,) int64, ScanNet's own segment of
            each vertex, for :func:`segments_from_labels`.
        classes (np.ndarray, optional): (n,) int64, nyu40 id of each vertex.
        frames (FrameFolder, optional): Its frames, where they were exported.
    """

    scene: Scene
    segments: np.ndarray | None = None
    classes: np.ndarray | None = None
    frames: FrameFolder | None = None


def read_scannet(
    folder: str | os.PathLike[str], *, align: bool = False
) -> ScanNetScan:
    """Read a folder of ScanNet.

    Of a scan ``NAME`` it needs ``NAME_vh_clean_2.ply``, and takes what else
    there is: ``NAME_vh_clean_2.0.010000.segs.json``,
    ``NAME.aggregation.json`` (or ``NAME_vh_clean.aggregation.json`` where
    that belongs to the same segments), ``NAME_vh_clean_2.labels.ply``,
    ``NAME.txt``, and the frames that SensReader exports.

    As in the benchmark, an instance is an object where most of its vertices
    have one of :data:`OBJECT_CLASSES`; all others are no instances. Where
    two groups share a segment, the later one has it.

    Args:
        folder (str | PathLike): Of one scan, called after it.
        align (bool): Whether scene and poses are turned by the
            ``axisAlignment`` of ``NAME.txt``, so that walls stand along x
            and y. Defaults to False.

    Returns:
        ScanNetScan: Vertices in the order of the file.

    Raises:
        ValueError: If a file is damaged, belongs to another scan, or truth
            comes without segments or labels; names the file.
    """
    folder = Path(folder)
    name = folder.resolve().name
    mesh = folder / f'{name}_vh_clean_2.ply'
    if not mesh.is_file():
        raise ValueError(
            f'{shown(folder)}: expected a scan of ScanNet with '
            f'{shown(mesh.name)}, but got no such file.'
        )
    scene = read_scene(mesh, name=name, offset=(0, 0, 0))
    segments = _segments(folder / f'{name}_vh_clean_2.0.010000.segs.json')
    classes = _classes(folder / f'{name}_vh_clean_2.labels.ply')
    for file, values in (
        ('its segs.json', segments),
        ('its labels.ply', classes),
    ):
        if values is not None and len(values) != len(scene):
            raise ValueError(
                f'{name}: expected {file} of {len(scene):,} vertices, but '
                f'got {len(values):,}; it may belong to another scan.'
            )
    truth = _truth(folder, name, segments, classes)
    matrix = _alignment(folder / f'{name}.txt') if align else None
    frames = None
    if (folder / 'pose').is_dir():
        frames = read_frames(folder, layout='scannet', align=matrix)
    scene = replace(scene, instances=truth)
    if matrix is not None:
        scene = _moved(scene, matrix)
    return ScanNetScan(scene, segments, classes, frames)


def keep_objects(instances: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The instances that the benchmark counts.

    Args:
        instances (np.ndarray): (n,) int, 0 = none.
        classes (np.ndarray): (n,) int, nyu40 ids.

    Returns:
        np.ndarray: (n,) int32; 0 where most vertices of an instance have
        none of :data:`OBJECT_CLASSES`. Numbers stay as they were.
    """
    kept = np.zeros(len(instances), np.int32)
    for number in np.unique(instances):
        of_it = instances == number
        ids, votes = np.unique(classes[of_it], return_counts=True)
        if number != NO_INSTANCE and ids[votes.argmax()] in OBJECT_CLASSES:
            kept[of_it] = number
    return kept


def _segments(path: Path) -> np.ndarray | None:
    if not path.is_file():
        return None
    found = _json(path, 'segIndices')
    try:
        return np.array(found, np.int64).reshape(len(found))
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f'{path.name}: expected segIndices to be a list of whole numbers,'
            f' but got: {error}'
        ) from error


def _classes(path: Path) -> np.ndarray | None:
    if not path.is_file():
        return None
    vertices, _ = read_ply(path)
    if 'label' not in vertices:
        raise ValueError(
            f'{path.name}: expected vertices with the property label, but '
            f'got {sorted(vertices)}.'
        )
    return vertices['label'].astype(np.int64)


def _truth(
    folder: Path,
    name: str,
    segments: np.ndarray | None,
    classes: np.ndarray | None,
) -> np.ndarray | None:
    """(n,) int32 instances of the benchmark; None where nothing is said."""
    names = (f'{name}.aggregation.json', f'{name}_vh_clean.aggregation.json')
    path = next((folder / n for n in names if (folder / n).is_file()), None)
    if path is None:
        return None
    if segments is None or classes is None:
        missing = 'segs.json' if segments is None else 'labels.ply'
        raise ValueError(
            f'{path.name}: expected the {missing} of _vh_clean_2 beside it, '
            'from which the objects of the benchmark are made, but got no '
            'such file.'
        )
    known, of_vertex = np.unique(segments, return_inverse=True)
    of_segment = np.zeros(len(known), np.int64)
    try:
        groups = [
            (int(group['objectId']) + 1, np.array(group['segments'], np.int64))
            for group in _json(path, 'segGroups')
        ]
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise ValueError(
            f'{path.name}: expected segGroups with objectId and segments, '
            f'but got: {error!r}'
        ) from error
    for number, members in groups:
        strange = np.setdiff1d(members, known)
        if len(strange):
            raise ValueError(
                f'{path.name}: expected the segments of {name}_vh_clean_2, '
                f'but got segment {strange[0]}, which its segs.json does not '
                'have; it may belong to another mesh or scan.'
            )
        of_segment[np.searchsorted(known, members)] = number
    instances = of_segment[of_vertex.reshape(-1)]
    return keep_objects(instances, classes)


def _alignment(path: Path) -> np.ndarray:
    with open_regular(path, 'the axis alignment of a scan', 1 << 20) as file:
        text = file.read().decode('utf-8', 'replace')
    for line in text.splitlines():
        key, _, value = line.partition('=')
        if key.strip() == 'axisAlignment':
            try:
                return np.array(value.split(), np.float64).reshape(4, 4)
            except ValueError:
                break
    raise ValueError(
        f'{path.name}: expected a line "axisAlignment = " with 16 numbers, '
        'but got none.'
    )


def _moved(scene: Scene, matrix: np.ndarray) -> Scene:
    points = scene.points @ matrix[:3, :3].T + matrix[:3, 3]
    normals = scene.normals
    if normals is not None:
        normals = (normals @ matrix[:3, :3].T).astype(np.float32)
    return replace(scene, points=points.astype(np.float32), normals=normals)


def _json(path: Path, key: str) -> list[Any]:
    with open_regular(path, 'a JSON file') as file:
        try:
            content = json.load(file)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f'{path.name}: expected a JSON file, but got: {error}'
            ) from error
    if not isinstance(content, dict) or not isinstance(content.get(key), list):
        raise ValueError(
            f'{path.name}: expected an object with the list {key}, but got '
            'none.'
        )
    # Groups name the segments that they are made of.
    file = content.get('segmentsFile', '_vh_clean_2.')
    if '_vh_clean_2.' not in str(file):
        raise ValueError(
            f'{path.name}: expected groups of the segments of _vh_clean_2, '
            f'but got those of {shown(file, 80)}.'
        )
    return content[key]
