"""LAS and LAZ files, by laspy."""

import os
import struct
from pathlib import Path

import numpy as np

from mmcuts3d.files import open_regular, shown

_LASPY = 'pip install "laspy[lazrs]"'
#: Points that a byte of a LAZ file may stand for.
_MOST_PACKED = 64
#: Bytes of the smallest record of variable length, before and after points.
_RECORD, _LATE_RECORD = 54, 60
_HEADER = 227


class _Refused(ValueError):
    """A header that promises what the file does not hold."""


def read_las(
    path: str | os.PathLike[str],
) -> tuple[np.ndarray, np.ndarray | None, dict[str, np.ndarray]]:
    """Read the points of a LAS or LAZ file.

    Args:
        path (str | PathLike): The file.

    Returns:
        tuple: (n, 3) float64 points; (n, 3) uint16 colours, or None where
        all are 0, or the format has none; the extra dimensions by their
        names, (n,) each.

    Raises:
        ValueError: If it is another file or shorter than its header says;
            names it.
        ImportError: If laspy is not installed, or a LAZ file comes without
            its decoder; names the command.
    """
    path = Path(path)
    try:
        import laspy
    except ImportError as error:
        raise ImportError(
            f'{path.name}: LAS and LAZ files need laspy: `{_LASPY}`.'
        ) from error
    with open_regular(path, 'a LAS or LAZ file') as file:
        length = os.fstat(file.fileno()).st_size
        try:
            _check_records(file.read(375), length)
            file.seek(0)
            with laspy.open(file, closefd=False) as reader:
                header = reader.header
                promised = header.point_count
                # What is promised is looked at before memory is taken.
                point = 1 / _MOST_PACKED
                if not header.are_points_compressed:
                    point = header.point_format.size
                if promised * point > length:
                    raise _Refused(
                        f'{promised:,} points in a file of {length:,} bytes'
                    )
                las = reader.read()
        except ImportError as error:
            raise ImportError(
                f'{path.name}: LAZ files need a decoder: `{_LASPY}`.'
            ) from error
        except BaseException as error:
            # laspy and NumPy raise many kinds, and lazrs what is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            raise ValueError(
                f'{path.name}: expected a LAS or LAZ file, but got: '
                f'{shown(error) or type(error).__name__}'
            ) from error
    if len(las.points) != promised:
        raise ValueError(
            f'{path.name}: expected {promised:,} points, as its header says, '
            f'but got a file that ends after {len(las.points):,}.'
        )
    names = set(las.point_format.dimension_names)
    colours = None
    if {'red', 'green', 'blue'} <= names:
        colours = np.stack([las.red, las.green, las.blue], axis=1)
        if not colours.any():
            colours = None  # a point format with colours, and none in it
    extra = {
        name: np.asarray(las[name])
        for name in las.point_format.extra_dimension_names
    }
    points = np.stack([las.x, las.y, las.z], axis=1).astype(np.float64)
    return points, colours, extra


def _check_records(header: bytes, length: int) -> None:
    """Records that the file has no room for would be read for hours."""
    if len(header) < _HEADER or header[:4] != b'LASF':
        raise _Refused('no header of such a file')
    size, start, number = struct.unpack_from('<HII', header, 94)
    if start > length or size + number * _RECORD > start:
        raise _Refused(
            f'{number:,} records before points at {start:,} of {length:,} '
            'bytes'
        )
    if header[25] >= 4 and len(header) >= 247:
        start, number = struct.unpack_from('<QI', header, 235)
        if number and start + number * _LATE_RECORD > length:
            raise _Refused(
                f'{number:,} records behind byte {start:,} of {length:,}'
            )
