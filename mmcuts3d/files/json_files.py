"""JSON files of other people: regular files, read whole, errors by name.

Whatever the name of the file says, it is read as JSON and nothing in it is
ever executed.
"""

import json
from pathlib import Path
from typing import Any

from .names import shown
from .regular import open_regular

MAX_BYTES = 8 * 2**30
"""Size of the largest file that is read, in bytes (8 GiB)."""


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
    with open_regular(path, what, max_bytes) as file:
        data = file.read()
    try:
        return json.loads(data.decode(json.detect_encoding(data)))
    except RecursionError as error:
        raise ValueError(
            f'Expected {shown(path)} to be {what}, but got one that is '
            'nested too deeply.'
        ) from error
    except ValueError as error:
        raise ValueError(
            f'Expected {shown(path)} to be a JSON file, but got: {error}.'
        ) from error
