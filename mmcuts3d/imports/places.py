"""Files of another tool, and which of a folder they are."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from mmcuts3d.files import first_few, shown


def file_or_only(path: Path, usual: str, suffix: str) -> Path:
    """The file of labels: given itself, or by its folder.

    Args:
        path (Path): A file or a folder.
        usual (str): How the tool names it.
        suffix (str): Its ending; the only such file of a folder is taken.

    Returns:
        Path: The file; perhaps not there.

    Raises:
        ValueError: If the folder has no such file, or several.
    """
    if path.suffix.lower() == '.zip' and path.is_file():
        raise ValueError(
            f'Expected the labels of {shown(path)} to be unpacked: unzip it, '
            'and give the folder.'
        )
    if not path.is_dir():
        return path
    if (path / usual).is_file():
        return path / usual
    found = sorted(p.name for p in path.iterdir() if p.suffix == suffix)
    if len(found) != 1:
        raise ValueError(
            f'Expected folder {shown(path)} to have {usual}, or one other '
            f'{suffix} file, but got {first_few(found) or "none"}.'
        )
    return path / found[0]


def folder_of(path: Path, what: str) -> Path:
    """A folder of labels, checked.

    Args:
        path (Path): The folder.
        what (str): Such as 'labels of YOLO', for messages.

    Returns:
        Path: The same.

    Raises:
        ValueError: If it is none.
    """
    if not path.is_dir():
        raise ValueError(
            f'Expected {shown(path)} to be a folder of {what}, but got '
            f'{"a file" if path.exists() else "nothing there"}.'
        )
    return path


def without_detours(folder: PurePosixPath, name: str) -> str:
    """The path of an image, given relative to the file of its labels.

    Args:
        folder (PurePosixPath): Of the file of labels, relative to the top.
        name (str): The image, relative to that file, or absolute.

    Returns:
        str: Relative to the top, where it can be; what leads out of the top
        begins with the folder that it leads to.
    """
    name = name.replace('\\', '/')
    path = os.path.normpath((folder / name).as_posix()).replace('\\', '/')
    parts = path.split('/')
    while parts and parts[0] == '..':
        parts = parts[1:]
    return '/'.join(parts)
