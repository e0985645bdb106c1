"""Append-only journal of a labelling run: JSON lines that survive a kill.

The first line names the format and the fingerprint of the run, each later
one holds an image's record or its error. A line counts once its newline is
on the disk; a torn last line is dropped.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORMAT_VERSION = 1


class Journal:
    """The journal of one process.

    Args:
        path (Path): The file. Made at the first append.
        fingerprint (str): What the run was made with; lines of another run
            are never mixed in.

    Raises:
        ValueError: If the file holds another format or fingerprint.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self.fingerprint = fingerprint
        self._cut_torn_line()
        for _ in read_journal(path, fingerprint):
            break

    def append(self, entry: dict[str, Any]) -> None:
        """Write one entry and wait until it is on the disk.

        Args:
            entry (dict): Anything that JSON can hold.
        """
        line = _line(entry)
        is_new = not self.path.exists() or self.path.stat().st_size == 0
        with self.path.open('ab') as file:
            if is_new:
                file.write(
                    _line(
                        {
                            'format': FORMAT_VERSION,
                            'fingerprint': self.fingerprint,
                        }
                    )
                )
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _cut_torn_line(self) -> None:
        if not self.path.exists():
            return
        with self.path.open('rb+') as file:
            end = 0
            for line in file:
                if line.endswith(b'\n') and _parse(line) is not None:
                    end += len(line)
                elif file.read(1):
                    # Damage before the end is for the reader to report.
                    return
                else:
                    break
            file.truncate(end)


def read_journal(path: Path, fingerprint: str) -> Iterator[dict[str, Any]]:
    """Read the entries of a journal, without its header.

    Args:
        path (Path): The file; one that is missing or has no complete header
            holds no entries.
        fingerprint (str): The fingerprint it must carry.

    Yields:
        dict: The entries in the order they were written. A torn last line
        is left out: another process may be writing it now.

    Raises:
        ValueError: If the file holds another format or fingerprint, or is
            damaged before its last line.
    """
    if not path.exists():
        return
    with path.open('rb') as file:
        damaged = 0
        for number, line in enumerate(file, start=1):
            if damaged:
                raise ValueError(
                    f'Expected a JSON object in line {damaged} of {path}, '
                    'but got a damaged line. Remove the file, or label into '
                    'another folder.'
                )
            entry = _parse(line) if line.endswith(b'\n') else None
            if entry is None:
                damaged = number
            elif number == 1:
                _check_header(entry, path, fingerprint)
            else:
                yield entry


def _check_header(
    header: dict[str, Any], path: Path, fingerprint: str
) -> None:
    if header.get('format') != FORMAT_VERSION:
        raise ValueError(
            f'Expected {path} to be of label format {FORMAT_VERSION}, but '
            f'got {header.get("format")!r}.'
        )
    if header.get('fingerprint') != fingerprint:
        raise ValueError(
            f'Expected {path} to continue the run with fingerprint '
            f'{fingerprint!r}, but got one of {header.get("fingerprint")!r}: '
            'it was made with other settings or images. Label into another '
            'folder, or overwrite this one.'
        )


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(',', ':')).encode() + b'\n'


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
