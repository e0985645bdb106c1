"""Numbers of text files."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from mmcuts3d.files import open_regular, shown


def read_matrix(path: Path, sizes: Collection[int]) -> np.ndarray:
    """Read a square matrix of a text file.

    Args:
        path (Path): Numbers between spaces.
        sizes (Collection[int]): Rows that it may have.

    Returns:
        np.ndarray: Float64.

    Raises:
        ValueError: If the file is missing or holds anything else.
    """
    expected = ' or '.join(f'{size}×{size}' for size in sizes)
    with open_regular(path, f'a matrix of {expected}', 1 << 16) as file:
        words = file.read().split()
    side = round(len(words) ** 0.5)
    try:
        values = np.array([float(word) for word in words])
    except ValueError:
        side = 0
    if side not in sizes or side**2 != len(words):
        raise ValueError(
            f'{shown(path)}: expected a matrix of {expected} numbers, but '
            f'got {shown(b" ".join(words[:20]).decode("latin-1"), 60)!r}.'
        )
    return values.reshape(side, side)


def read_table(path: Path, columns: Collection[int], what: str) -> np.ndarray:
    """Read lines of equally many numbers.

    Args:
        path (Path): Numbers between spaces, or commas.
        columns (Collection[int]): How many a line may have.
        what (str): What a line holds, for messages.

    Returns:
        np.ndarray: (lines, columns) float64.

    Raises:
        ValueError: If the file is missing, empty or holds anything else.
    """
    expected = f'{shown(path.name)}: expected lines of {what}'
    with open_regular(path, f'a text file with lines of {what}') as file:
        lines = file.read().decode('latin-1').splitlines()
    if not any(line.strip() for line in lines):
        raise ValueError(f'{expected}, but got an empty file.')
    # A PTS file begins with the number of its vertices.
    skip = int(lines[0].strip().isdigit())
    commas = any(',' in line for line in lines[:5])
    try:
        table = np.loadtxt(
            lines[skip:], delimiter=',' if commas else None, ndmin=2
        )
    except ValueError as error:
        raise ValueError(f'{expected}, but got: {error}') from error
    if table.shape[1] not in columns:
        raise ValueError(
            f'{expected}, but got lines of {table.shape[1]} numbers.'
        )
    return table
