"""Pascal VOC: instances as the colours or indices of a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmcuts3d.exports.voc import voc_palette
from mmcuts3d.files import open_regular, shown
from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import Notes

from .contract import ReadImage, ReadInstance
from .places import folder_of

OBJECTS, CLASSES = 'SegmentationObject', 'SegmentationClass'
IMAGES, BOXES = 'JPEGImages', 'Annotations'
BORDER = 255
WITHOUT = 'images without a PNG of instances passed over'
_MAX_BYTES = 2**28


def read_voc(path: Path, notes: Notes) -> Iterator[ReadImage]:
    """Read the PNG files of ``SegmentationObject``.

    Args:
        path (Path): The folder of the data set.
        notes (Notes): Takes what was passed over.

    Yields:
        ReadImage: By name, an instance for each index from 1 to 254, or each
        colour of a colour image but black and that of borders.

    Raises:
        ValueError: If a file cannot be read; names it.
    """
    folder = folder_of(path, 'Pascal VOC')
    files = sorted((folder / OBJECTS).glob('*.png'))
    if not files:
        raise ValueError(
            f'Expected {shown(folder)} to have PNG files in {OBJECTS}, but '
            'got none.'
        )
    pictures = {
        file.stem: file.name for file in sorted((folder / IMAGES).glob('*'))
    }
    for file in files:
        yield _image(folder, file, pictures)
    stems = {file.stem for file in files}
    for stem, name in pictures.items():
        if stem not in stems:
            notes.add(WITHOUT, shown(name, 80))


def _image(folder: Path, file: Path, pictures: dict[str, str]) -> ReadImage:
    ids = read_ids(file)
    boxes = folder / BOXES / f'{file.stem}.xml'
    name = pictures.get(file.stem)
    if name is None and boxes.is_file():
        name = _named(boxes)
    image = ReadImage(shown(file), name or file.name, *ids.shape)
    classes = folder / CLASSES / file.name
    kinds = read_ids(classes) if classes.is_file() else None
    if kinds is not None and kinds.shape != ids.shape:
        raise ValueError(
            f'Expected {shown(classes)} to be of the size of {shown(file)}, '
            f'{ids.shape[0]} x {ids.shape[1]}, but got {kinds.shape[0]} x '
            f'{kinds.shape[1]}.'
        )
    for number in np.unique(ids):
        if number in (0, BORDER):
            continue
        mask = ids == number
        label = ''
        if kinds is not None:
            values, counts = np.unique(kinds[mask], return_counts=True)
            label = f'class {values[counts.argmax()]}'
        image.instances.append(
            ReadInstance(
                f'{shown(file)}, instance {number}', encode_mask(mask), label
            )
        )
    return image


def read_ids(file: Path) -> npt.NDArray[np.int64]:
    """The indices of a PNG of VOC.

    Args:
        file (Path): With a palette or grey, whose values are the indices; or
            in the colours of VOC, as CVAT writes it.

    Returns:
        ndarray: (H, W), int64: 0 for the background, 255 for borders; other
        colours than VOC's are counted from 256 on.

    Raises:
        ValueError: If it is no such file.
    """
    with open_regular(file, 'a PNG of instances', _MAX_BYTES) as opened:
        try:
            picture = Image.open(opened, formats=['PNG'])
            if picture.mode in ('P', 'L', 'I') or picture.mode[:2] == 'I;':
                return np.asarray(picture, np.int64)
            pixels = np.asarray(picture.convert('RGB'), np.int64)
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f'Expected {shown(file)} to be a PNG, but got: {error}.'
            ) from error
    weights = np.array([1 << 16, 1 << 8, 1])
    palette = voc_palette().astype(np.int64) @ weights
    indices = {int(colour): n for n, colour in enumerate(palette)}
    colours, places = np.unique(pixels @ weights, return_inverse=True)
    numbers: list[Any] = []
    for colour in colours.tolist():
        numbers.append(indices.get(colour, 256 + len(numbers)))
    return np.array(numbers)[places.reshape(pixels.shape[:2])]


def _named(boxes: Path) -> str | None:
    with open_regular(boxes, 'an XML file of Pascal VOC', _MAX_BYTES) as file:
        try:
            return ElementTree.parse(file).getroot().findtext('filename')
        except ElementTree.ParseError as error:
            raise ValueError(
                f'Expected {shown(boxes)} to be an XML file, but got: {error}.'
            ) from error
