"""Opens regular files only: a FIFO would wait, a device never end."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .names import shown

#: Size of the largest file that is opened, in bytes (4 GiB).
MAX_BYTES = 4 * 2**30
_KINDS = (
    (stat.S_ISDIR, 'a folder'),
    (stat.S_ISFIFO, 'a FIFO'),
    (stat.S_ISCHR, 'a device'),
    (stat.S_ISBLK, 'a device'),
    (stat.S_ISSOCK, 'a socket'),
)


def open_regular(
    path: str | os.PathLike[str], what: str, max_bytes: int = MAX_BYTES
) -> BinaryIO:
    """Open a file to read bytes of it.

    Args:
        path (str | PathLike): The file.
        what (str): What it should be, such as 'an image', for messages.
        max_bytes (int): Larger files are refused. Defaults to 4 GiB.

    Returns:
        BinaryIO: To be closed by the caller.

    Raises:
        ValueError: If there is none, it may not be read, is a folder, a
            FIFO, a device or a socket, or is too large; names the file.
    """
    # Looked at before, since opening a device can have effects, and again when
    # open, so that nothing comes in between.
    with _named(path, what):
        found = os.stat(path)
    _check(found, path, what, max_bytes)
    with _named(path, what):
        flags = os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0)
        flags |= getattr(os, 'O_BINARY', 0)
        file = os.fdopen(os.open(path, flags), 'rb')
    try:
        _check(os.fstat(file.fileno()), path, what, max_bytes)
    except BaseException:
        file.close()
        raise
    return file


def kind_of(mode: int) -> str:
    """What a file is by its ``st_mode``, '' for a regular one."""
    if stat.S_ISREG(mode):
        return ''
    return next(
        (name for is_kind, name in _KINDS if is_kind(mode)), 'no regular file'
    )


@contextmanager
def _named(path: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Errors of the system as a ValueError that names the file."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        reason = 'no file there'
        if os.path.islink(path):
            reason = 'a broken link'
        raise _refused(path, what, reason) from error
    except OSError as error:
        raise _refused(path, what, error.strerror or str(error)) from error
    except ValueError as error:  # a null character, or bytes of no text
        raise _refused(path, what, f'a name of no file ({error})') from error


def _refused(
    path: str | os.PathLike[str], what: str, reason: str
) -> ValueError:
    name = shown(Path(path))
    return ValueError(f'Expected {name} to be {what}, but got {reason}.')


def _check(
    found: os.stat_result,
    path: str | os.PathLike[str],
    what: str,
    max_bytes: int,
) -> None:
    kind = kind_of(found.st_mode)
    if kind:
        raise _refused(path, what, kind)
    if found.st_size > max_bytes:
        raise _refused(
            path,
            f'{what} of at most {max_bytes:,} bytes',
            f'{found.st_size:,}',
        )
