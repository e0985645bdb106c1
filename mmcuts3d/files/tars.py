"""Images inside tar files: ``shard.tar/member`` names one."""

import io
import os
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

from .names import shown
from .regular import open_regular

#: Largest tar file, in bytes (1 TiB).
_MAX_BYTES = 2**40
#: Tar files whose members a process remembers; images come shard by shard.
_REMEMBERED = 8


class Member(NamedTuple):
    """A file inside a tar.

    Args:
        name (str): Its name there.
        offset (int): Where its bytes begin.
        size (int): Their number.
    """

    name: str
    offset: int
    size: int


def tar_members(path: str | os.PathLike[str]) -> Iterator[Member]:
    """The regular files of a tar, in its order, header after header.

    Args:
        path (str | PathLike): A tar without compression.

    Yields:
        Member: One for each file.

    Raises:
        ValueError: If it is no such tar, is cut off, or holds a name twice;
            the message names the tar and the member.
    """
    seen: set[str] = set()
    last = 'the first member'
    with open_regular(path, 'a tar file', _MAX_BYTES) as file:
        length = os.fstat(file.fileno()).st_size
        try:
            with tarfile.open(fileobj=file, mode='r:') as archive:
                for info in archive:
                    if not info.isreg():
                        continue
                    last = f'member {shown(info.name)}'
                    if info.name in seen:
                        raise _refused(path, f'{last} twice')
                    seen.add(info.name)
                    if info.offset_data + info.size > length:
                        raise _refused(path, f'{last} cut off')
                    yield Member(info.name, info.offset_data, info.size)
        except (tarfile.TarError, OSError, EOFError) as error:
            raise _refused(
                path, f'{shown(error) or repr(error)} at or after {last}'
            ) from error


def split_member(
    path: str | os.PathLike[str],
) -> tuple[Path, str] | None:
    """The tar and the member that a path such as ``a.tar/b/c.jpg`` names.

    Args:
        path (str | PathLike): Any path.

    Returns:
        tuple[Path, str] | None: None if no part of it is a tar file.
    """
    whole = Path(path)
    for tar in whole.parents:
        if tar.suffix.lower() == '.tar' and tar.is_file():
            return tar, whole.relative_to(tar).as_posix()
    return None


def open_file_or_member(
    path: str | os.PathLike[str], what: str, max_bytes: int
) -> BinaryIO:
    """Open a file, or one inside a tar, to read bytes of it.

    Args:
        path (str | PathLike): A file, or ``shard.tar/member``.
        what (str): What it should be, for messages.
        max_bytes (int): Larger ones are refused.

    Returns:
        BinaryIO: To be closed by the caller.

    Raises:
        ValueError: See :func:`~mmcuts3d.files.open_regular`; or the tar has
            no such member.
    """
    found = split_member(path) if '.tar' in os.fspath(path).lower() else None
    if found is None:
        return open_regular(path, what, max_bytes)
    tar, name = found
    state = tar.stat()
    place = _places(os.fspath(tar), state.st_mtime_ns, state.st_size).get(name)
    if place is None:
        raise ValueError(
            f'Expected {shown(path)} to be {what}, but got no member '
            f'{shown(name)} in {shown(tar)}.'
        )
    offset, size = place
    if size > max_bytes:
        raise ValueError(
            f'Expected {shown(path)} to be {what} of at most {max_bytes:,} '
            f'bytes, but got {size:,}.'
        )
    with open_regular(tar, 'a tar file', _MAX_BYTES) as file:
        file.seek(offset)
        return io.BytesIO(file.read(size))


@lru_cache(maxsize=_REMEMBERED)
def _places(tar: str, changed: int, size: int) -> dict[str, tuple[int, int]]:
    """Places of a tar's members by name, for as long as it is unchanged."""
    return {
        os.path.normpath(member.name): (member.offset, member.size)
        for member in tar_members(tar)
    }


def _refused(path: str | os.PathLike[str], reason: str) -> ValueError:
    return ValueError(
        f'Expected {shown(path)} to be a whole tar file without compression '
        f'and with each name once, but got {reason}.'
    )
