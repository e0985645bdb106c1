"""Files that appear whole and on the disk, or not at all."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file in one step; where writing fails, what stood there stays.

    Args:
        path (Path): The file; what stood there is replaced.

    Yields:
        IO[bytes]: Takes the content.
    """
    part = path.with_name(f'{path.name}.tmp')
    with part.open('wb') as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_folder(path.parent)


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """As :func:`whole_file`, for a library that opens files by their name.

    Args:
        path (Path): The file; what stood there is replaced.

    Yields:
        Path: Takes the content; beside it, with the same suffix.
    """
    part = path.with_name(f'{path.stem}.tmp{path.suffix}')
    try:
        yield part
        with part.open('r+b') as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force the names of a folder's files to the disk, where that works."""
    if os.name == 'nt':
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write_json(path: str | Path, content: Any) -> Path:
    """Write a JSON file in one step: whole, or not at all.

    Args:
        path (str | Path): The file; what stood there is replaced.
        content (Any): What to write.

    Returns:
        Path: The file.
    """
    path = Path(path)
    with whole_file(path) as file:
        for part in json.JSONEncoder().iterencode(content):
            file.write(part.encode())
    return path


def digest_files(paths: Sequence[Path]) -> str:
    """Hash of the contents of files.

    Args:
        paths (Sequence[Path]): The files, in order.

    Returns:
        str: 32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        for block in file_blocks(path):
            digest.update(block)
    return digest.hexdigest()


def file_blocks(path: Path) -> Iterator[bytes]:
    """The contents of a file, a megabyte at a time."""
    with path.open('rb') as file:
        yield from iter(partial(file.read, 1 << 20), b'')
