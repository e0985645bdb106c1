"""Arrays of ``.npy`` and ``.npz`` files, whose size is looked at first."""

import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from .names import first_few, shown
from .regular import open_regular

#: Most numbers of an array, where the caller knows no better (2**27).
MAX_VALUES = 2**27
_ZIP = b'PK'
# What NumPy and zipfile raise on files that are none of theirs.
_READ_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OSError,
    EOFError,
    SyntaxError,
    tokenize.TokenError,
    OverflowError,
    MemoryError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_array(
    path: str | os.PathLike[str],
    key: str = '',
    what: str = 'a readable array',
    most: int = MAX_VALUES,
    default: Any = None,
    allow_only: bool = True,
) -> NDArray[Any]:
    """Read an array of a ``.npy`` or ``.npz`` file.

    The shape is read from the header, and held against ``most``, before any
    memory is taken: a few megabytes of compressed zeros can stand for any
    number of gigabytes. Pickled objects are never loaded.

    Args:
        path (str | PathLike): The file; what it is, its content says.
        key (str): Name of the array in a ``.npz`` file. Defaults to ''.
        what (str): What it should be, for messages. Defaults to 'a readable
            array'.
        most (int): Most numbers that it may hold. Defaults to 2**27.
        default (Any): Given back as an array where the file has none of the
            name ``key``. Defaults to None: that is an error.
        allow_only (bool): Whether an only array is taken whatever its name.
            Defaults to True.

    Returns:
        np.ndarray: Of numbers or truth values, of any shape.

    Raises:
        ValueError: If the file is missing, no regular file, no such file,
            damaged, holds anything but numbers, or more of them than
            ``most``; names the file.
    """
    with open_regular(path, what) as file:
        try:
            zipped = file.read(2) == _ZIP
            file.seek(0)
            if not zipped:
                found = default is None
                return _read(file, most) if found else np.asarray(default)
            with zipfile.ZipFile(file) as archive:
                name = _member(archive, key, allow_only and default is None)
                if name is None:
                    if default is not None:
                        return np.asarray(default)
                    names = [Path(one).stem for one in archive.namelist()]
                    raise _Refused(f'hold {key!r}, but got {first_few(names)}')
                with archive.open(name) as member:
                    return _read(member, most)
        except _Refused as error:
            raise ValueError(f'Expected {shown(path)} to {error}') from error
        except _READ_ERRORS as error:
            reason = shown(error) if str(error) else type(error).__name__
            if isinstance(error, MemoryError):
                reason = 'one that memory does not hold'
            raise ValueError(
                f'Expected {shown(path)} to be {what}, but got: {reason}'
            ) from error


class _Refused(ValueError):
    """A file of the right kind with something else in it."""


def _member(
    archive: zipfile.ZipFile, key: str, allow_only: bool
) -> str | None:
    names = archive.namelist()
    if allow_only and len(names) == 1:
        return names[0]
    return next((n for n in names if n in (key, f'{key}.npy')), None)


def _read(file: IO[bytes], most: int) -> NDArray[Any]:
    shape, dtype, fortran = _npy_header(file)
    if dtype.kind not in 'fiub':
        raise _Refused(f'hold numbers, but got dtype {shown(dtype)}')
    number = math.prod(shape)
    if min(shape, default=1) < 0 or number > most:
        raise ValueError(
            f'shape {shown(shape)}, which is more than {most:,} numbers'
        )
    # In pieces: what the header promises is taken as it comes.
    wanted = number * dtype.itemsize
    data = bytearray()
    while len(data) < wanted:
        piece = file.read(min(1 << 24, wanted - len(data)))
        if not piece:
            raise ValueError(f'{len(data):,} of {wanted:,} bytes')
        data += piece
    flat: NDArray[Any] = np.frombuffer(data, dtype)
    return flat.reshape(shape, order='F' if fortran else 'C')


def _npy_header(
    file: IO[bytes],
) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    npy: Any = np.lib.format  # not all of it is typed
    version = npy.read_magic(file)
    readers = {
        (1, 0): npy.read_array_header_1_0,
        (2, 0): npy.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f'version {version} of the format')
    shape, fortran, dtype = readers[version](file)
    return shape, dtype, fortran
