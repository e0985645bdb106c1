"""Cityscapes 27: all classes that are no void (Cordts et al., CVPR 2016)."""

from pathlib import Path

import numpy as np

from mmcuts3d.files import shown

from ..data import ClassList, read_label_map
from .writing import SetWriter, files_of, map_values

#: Ids 7 to 33 of the data set, in order.
CLASSES = ClassList(
    (
        *('road', 'sidewalk', 'parking', 'rail track', 'building', 'wall'),
        *('fence', 'guard rail', 'bridge', 'tunnel', 'pole', 'polegroup'),
        *('traffic light', 'traffic sign', 'vegetation', 'terrain', 'sky'),
        *('person', 'rider', 'car', 'truck', 'bus', 'caravan', 'trailer'),
        *('train', 'motorcycle', 'bicycle'),
    )
)
#: Ids below are void: the ego vehicle, what is out of view.
FIRST_ID = 7
_IMAGE, _LABELS = '_leftImg8bit.png', '_gtFine_labelIds.png'


def class_table() -> np.ndarray:
    """(256,) int64: value of a label map to class, 255 or -1 for no value."""
    table = np.full(256, -1, np.int64)
    table[:FIRST_ID] = 255
    number = len(CLASSES.names)
    table[FIRST_ID : FIRST_ID + number] = np.arange(number)
    table[255] = 255  # the licence plate, id -1
    return table


def convert_cityscapes(source: Path, target: Path) -> dict[str, int]:
    """Convert the finely labelled images of train and val.

    Args:
        source (Path): With ``leftImg8bit`` and ``gtFine``.
        target (Path): DST.

    Returns:
        dict[str, int]: Images of each split.

    Raises:
        ValueError: If something is missing or no label map; names it.
    """
    writer = SetWriter(target, CLASSES)
    table = class_table()
    for split in ('train', 'val'):
        folder = source / 'leftImg8bit' / split
        for image in files_of(folder, f'*/*{_IMAGE}'):
            name = image.name.removesuffix(_IMAGE)
            city = image.parent.name
            path = source / 'gtFine' / split / city / f'{name}{_LABELS}'
            if not path.is_file():
                raise ValueError(
                    f'Expected {shown(path)}, the label map of '
                    f'{shown(image)}, but got no such file'
                )
            values = map_values(read_label_map(path), table, path)
            writer.add(split, name, image, values, source=str(path))
    return writer.finish()
