"""Files of LabelMe: masks, polygons, rectangles and circles."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mmcuts3d.files import decode_image, first_few, image_size, shown
from mmcuts3d.files.json_files import read_json
from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import (
    Notes,
    RunLength,
    check_polygons,
    whole_number,
)

from .contract import (
    NO_MASKS,
    RECTANGLES,
    ReadImage,
    ReadInstance,
    read_score,
)
from .places import without_detours
from .shapes import placed_code

OTHERS = 'JSON files that are not of LabelMe passed over'
SHAPES = ('mask', 'polygon', 'rectangle', 'circle')


def read_labelme(path: Path, notes: Notes) -> Iterator[ReadImage]:
    """Read a JSON file an image, of a folder with its sub-folders.

    Args:
        path (Path): The folder, or one file.
        notes (Notes): Takes what was put together or left out.

    Yields:
        ReadImage: By name; shapes of one label and ``group_id`` are one
        instance, as LabelMe's own converters have it.

    Raises:
        ValueError: If a file cannot be read; names it and the shape.
    """
    top = path if path.is_dir() else path.parent
    files = sorted(path.rglob('*.json')) if path.is_dir() else [path]
    read = 0
    for file in files:
        content = read_json(file, 'a file of LabelMe')
        if not (isinstance(content, dict) and 'shapes' in content):
            notes.add(OTHERS, shown(file.relative_to(top)))
            continue
        read += 1
        yield _image(file, top, content, notes)
    if not read:
        names = first_few(sorted(p.name for p in path.parent.glob('*')))
        raise ValueError(
            f'Expected {shown(path)} to have JSON files of LabelMe, but got '
            f'{first_few([f.name for f in files]) or "none"}'
            + ('.' if path.is_dir() else f'; beside it are {names}.')
        )


def _image(
    file: Path, top: Path, content: dict[str, Any], notes: Notes
) -> ReadImage:
    place = shown(file)
    named, shapes = content.get('imagePath'), content['shapes']
    if not (isinstance(named, str) and named and isinstance(shapes, list)):
        raise ValueError(
            f'{place}: Expected `imagePath` to be a path and `shapes` a list, '
            f'but got {shown(named, 60)} and {type(shapes).__name__}.'
        )
    below = PurePosixPath(file.relative_to(top).parent.as_posix())
    height, width = _size(file, content, named)
    image = ReadImage(place, without_detours(below, named), height, width)
    found = []
    for order, shape in enumerate(shapes, 1):
        where = f'{place}, shape {order}'
        if not isinstance(shape, dict):
            raise ValueError(f'{where}: Expected an object.')
        # Files of LabelMe before 3.16 have polygons only, and say nothing.
        kind = shape.get('shape_type') or 'polygon'
        if kind not in SHAPES:
            notes.add(NO_MASKS, f'{where} ({shown(kind, 40)})')
            continue
        try:
            code = _code(kind, shape, height, width)
        except ValueError as error:
            raise ValueError(f'{where}: {error}') from error
        if kind in ('rectangle', 'circle'):
            notes.add(RECTANGLES, where)
        found.append(
            ReadInstance(
                where,
                code,
                str(shape.get('label') or ''),
                read_score(_described_score(shape), where),
                shape.get('group_id'),
            )
        )
    image.instances = found
    return image


def _size(file: Path, content: dict[str, Any], named: str) -> tuple[int, int]:
    """As the file says, else as the image does."""
    stated = content.get('imageHeight'), content.get('imageWidth')
    try:
        if None not in stated:
            height, width = (whole_number(one, 'its size') for one in stated)
            return height, width
        data = content.get('imageData')
        if data:
            pixels = decode_image(_decoded(data), file.name)
            return pixels.shape[0], pixels.shape[1]
        return image_size(file.parent / named.replace('\\', '/'))
    except ValueError as error:
        raise ValueError(f'{shown(file)}: {error}') from error


def _described_score(shape: dict[str, Any]) -> Any:
    """The score that our export put where LabelMe has a description."""
    try:
        found = json.loads(shape.get('description') or 'null')
    except (ValueError, TypeError):
        return None
    return found.get('score') if isinstance(found, dict) else None


def _code(
    kind: str, shape: dict[str, Any], height: int, width: int
) -> RunLength:
    points = shape.get('points')
    least = 3 if kind == 'polygon' else 2
    if not (
        isinstance(points, list)
        and len(points) >= least
        and all(isinstance(one, list) and len(one) == 2 for one in points)
    ):
        raise ValueError(
            f'Expected `points` of a {kind} to be {least} points or more, '
            f'but got {shown(points, 60)}.'
        )
    # Checks that they are finite numbers; two corners count as none here.
    check_polygons([[float_of(v) for point in points for v in point]])
    corners = [(float(x), float(y)) for x, y in points]
    if kind == 'mask':
        crop = _mask(shape.get('mask'))
        left, top = (round(value) for value in corners[0])
        return placed_code(crop, left, top, height, width)
    return encode_mask(_drawn(kind, corners, height, width))


def _drawn(
    kind: str,
    corners: list[tuple[float, float]],
    height: int,
    width: int,
) -> Any:
    """As LabelMe draws it: by Pillow, with the border."""
    picture = Image.new('1', (width, height))
    draw = ImageDraw.Draw(picture)
    if kind == 'circle':
        (x, y), edge = corners[:2]
        radius = math.dist((x, y), edge)
        box = [x - radius, y - radius, x + radius, y + radius]
        draw.ellipse(box, outline=1, fill=1)
    elif kind == 'rectangle' and len(corners) == 2:
        (left, right), (top, bottom) = map(sorted, zip(*corners, strict=True))
        draw.rectangle([left, top, right, bottom], outline=1, fill=1)
    else:
        draw.polygon(corners, outline=1, fill=1)
    return np.asarray(picture)


def float_of(value: Any) -> Any:
    """Integers as floats, all else as it is."""
    return float(value) if type(value) is int else value


def _mask(value: Any) -> Any:
    """(h, w), bool: a PNG in base64."""
    if not isinstance(value, str):
        raise ValueError(
            'Expected `mask` to be a PNG in base64, but got '
            f'{shown(value, 60)}.'
        )
    pixels = decode_image(_decoded(value), '`mask`')
    return pixels.any(axis=-1)


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError(
            f'Expected base64, but got {shown(value, 40)}.'
        ) from error
