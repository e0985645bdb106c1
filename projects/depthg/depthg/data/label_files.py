"""Files of label maps, and of the names of their classes."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mmcuts3d.files import (
    first_few,
    image_orientation,
    open_regular,
    shown,
)
from mmcuts3d.files.json_files import read_json

from ..structures import IGNORED

#: Beside the images of a data set: ``{"classes": [...], "palette": [...]}``.
CLASSES_FILE = 'classes.json'


@dataclass(frozen=True)
class ClassList:
    """The classes of a data set.

    Attributes:
        names (tuple[str, ...]): At least one, at most 255.
        palette (tuple): A colour (red, green, blue) for each.

    Raises:
        ValueError: If there are none or too many, a name comes twice or
            colours are no such.
    """

    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...] = ()

    def __post_init__(self) -> None:
        names = tuple(str(name) for name in self.names)
        if not 1 <= len(names) <= IGNORED or len(set(names)) < len(names):
            raise ValueError(
                f'Expected argument `classes` to be 1 to {IGNORED} different '
                f'names, but got {len(names)}: {first_few(names)}'
            )
        palette = tuple(tuple(colour) for colour in self.palette)
        palette = palette or class_colours(len(names))
        good = len(palette) == len(names) and all(
            len(colour) == 3 and all(0 <= value <= 255 for value in colour)
            for colour in palette
        )
        if not good:
            raise ValueError(
                'Expected argument `palette` to be a colour of three values '
                f'from 0 to 255 for each of {len(names)} classes, but got '
                f'{first_few(palette)}'
            )
        object.__setattr__(self, 'names', names)
        object.__setattr__(self, 'palette', palette)

    @classmethod
    def read(cls, path: Path) -> 'ClassList':
        """Of a ``classes.json``.

        Args:
            path (Path): The file.

        Returns:
            ClassList: What it holds.

        Raises:
            ValueError: If it cannot be read; names the file.
        """
        content = read_json(path)
        names = content.get('classes') if isinstance(content, dict) else None
        if not isinstance(names, list):
            raise ValueError(
                f'Expected {shown(path)} to hold `classes`, a list of names, '
                'but got none'
            )
        try:
            return cls(tuple(names), tuple(content.get('palette') or ()))
        except (TypeError, ValueError) as error:
            raise ValueError(f'{shown(path)}: {error}') from error

    def content(self) -> dict:
        """What a ``classes.json`` holds."""
        return dict(
            classes=list(self.names),
            palette=[list(colour) for colour in self.palette],
        )


def class_colours(number: int) -> tuple[tuple[int, int, int], ...]:
    """Colours that are told apart: hues by the golden angle.

    Args:
        number (int): How many.

    Returns:
        tuple: (red, green, blue) each, from 0 to 255.
    """
    import colorsys

    colours = []
    for index in range(number):
        hue = (0.02 + index * 0.618034) % 1
        # Three tones, so that hues that come near again still differ.
        tone = index % 3
        rgb = colorsys.hsv_to_rgb(
            hue, (0.75, 0.5, 0.9)[tone], (0.9, 1.0, 0.62)[tone]
        )
        colours.append(tuple(round(255 * value) for value in rgb))
    return tuple(colours)


def read_label_map(
    path: str | os.PathLike[str], num_classes: int | None = None
) -> np.ndarray:
    """Read a label map: the values of a picture of one channel.

    Of a picture with a palette these are the numbers, and not the colours.

    Args:
        path (str | PathLike): PNG, or another format without loss.
        num_classes (int, optional): How many classes there are; larger
            values but 255 are refused. Defaults to None: any are taken.

    Returns:
        np.ndarray: (H, W) int64.

    Raises:
        ValueError: If it is no such picture, or a class is outside the list;
            names the file.
    """
    what = 'a readable label map'
    with open_regular(path, what) as file:
        try:
            with Image.open(file) as image:
                mode, values = image.mode, np.asarray(image)
        except (UnidentifiedImageError, OSError, SyntaxError) as error:
            raise ValueError(
                f'Expected {shown(path)} to be {what}, but got: {shown(error)}'
            ) from error
    if values.ndim != 2 or values.dtype.kind not in 'iub':
        raise ValueError(
            f'Expected {shown(path)} to be a label map, one channel of class '
            f'numbers, but got a picture of mode {mode}: colours are not '
            'classes'
        )
    values = values.astype(np.int64)
    if num_classes is not None:
        check_classes(values, num_classes, path)
    return values


def lies_on_its_side(
    image_path: str | os.PathLike[str],
    image_size: tuple[int, ...],
    label_size: tuple[int, ...],
) -> bool:
    """Whether a label map lies as its image is stored, not as it is shown.

    Args:
        image_path (str | PathLike): The image, for its EXIF orientation.
        image_size (tuple[int, int]): (H, W) of the upright image.
        label_size (tuple[int, int]): (H, W) of the label map.

    Returns:
        bool: True if height and width are exchanged, and the orientation
        says so.
    """
    exchanged = tuple(label_size) == tuple(image_size)[::-1]
    if not exchanged or tuple(label_size) == tuple(image_size):
        return False
    return image_orientation(image_path) > 4


def check_classes(
    values: np.ndarray, num_classes: int, path: str | os.PathLike[str]
) -> None:
    """ValueError on a class that is outside the list; names the file."""
    bad = (values != IGNORED) & ((values < 0) | (values >= num_classes))
    if bad.any():
        found = np.unique(values[bad]).tolist()
        raise ValueError(
            f'Expected {shown(path)} to hold classes from 0 to '
            f'{num_classes - 1}, or {IGNORED} for none, but got '
            f'{first_few(found)} in {int(bad.sum())} pixels'
        )


def write_label_map(
    path: Path, values: np.ndarray, palette: Sequence[Sequence[int]] = ()
) -> None:
    """Write a label map as a PNG.

    Args:
        path (Path): The file; its folder is there.
        values (np.ndarray): (H, W), from 0 to 255.
        palette (Sequence): Colours of the values, which viewers then show.
            Defaults to (): grey.
    """
    image = Image.fromarray(np.asarray(values, np.uint8))
    if palette:
        flat = [value for colour in palette for value in colour]
        image.putpalette(flat + [0] * (768 - len(flat)))
    image.save(path)
