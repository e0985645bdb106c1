"""Rooms in the layout of S3DIS."""

import os
from pathlib import Path

import numpy as np

from mmcuts3d.files import shown

from ...structures import Scene
from ..raw import RawScene, as_scene
from ..tables import read_table

#: Classes that are the room itself.
STRUCTURE = ('ceiling', 'floor', 'wall', 'beam', 'column')


def read_s3dis(
    room: str | os.PathLike[str], *, not_objects: tuple[str, ...] = STRUCTURE
) -> Scene:
    """Read a room, such as ``Area_1/office_1``.

    Its points are those of ``Annotations/CLASS_NUMBER.txt``, one file for
    each instance, with lines of x y z r g b.

    Args:
        room (str | PathLike): The folder.
        not_objects (tuple): Classes whose instances are none. Defaults to
            those of the room itself.

    Returns:
        Scene: Named after area and room, instances in the order of the file
        names.

    Raises:
        ValueError: If there are no such files, or one of them holds
            something else; names the file and, where it can, the line.
    """
    room = Path(room)
    paths = sorted((room / 'Annotations').glob('*_*.txt'))
    if not paths:
        raise ValueError(
            f'{shown(room)}: expected a room of S3DIS with '
            'Annotations/CLASS_NUMBER.txt, but got no such file.'
        )
    tables, labels, number = [], [], 0
    for path in paths:
        table = read_table(path, (6,), 'x y z r g b')
        tables.append(table)
        is_object = path.stem.rpartition('_')[0] not in not_objects
        number += is_object
        labels.append(np.full(len(table), number if is_object else 0))
    table = np.concatenate(tables)
    raw = RawScene(
        table[:, :3], table[:, 3:], instances=np.concatenate(labels)
    )
    name = f'{room.resolve().parent.name}_{room.resolve().name}'
    return as_scene(raw, name, 'm', 'z', None, False)
