"""Rows of COCO's ``images``: ids, names and sizes."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mmcuts3d.files import image_orientation, image_size

from .ids import ImageIds, check_unique
from .names import clean_name, is_plain
from .notes import Notes
from .rows import CocoImage
from .values import number, shown, whole_number

REPEATED = 'images that are listed twice, in equal rows, taken once'
SWAPPED = 'images whose width and height were exchanged, as their files show'
MEASURED = 'images without a size measured in their files'
FROM_MASKS = 'images without a size given that of their run-length codes'

_READ = {'id', 'file_name', 'height', 'width'}
#: pycocotools counts pixels in 32 bits.
_MAX_PIXELS = 2**31 - 1


def read_images(
    rows: Sequence[Any], notes: Notes, need_names: bool, once: bool
) -> tuple[list[CocoImage], ImageIds]:
    """Read rows of images.

    Args:
        rows (Sequence): The rows.
        notes (Notes): Takes what was mended.
        need_names (bool): Whether each must have a ``file_name``.
        once (bool): Whether an image that is listed twice in equal rows is
            refused.

    Returns:
        tuple[list[CocoImage], ImageIds]: The images, with sizes of 0 where
        there are none, and their ids.

    Raises:
        ValueError: If a value cannot be what it should be, or an id or a file
            name comes twice.
    """
    needed = ('id', 'file_name') if need_names else ('id',)
    for row in rows:
        check_keys(row, needed, 'image')
    if not once:
        rows = _without_repeated(rows, notes)
    raw = [row['id'] for row in rows]
    ids = ImageIds(raw)
    check_unique(ids.numbers, raw, 'image')
    images = []
    holders: dict[str, Any] = {}
    for row, image_id in zip(rows, ids.numbers, strict=True):
        what = f'image {shown(row["id"])}'
        name = ''
        if need_names or row.get('file_name') is not None:
            name = clean_name(row['file_name'], what)
            other = holders.setdefault(name, row)
            if other is not row:
                raise ValueError(
                    'Expected every image to have a file of its own, but got '
                    f'{shown(name)} for the images {shown(other["id"])} and '
                    f'{shown(row["id"])}.'
                )
        extra = {key: row[key] for key in row if key not in _READ}
        height = _side(row.get('height'), 'height', what)
        width = _side(row.get('width'), 'width', what)
        if height * width > _MAX_PIXELS:
            raise ValueError(
                f'Expected {what} to have at most {_MAX_PIXELS:,} pixels, but '
                f'got {height} x {width}.'
            )
        images.append(
            CocoImage(image_id, name, height, width, row['id'], extra)
        )
    return images, ids


def sizes_from_files(
    images: Iterable[CocoImage], folder: str | Path, notes: Notes
) -> None:
    """Measure images that have no size, and turn those that lie.

    Some tools write height and width the wrong way round; that is mended
    where the file is of the exchanged size and not one that cameras store on
    its side. Other differences are left to whoever opens the image.

    Args:
        images (Iterable[CocoImage]): Their sizes are set.
        folder (str | Path): The image folder.
        notes (Notes): Takes what was mended.
    """
    for image in images:
        stated = (image.height, image.width)
        if min(stated) > 0 and stated[0] == stated[1]:
            continue
        if not is_plain(image.file_name):
            continue
        found = _header(Path(folder) / image.file_name)
        if found is None:
            continue
        size, on_its_side = found
        place = f'{shown(image.file_name)}: {size[0]} x {size[1]}'
        if min(stated) < 1:
            notes.add(MEASURED, place)
            image.height, image.width = size
        elif stated == size[::-1] and not on_its_side:
            notes.add(SWAPPED, place)
            image.height, image.width = size


def sizes_from_masks(
    images: dict[int, CocoImage],
    annotations: Iterable[tuple[int, Any]],
    notes: Notes,
) -> None:
    """Take sizes from run-length codes, where they agree.

    Args:
        images (dict[int, CocoImage]): Those without a size, by id.
        annotations (Iterable[tuple[int, Any]]): Id of an image and
            ``segmentation``.
        notes (Notes): Takes what was mended.

    Raises:
        ValueError: If an image is still without a size.
    """
    sizes: dict[int, set[tuple[int, int]]] = {}
    for image_id, code in annotations:
        size = code.get('size') if isinstance(code, dict) else None
        if image_id not in images or not isinstance(size, list):
            continue
        if len(size) == 2:
            height, width = (whole_number(side, 'a side') for side in size)
            sizes.setdefault(image_id, set()).add((height, width))
    for image_id, image in images.items():
        found = sizes.get(image_id, set())
        if len(found) != 1 or min(min(size) for size in found) < 1:
            raise ValueError(
                f'Expected image {shown(image.original_id)} '
                f'({shown(image.file_name)}) to have a `height` and a '
                f'`width`, but got {image.height} x {image.width}, and no '
                'file or run-length code that says more.'
            )
        image.height, image.width = next(iter(found))
        notes.add(
            FROM_MASKS,
            f'{shown(image.file_name)}: {image.height} x {image.width}',
        )


def check_keys(row: Any, keys: Sequence[str], kind: str) -> None:
    """Check that a row is a dict with keys.

    Args:
        row (Any): The row.
        keys (Sequence[str]): What it must have.
        kind (str): What it is, for messages.

    Raises:
        ValueError: If it is none, or lacks one.
    """
    if not isinstance(row, dict):
        raise ValueError(
            f'Expected every {kind} to be a row of COCO with the keys '
            f'{list(keys)}, but got {shown(row)}.'
        )
    missing = [key for key in keys if key not in row]
    if missing:
        raise ValueError(
            f'Expected every {kind} to have the keys {list(keys)}, but got '
            f'one without {missing}: {shown(row)}.'
        )


def _without_repeated(rows: Sequence[Any], notes: Notes) -> list[Any]:
    """Rows of images without copies of earlier ones."""
    kept: list[Any] = []
    first: dict[str, Any] = {}
    for row in rows:
        # As text, for an id of any type may come.
        key = shown(row['id'])
        if key in first and first[key] == row:
            notes.add(REPEATED, f'image {key}')
            continue
        first.setdefault(key, row)
        kept.append(row)
    return kept


def _side(value: Any, key: str, what: str) -> int:
    """A side in pixels; 0 where there is none."""
    if value is None:
        return 0
    side = number(value, f'the `{key}` of {what}')
    if side < 0 or side > _MAX_PIXELS or side % 1:
        raise ValueError(
            f'Expected the `{key}` of {what} to be a number of pixels, but '
            f'got {shown(value)}.'
        )
    return int(side)


def _header(path: Path) -> tuple[tuple[int, int], bool] | None:
    """Height and width when upright, and whether stored on its side."""
    if not os.path.isfile(path):  # also of names that no file can have
        return None
    try:
        return image_size(path), image_orientation(path) >= 5
    except ValueError:
        return None
