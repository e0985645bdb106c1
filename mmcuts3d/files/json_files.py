"""JSON files of other people: regular files, read whole, errors by name.

Whatever the name of the file says, it is read as JSON and nothing in it is
ever executed.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any

MAX_BYTES = 8 * 2**30
"""Size of the largest file that is read, in bytes (8 GiB)."""

#: What is no regular file, by the test that tells it.
_KINDS = (
    (stat.S_ISDIR, 'a folder'),
    (stat.S_ISFIFO, 'a FIFO'),
    (stat.S_ISCHR, 'a device'),
    (stat.S_ISBLK, 'a device'),
    (stat.S_ISSOCK, 'a socket'),
)


def read_json(
    path: str | Path, what: str = 'a JSON file', max_bytes: int = MAX_BYTES
) -> Any:
    """Read a JSON file in UTF-8, UTF-16 or UTF-32, with or without a BOM.

    Args:
        path (str | Path): The file.
        what (str): What the file should be, for messages. Defaults to
            'a JSON file'.
        max_bytes (int): Larger files are refused. Defaults to 8 GiB.

    Returns:
        Any: What the file holds.

    Raises:
        ValueError: If there is no such file, it is a folder, a FIFO, a device
            or a socket, is larger than ``max_bytes``, is no JSON, or is
            nested too deeply; names the file.
    """
    data = _read_regular(Path(path), what, max_bytes)
    try:
        return json.loads(data.decode(json.detect_encoding(data)))
    except RecursionError as error:
        raise ValueError(
            f'Expected {path} to be {what}, but got one that is nested too '
            'deeply.'
        ) from error
    except ValueError as error:
        raise ValueError(
            f'Expected {path} to be a JSON file, but got: {error}.'
        ) from error


def _read_regular(path: Path, what: str, max_bytes: int) -> bytes:
    """The bytes of a regular file; others are not even opened."""
    try:
        _check_regular(path.stat(), path, what, max_bytes)
        # Looked at again when open: nobody can put a FIFO in between.
        flags = os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0)
        flags |= getattr(os, 'O_BINARY', 0)
        with os.fdopen(os.open(path, flags), 'rb') as file:
            _check_regular(os.fstat(file.fileno()), path, what, max_bytes)
            return file.read(max_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ValueError(
            f'Expected {what} at {path}, but got no such file.'
        ) from error
    except OSError as error:
        raise ValueError(
            f'Expected {what} at {path}, but got: {error.strerror or error}.'
        ) from error


def _check_regular(
    found: os.stat_result, path: Path, what: str, max_bytes: int
) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next(
            (name for is_kind, name in _KINDS if is_kind(found.st_mode)),
            'no regular file',
        )
        raise ValueError(f'Expected {what} at {path}, but got {kind}.')
    if found.st_size > max_bytes:
        raise ValueError(
            f'Expected {path} to be {what} of at most {max_bytes:,} bytes, '
            f'but got {found.st_size:,}.'
        )
