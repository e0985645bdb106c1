"""Writes a data set as :class:`SegFolder` reads it.

::

    DST/classes.json
    DST/SPLIT/images/NAME.jpg    hard links where that works, else copies
    DST/SPLIT/labels/NAME.png    classes, 255 = ignored
    DST/SPLIT/depth/NAME.png     16 bits, 0 = nearest, where there is depth
"""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np

from mmcuts3d.files import as_path, shown
from mmcuts3d.files.whole_files import write_json
from mmcuts3d.models.depth import normalise_depth

from ..data import CLASSES_FILE, ClassList, write_label_map
from ..data.label_files import check_classes


class SetWriter:
    """Takes images, and writes them with what belongs to them.

    A run that was stopped goes on: files that are there are kept. The last
    file is ``classes.json``, without which the folder is no data set.

    Args:
        target (str | Path): DST.
        classes (ClassList): Of the label maps.

    Raises:
        ValueError: If the folder holds a data set already.
    """

    def __init__(self, target: str | Path, classes: ClassList) -> None:
        self.target = as_path(target, 'DST')
        self.classes = classes
        self._names: dict[str, set[str]] = {}
        if (self.target / CLASSES_FILE).exists():
            raise ValueError(
                f'Expected {shown(self.target)} to be a new folder, but it '
                f'holds a data set: {CLASSES_FILE} is there'
            )

    def add(
        self,
        split: str,
        name: str,
        image: Path | np.ndarray,
        labels: np.ndarray | None = None,
        depth: np.ndarray | None = None,
        source: str = '',
    ) -> None:
        """Write one image.

        Args:
            split (str): Such as 'train'.
            name (str): Of its files, without an ending.
            image (Path | np.ndarray): A file, or (H, W, 3) uint8 RGB.
            labels (np.ndarray, optional): (H, W) classes, or 255. Defaults
                to None.
            depth (np.ndarray, optional): (H, W) distances, 0 or NaN where
                nothing was measured. Defaults to None.
            source (str): What a message calls the labels. Defaults to '':
                the name.

        Raises:
            ValueError: If a name comes twice, a class is outside the list, or
                depth has no valid pixel; names the source.
        """
        names = self._names.setdefault(split, set())
        if name in names:
            raise ValueError(
                f'Expected images of different names, but got {shown(name)} '
                f'twice in {split}'
            )
        names.add(name)
        folder = self.target / split
        if isinstance(image, Path):
            place = self._place(folder, 'images', name, image.suffix.lower())
            if not place.exists():
                _link_or_copy(image, place)
        else:
            place = self._place(folder, 'images', name, '.png')
            if not place.exists():
                _write_png(place, image[..., ::-1])
        if labels is not None:
            check_classes(labels, len(self.classes.names), source or name)
            place = self._place(folder, 'labels', name, '.png')
            if not place.exists():
                part = place.with_name(place.name + '.part.png')
                write_label_map(part, labels, self.classes.palette)
                os.replace(part, place)
        if depth is not None:
            try:
                unit = normalise_depth(depth, invalid=0)
            except ValueError as error:
                raise ValueError(f'{source or name}: {error}') from error
            place = self._place(folder, 'depth', name, '.png')
            if not place.exists():
                _write_png(place, (unit * 65535).round().astype(np.uint16))

    def finish(self) -> dict[str, int]:
        """Write the classes, which makes it a data set.

        Returns:
            dict[str, int]: Images of each split.
        """
        write_json(self.target / CLASSES_FILE, self.classes.content())
        return {split: len(names) for split, names in self._names.items()}

    def _place(self, folder: Path, kind: str, name: str, end: str) -> Path:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        return folder / kind / f'{name}{end}'


def map_values(
    values: np.ndarray, table: np.ndarray, source: str | Path
) -> np.ndarray:
    """Classes of the numbers of an original.

    Args:
        values (np.ndarray): (H, W) int.
        table (np.ndarray): (n,) the class of each number; below 0 where
            there is no such number.
        source (str | Path): The file, for messages.

    Returns:
        np.ndarray: (H, W) uint8.

    Raises:
        ValueError: If a number is not in the table; names the file.
    """
    known = (values >= 0) & (values < len(table))
    known[known] = table[values[known]] >= 0
    if not known.all():
        wrong = np.unique(values[~known]).tolist()
        raise ValueError(
            f'Expected {shown(source)} to hold labels of the data set, but '
            f'got {wrong[:5]} in {int((~known).sum())} pixels'
        )
    return table[values].astype(np.uint8)


def files_of(folder: Path, pattern: str) -> list[Path]:
    """Files that an original must have, sorted.

    Args:
        folder (Path): Where they lie.
        pattern (str): What their names match.

    Returns:
        list[Path]: At least one.

    Raises:
        ValueError: If there is none; names the folder.
    """
    found = sorted(folder.glob(pattern))
    if not found:
        raise ValueError(
            f'Expected {shown(folder)} to hold {pattern}, but got none'
        )
    return found


def first_folder(source: Path, names: tuple[str, ...]) -> Path:
    """The first of some folders that is there.

    Args:
        source (Path): Folder of the original.
        names (tuple[str, ...]): Below it.

    Returns:
        Path: The folder.

    Raises:
        ValueError: If there is none; names them.
    """
    for name in names:
        if (source / name).is_dir():
            return source / name
    raise ValueError(
        f'Expected {shown(source)} to hold a folder {" or ".join(names)}, '
        'but got none'
    )


def _link_or_copy(source: Path, place: Path) -> None:
    try:
        os.link(source.resolve(), place)
    except OSError:  # another disk, or one without links
        part = place.with_name(place.name + '.part')
        shutil.copyfile(source, part)
        os.replace(part, place)


def _write_png(place: Path, pixels: np.ndarray) -> None:
    part = place.with_name(place.name + '.part.png')
    if not cv2.imwrite(str(part), pixels):
        raise OSError(f'could not write {part}')
    os.replace(part, place)
