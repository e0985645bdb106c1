"""Segments of YOLO: a line a polygon, beside the images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from mmcuts3d.files import first_few, image_size, list_images, shown
from mmcuts3d.files.regular import open_regular
from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import Notes, RunLength, number

from .contract import ReadImage, ReadInstance, read_score
from .places import folder_of

IMAGES, LABELS = 'images', 'labels'
BACKGROUND = 'images without a file of labels taken as background'
_MAX_BYTES = 2**30


def read_yolo(path: Path, notes: Notes) -> Iterator[ReadImage]:
    """Read the images of a data set and the file of labels of each.

    The labels of ``.../images/a/1.jpg`` are in ``.../labels/a/1.txt``, as
    Ultralytics looks for them.

    Args:
        path (Path): The folder with ``images`` and ``labels``, or with
            folders that have them (train, val).
        notes (Notes): Takes images without labels.

    Yields:
        ReadImage: By name.

    Raises:
        ValueError: If a file cannot be read, or has no image; names the file
            and the line.
    """
    folder = folder_of(path, 'a YOLO data set')
    names = [
        name
        for name in list_images(folder, recursive=True).images
        if IMAGES in PurePosixPath(name).parts[:-1]
    ]
    if not names:
        raise ValueError(
            f'Expected {shown(folder)} to have the images in a folder '
            f'{IMAGES}/ beside {LABELS}/: their sizes are needed; but got '
            'none.'
        )
    used = set()
    for name in names:
        file = folder / labels_of(name)
        used.add(file)
        height, width = image_size(folder / name)
        image = ReadImage(shown(file), shortened(name), height, width)
        if file.is_file():
            image.instances = list(_instances(file, height, width))
        else:
            notes.add(BACKGROUND, shown(name, 80))
        yield image
    alone = [
        file
        for file in sorted(folder.rglob('*.txt'))
        if LABELS in file.relative_to(folder).parts and file not in used
    ]
    if alone:
        raise ValueError(
            f'Expected an image for each file of labels in {shown(folder)}, '
            f'but got none for {len(alone)}: '
            f'{first_few(file.relative_to(folder) for file in alone)}.'
        )


def labels_of(name: str) -> str:
    """The file of labels of an image, by the last folder ``images``.

    Args:
        name (str): Path of the image, with ``/``.

    Returns:
        str: Path of the labels.
    """
    parts = list(PurePosixPath(name).with_suffix('.txt').parts)
    last = len(parts) - 1 - parts[::-1].index(IMAGES)
    parts[last] = LABELS
    return PurePosixPath(*parts).as_posix()


def shortened(name: str) -> str:
    """The path below ``images``, where that is the first folder."""
    return name.removeprefix(f'{IMAGES}/')


def _instances(file: Path, height: int, width: int) -> Iterator[ReadInstance]:
    with open_regular(file, 'labels of YOLO', _MAX_BYTES) as opened:
        content = opened.read()
    try:
        lines = content.decode('utf-8').splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(
            f'Expected {shown(file)} to be a file of text, but got: {error}.'
        ) from error
    for order, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f'{shown(file)}, line {order}'
        kind, *words = line.split()
        try:
            values = [number(word, 'a value') for word in words]
            if len(values) < 6:
                raise ValueError(
                    'Expected a class and three corners or more, but got '
                    f'{shown(line, 60)}: boxes are no masks.'
                )
            # Predictions of Ultralytics end in their score.
            score = values.pop() if len(values) % 2 else None
            code = drawn(values, height, width)
        except ValueError as error:
            raise ValueError(f'{place}: {error}') from error
        yield ReadInstance(place, code, kind, read_score(score, place))


def drawn(shares: list[float], height: int, width: int) -> RunLength:
    """The mask of a polygon as Ultralytics draws it.

    Args:
        shares (list[float]): x and y of the corners, in [0, 1].
        height (int): Of the image in pixels.
        width (int): Of the image in pixels.

    Returns:
        RunLength: With its border.

    Raises:
        ValueError: If a corner is outside of the image.
    """
    import cv2

    corners = np.array(shares).reshape(-1, 2)
    if corners.min() < -0.001 or corners.max() > 1.001:
        raise ValueError(
            'Expected corners as shares of width and height, in [0, 1], but '
            f'got values from {corners.min():g} to {corners.max():g}.'
        )
    pixels = (corners * [width, height]).astype(np.int32)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [pixels], 1)
    return encode_mask(canvas)
