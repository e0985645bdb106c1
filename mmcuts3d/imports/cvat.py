"""CVAT for images 1.1: masks, polygons, boxes and ellipses in XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np

from mmcuts3d.files import open_regular, shown
from mmcuts3d.labels.coco import Notes, RunLength, number, whole_number

from .contract import (
    NO_MASKS,
    RECTANGLES,
    ReadImage,
    ReadInstance,
    read_score,
)
from .places import file_or_only
from .shapes import box_corners, ellipse_corners, placed_code, polygon_code

WITHOUT_AREA = ('polyline', 'points', 'cuboid', 'skeleton')
SHAPES = ('mask', 'polygon', 'box', 'ellipse')


def read_cvat(path: Path, notes: Notes) -> Iterator[ReadImage]:
    """Read ``annotations.xml`` image by image.

    Args:
        path (Path): The file, or the folder of it.
        notes (Notes): Takes what was put together or left out.

    Yields:
        ReadImage: In the order of the file; parts with the same ``group_id``
        are one instance.

    Raises:
        ValueError: If it is no such file; names the file and the annotation.
    """
    path = file_or_only(path, 'annotations.xml', '.xml')
    with open_regular(path, "CVAT's XML file") as file:
        for row in _rows(path, file):
            yield _image(path, row, notes)
            row.clear()


def _rows(path: Path, file: BinaryIO) -> Iterator[ElementTree.Element]:
    """The elements of images, of which a file may have millions."""
    root: ElementTree.Element | None = None
    try:
        for event, element in ElementTree.iterparse(file, ('start', 'end')):
            if root is None:
                root = element
                if root.tag != 'annotations':
                    raise ValueError(
                        f'Expected {shown(path)} to be an XML file of CVAT, '
                        f'but got one of <{shown(root.tag, 40)}>.'
                    )
            if element.tag == 'track':
                raise ValueError(
                    f'Expected {shown(path)} to have images, but got tracks '
                    'of a video: export it from CVAT as "CVAT for images '
                    '1.1".'
                )
            if event == 'end' and element.tag == 'image':
                yield element
                root.clear()
    except ElementTree.ParseError as error:
        raise ValueError(
            f'Expected {shown(path)} to be an XML file, but got: {error}.'
        ) from error


def _image(path: Path, row: ElementTree.Element, notes: Notes) -> ReadImage:
    name = row.get('name') or ''
    place = f'{shown(path)}: image {shown(name, 80)}'
    try:
        height = whole_number(row.get('height'), '`height`')
        width = whole_number(row.get('width'), '`width`')
    except ValueError as error:
        raise ValueError(f'{place}: {error}') from error
    image = ReadImage(place, name, height, width)
    found = []
    for order, shape in enumerate(row, 1):
        where = f'{place}, {shown(shape.tag, 40)} {order}'
        if shape.tag in WITHOUT_AREA:
            notes.add(NO_MASKS, where)
        if shape.tag not in SHAPES:
            continue
        try:
            code = _code(shape, height, width)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
        if shape.tag in ('box', 'ellipse'):
            notes.add(RECTANGLES, where)
        group = shape.get('group_id')
        attributes = {
            one.get('name'): one.text for one in shape.iter('attribute')
        }
        found.append(
            ReadInstance(
                where,
                code,
                shape.get('label') or '',
                read_score(attributes.get('score'), where),
                None if group in (None, '', '0') else group,
            )
        )
    image.instances = found
    return image


def _code(shape: ElementTree.Element, height: int, width: int) -> RunLength:
    values = shape.attrib
    if shape.tag == 'mask':
        return _mask(values, height, width)
    turn = number(values.get('rotation') or 0, '`rotation`')
    if shape.tag == 'box':
        names = ('xtl', 'ytl', 'xbr', 'ybr')
        sides = [number(values.get(key), f'`{key}`') for key in names]
        corners: Any = box_corners(*sides, degrees=turn)
    elif shape.tag == 'ellipse':
        names = ('cx', 'cy', 'rx', 'ry')
        x, y, *radii = (number(values.get(key), f'`{key}`') for key in names)
        corners = ellipse_corners((x, y), (radii[0], radii[1]), turn)
    else:
        pairs = (values.get('points') or '').split(';')
        corners = [
            [number(part, 'a coordinate') for part in pair.split(',')]
            for pair in pairs
        ]
        if any(len(corner) != 2 for corner in corners):
            raise ValueError(
                'Expected `points` to be x,y;x,y;..., but got '
                f'{shown(values.get("points"), 60)}.'
            )
    return polygon_code(corners, height, width)


def _mask(values: Mapping[str, str], height: int, width: int) -> RunLength:
    """Runs of rows in a box, the first of zeros."""
    left, top, wide, high = (
        whole_number(values.get(key), f'`{key}`')
        for key in ('left', 'top', 'width', 'height')
    )
    if not (
        left >= 0
        and top >= 0
        and wide > 0
        and high > 0
        and left + wide <= width
        and top + high <= height
    ):
        raise ValueError(
            f'Expected the box of a mask to lie in the image of {height} x '
            f'{width} pixels, but got {high} x {wide} at row {top}, column '
            f'{left}.'
        )
    text = values.get('rle') or ''
    if not re.fullmatch(r'[0-9]{1,10}(\s*,\s*[0-9]{1,10})*', text.strip()):
        raise ValueError(
            'Expected `rle` to be run lengths with commas, but got '
            f'{shown(text, 60)}.'
        )
    runs = np.array([int(run) for run in text.split(',')])
    if runs.sum() != high * wide:
        raise ValueError(
            f'Expected the runs of `rle` to add up to {high * wide} pixels, '
            f'but got {runs.sum()}.'
        )
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return placed_code(flat.reshape(high, wide), left, top, height, width)
