"""Potsdam-3: aerial images in crops of 200 x 200 (ISPRS; IIC, ICCV 2019).

The six classes of the ISPRS benchmark are joined to three. 8,550 crops of 38
tiles of 6000 x 6000 pixels are 15 x 15 of each tile: squares of 400 pixels at
half their size.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.io import loadmat

from mmcuts3d.files import open_regular, shown

from ..data import ClassList
from .writing import SetWriter, files_of, map_values

CLASSES = ClassList(
    ('roads and cars', 'buildings and clutter', 'vegetation and trees'),
    ((128, 64, 128), (210, 90, 70), (90, 160, 60)),
)
#: Colour in a tile's label file; class of six; class of three.
COLOURS = (
    ((255, 255, 255), 'roads', 0),
    ((0, 0, 255), 'buildings', 1),
    ((0, 255, 255), 'low vegetation', 2),
    ((0, 255, 0), 'trees', 2),
    ((255, 255, 0), 'cars', 0),
    ((255, 0, 0), 'clutter', 1),
)
SIDE, SHRINK = 200, 2
#: Every so many of the labelled tiles is for validation.
_EVERY = 6
_LISTS = {
    'labelled_train.txt': 'train',
    'unlabelled_train.txt': 'train',
    'labelled_test.txt': 'val',
}


def class_table() -> np.ndarray:
    """(256,) int64: one of six classes, or 255, to one of three."""
    table = np.full(256, -1, np.int64)
    table[: len(COLOURS)] = [new for _, _, new in COLOURS]
    table[255] = 255
    return table


def convert_potsdam(source: Path, target: Path) -> dict[str, int]:
    """Convert the tiles of the ISPRS, or the crops that IIC made of them.

    Args:
        source (Path): With ``2_Ortho_RGB`` or ``4_Ortho_RGBIR``, and
            ``5_Labels_all`` or ``5_Labels_for_participants``: of the tiles
            that have labels every sixth is for validation. Or with
            ``imgs/*.mat``, ``gt/*.mat`` and IIC's three lists.
        target (Path): DST.

    Returns:
        dict[str, int]: Images of each split. Crops without labels are of
        'train', and all their pixels are ignored.

    Raises:
        ValueError: If something is missing or broken; names it.
    """
    writer = SetWriter(target, CLASSES)
    crops = _mat_crops if (source / 'imgs').is_dir() else _tile_crops
    for split, name, image, values, path in crops(source):
        labels = map_values(values, class_table(), path)
        writer.add(split, name, image, labels, source=str(path))
    return writer.finish()


Crop = tuple[str, str, np.ndarray, np.ndarray, Path]


def _mat_crops(source: Path) -> Iterator[Crop]:
    """IIC's crops: (200, 200, 4) in ``img``, (200, 200) in ``gt``."""
    for listing, split in _LISTS.items():
        path = source / listing
        if not path.is_file():
            raise ValueError(
                f'Expected {shown(path)}, one of the lists of crops, but got '
                'no such file'
            )
        for name in path.read_text('utf-8').split():
            own = source / 'imgs' / f'{name}.mat'
            image = _mat(own, 'img', 3)[..., :3].astype(np.uint8)
            values = np.full(image.shape[:2], 255)
            if not listing.startswith('unlabelled'):
                own = source / 'gt' / f'{name}.mat'
                values = _mat(own, 'gt', 2).astype(np.int64)
            yield split, name, image, values, own


def _mat(path: Path, key: str, ndim: int) -> np.ndarray:
    try:
        array = loadmat(path)[key]
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        raise ValueError(
            f'Expected {shown(path)} to be a MATLAB file with {key!r}, but '
            f'got: {shown(error)}'
        ) from error
    if array.ndim != ndim:
        raise ValueError(
            f'Expected {key!r} of {shown(path)} to have {ndim} axes, but got '
            f'shape {array.shape}'
        )
    return array


def _tile_crops(source: Path) -> Iterator[Crop]:
    """Squares of the tiles."""
    kinds = {'2_Ortho_RGB': 'RGB', '4_Ortho_RGBIR': 'RGBIR'}
    kind = next((k for k in kinds if (source / k).is_dir()), None)
    if kind is None:
        raise ValueError(
            f'Expected {shown(source)} to hold {" or ".join(kinds)}, or the '
            "crops of IIC in 'imgs', but got none of these"
        )
    folders = ('5_Labels_all', '5_Labels_for_participants')
    labels = [source / name for name in folders if (source / name).is_dir()]
    if not labels:
        raise ValueError(
            f'Expected {shown(source)} to hold {" or ".join(folders)}, but '
            'got neither'
        )
    end = f'_{kinds[kind]}.tif'
    labelled = 0
    for tile in files_of(source / kind, f'top_potsdam_*{end}'):
        stem = tile.name.removesuffix(end)
        found = [folder / f'{stem}_label.tif' for folder in labels]
        path = next((one for one in found if one.is_file()), None)
        pixels = _tile(tile)
        values = np.full(pixels.shape[:2], 255)
        split = 'train'
        if path is not None:
            values = _six_classes(path, pixels.shape[:2])
            labelled += 1
            split = 'val' if labelled % _EVERY == 0 else 'train'
        yield from _squares(split, stem, pixels, values, path or tile)


def _squares(
    split: str,
    stem: str,
    pixels: np.ndarray,
    values: np.ndarray,
    path: Path,
) -> Iterator[Crop]:
    side = SIDE * SHRINK
    if min(pixels.shape[:2]) < side:
        raise ValueError(
            f'Expected {shown(path)} to have at least {side} x {side} '
            f'pixels, but got {pixels.shape[:2]}'
        )
    for row in range(pixels.shape[0] // side):
        for column in range(pixels.shape[1] // side):
            top, left = row * side, column * side
            square = pixels[top : top + side, left : left + side]
            small = cv2.resize(
                square, (SIDE, SIDE), interpolation=cv2.INTER_AREA
            )
            begin = SHRINK // 2
            rows = slice(top + begin, top + side, SHRINK)
            columns = slice(left + begin, left + side, SHRINK)
            name = f'{stem}_{row:02d}_{column:02d}'
            yield split, name, small, values[rows, columns], path


def _tile(path: Path) -> np.ndarray:
    """(H, W, 3) uint8: red, green and blue, whatever comes after them."""
    with open_regular(path, 'a tile of Potsdam') as file:
        try:
            with Image.open(file) as image:
                pixels = np.asarray(image)
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise ValueError(
                f'Expected {shown(path)} to be a tile of Potsdam, but got: '
                f'{shown(error)}'
            ) from error
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype != np.uint8:
        raise ValueError(
            f'Expected {shown(path)} to have three or four channels of 8 '
            f'bits, but got shape {pixels.shape} of {pixels.dtype}'
        )
    return np.ascontiguousarray(pixels[..., :3])


def _six_classes(path: Path, size: tuple[int, int]) -> np.ndarray:
    """(H, W) int64 of a tile's colours."""
    colours = _tile(path)
    if colours.shape[:2] != size:
        raise ValueError(
            f'Expected {shown(path)} to have the size of its tile, {size}, '
            f'but got {colours.shape[:2]}'
        )
    # A few published files have colours that are off by a little.
    bits = (colours > 127).astype(np.int64) @ np.array([4, 2, 1])
    table = np.full(8, -1, np.int64)
    for number, (colour, _, _) in enumerate(COLOURS):
        table[(np.array(colour) > 127) @ np.array([4, 2, 1])] = number
    values = table[bits]
    if (values < 0).any():
        wrong = colours[values < 0][0].tolist()
        raise ValueError(
            f'Expected {shown(path)} to hold the six colours of the ISPRS, '
            f'but got {wrong} in {int((values < 0).sum())} pixels'
        )
    return values
