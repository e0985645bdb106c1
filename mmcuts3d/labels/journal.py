"""Append-only journal of a labeling run: JSON lines that survive a kill.

The first line names the format and the fingerprint of the run, each later
one holds an image's record or its error. A line counts once its newline is
on the disk; a last line that was cut off is dropped. Every line begins with
a checksum of the rest of it, so that a damaged one cannot pass for labels.
"""

import contextlib
import json
import math
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmcuts3d.files.whole_files import sync_folder

#: 1: version 0.2, without checksums, the floor baked into confidences.
#: 2: checksums, confidences raw.
FORMAT_VERSION = 2

_HEAD = b'{"crc32":"'
_BODY = len(_HEAD) + 8 + len(b'",')


class Journal:
    """The journal of one shard of a store.

    Args:
        path (Path): The file. Made at the first append.
        fingerprint (str): What the run was made with; lines of another run
            are never mixed in.
        sync_seconds (float): How long a line may wait to be forced to the
            disk. A killed process loses nothing meanwhile, a machine that
            loses power does. Defaults to 0: each is forced at once.

    Raises:
        ValueError: If the file holds another format or fingerprint.
    """

    def __init__(
        self, path: Path, fingerprint: str, sync_seconds: float = 0.0
    ) -> None:
        self.path = path
        self.fingerprint = fingerprint
        self.sync_seconds = sync_seconds
        self._synced = -math.inf
        for _ in read_journal(path, fingerprint):
            break
        self._drop_cut_off_line()

    def append(self, entry: dict[str, Any]) -> None:
        """Write one entry; safe from a kill when the call returns.

        Args:
            entry (dict): Anything that JSON can hold, not empty.

        Raises:
            ValueError: If the disk takes no more; what was written before
                stays whole.
        """
        lines = encode_line(entry)
        is_new = not self.path.exists()
        if is_new or self.path.stat().st_size == 0:
            header = {
                'format': FORMAT_VERSION,
                'fingerprint': self.fingerprint,
            }
            lines = encode_line(header) + lines
        before = 0 if is_new else self.path.stat().st_size
        try:
            self._write(lines)
            if is_new:
                sync_folder(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self.path, before)
            raise cannot_write(self.path.parent, error) from error

    def _write(self, lines: bytes) -> None:
        with self.path.open('ab') as file:
            file.write(lines)
            file.flush()
            now = time.monotonic()
            if now - self._synced >= self.sync_seconds:
                os.fsync(file.fileno())
                self._synced = now

    def _drop_cut_off_line(self) -> None:
        if not self.path.exists():
            return
        with self.path.open('rb+') as file:
            end = 0
            for line in file:
                if line.endswith(b'\n'):
                    end += len(line)
            file.truncate(end)


def cannot_write(folder: Path, error: OSError) -> ValueError:
    """What is said where a store's folder takes no more.

    Args:
        folder (Path): The folder.
        error (OSError): What the system says.

    Returns:
        ValueError: To be raised.
    """
    return ValueError(
        f'Expected {folder} to take the labels, but got: '
        f'{error.strerror or error}. Nothing that was written is lost: mend '
        'it, and run the same command again.'
    )


def read_journal(path: Path, fingerprint: str) -> Iterator[dict[str, Any]]:
    """Read the entries of a journal, without its header.

    Args:
        path (Path): The file; one that is missing or has no complete header
            holds no entries.
        fingerprint (str): The fingerprint it must carry.

    Yields:
        dict: The entries in the order they were written. A last line without
        newline is left out: it was cut off, or is being written now.

    Raises:
        ValueError: If the file holds another format or fingerprint, or a
            line is damaged.
    """
    if not path.exists():
        return
    with path.open('rb') as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b'\n'):
                return
            if number == 1:
                _check_header(_decode_header(line, path), path, fingerprint)
            else:
                yield decode_line(line, path, number)


def encode_line(entry: dict[str, Any]) -> bytes:
    """One line of a journal: the entry, its checksum first.

    Args:
        entry (dict): Anything that JSON can hold, not empty.

    Returns:
        bytes: A JSON object, its first key ``crc32``, and a newline.
    """
    body = json.dumps(entry, separators=(',', ':')).encode()[1:]
    return _HEAD + _checksum(body) + b'",' + body + b'\n'


def decode_line(line: bytes, path: Path, number: int) -> dict[str, Any]:
    """Undo :func:`encode_line`.

    Args:
        line (bytes): The line with its newline.
        path (Path): The file, for the message.
        number (int): Number of the line, from 1 on, for the message.

    Returns:
        dict: The entry.

    Raises:
        ValueError: If the line is not what was written.
    """
    body = line[_BODY:-1]
    if line[:_BODY] != _HEAD + _checksum(body) + b'",':
        raise _damaged(path, number)
    entry: dict[str, Any] = json.loads(b'{' + body)
    return entry


def _checksum(body: bytes) -> bytes:
    return b'%08x' % zlib.crc32(body)


def _damaged(path: Path, number: int) -> ValueError:
    remedy = (
        'Remove the file'
        if number == 1
        else 'Remove that line, and its image will be labeled again'
    )
    return ValueError(
        f'Expected line {number} of {path} to have the checksum that it was '
        f'written with, but got a damaged line. {remedy}; or label into '
        'another folder.'
    )


def _decode_header(line: bytes, path: Path) -> dict[str, Any]:
    try:
        return decode_line(line, path, 1)
    except ValueError:
        # Headers before format 2 had no checksum.
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if isinstance(header, dict) and header.keys() == {
            'format',
            'fingerprint',
        }:
            return header
        raise


def _check_header(
    header: dict[str, Any], path: Path, fingerprint: str
) -> None:
    if header.get('format') != FORMAT_VERSION:
        raise ValueError(
            f'Expected {path} to be of journal format {FORMAT_VERSION}, but '
            f'got format {header.get("format")!r}, that of another version '
            'of mmcuts3d (0.2 wrote format 1). A finished '
            'pseudo_labels.json can still be trained on; to go on labeling, '
            'take the version that began, or label into another folder, or '
            'overwrite this one.'
        )
    if header.get('fingerprint') != fingerprint:
        raise ValueError(
            f'Expected {path} to continue the run with fingerprint '
            f'{fingerprint!r}, but got one of {header.get("fingerprint")!r}: '
            'it was made with other settings or images. Label into another '
            'folder, or overwrite this one.'
        )
