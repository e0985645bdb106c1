"""One labeling run a folder: a lock that dies with its process.

The lock is one of POSIX records: the system takes it back when the process
ends, however it ends, and forked workers that outlive it do not hold it.
"""

import contextlib
import json
import os
import socket
import sys
import time
import warnings
from pathlib import Path

if sys.platform != 'win32':
    import fcntl

LOCK_FILE = '.labeling.lock'


class FolderLock:
    """Keeps other processes from labeling into a folder.

    Within one process it can be taken again: the lock is for processes, and
    closing a file twice would let go of it early.

    Where the file system knows no locks there is a warning, and nothing is
    locked; so on Windows, which has no such locks.

    Args:
        folder (Path): The folder, which exists.
        name (str): File of the lock in it. Defaults to that of a run.

    Raises:
        ValueError: If another process labels into the folder; it says which.
    """

    _held: dict[str, tuple[int, int, int]] = {}

    def __init__(self, folder: Path, name: str = LOCK_FILE) -> None:
        self.path = folder / name
        self._key = os.path.realpath(self.path)
        self._mine = False
        pid, number, count = self._held.get(self._key, (0, -1, 0))
        if pid != os.getpid():
            number, count = self._take(), 0
        self._held[self._key] = (os.getpid(), number, count + 1)
        self._mine = True

    def release(self) -> None:
        """Let go of the folder; a second call does nothing."""
        if not self._mine:
            return
        self._mine = False
        pid, number, count = self._held.get(self._key, (0, -1, 0))
        if pid != os.getpid():
            return
        if count > 1:
            self._held[self._key] = (pid, number, count - 1)
            return
        del self._held[self._key]
        if number >= 0:
            # While it is held, so that nobody else's file is removed.
            self.path.unlink(missing_ok=True)
            os.close(number)

    def __del__(self) -> None:
        if getattr(self, '_mine', False):
            self.release()

    def _take(self) -> int:
        """Number of the locked file, or -1 where there are no locks."""
        if sys.platform == 'win32':
            return -1
        while True:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # It may have been removed between the two calls.
                if _is_at(number, self.path):
                    _write_holder(number)
                    return number
            except (BlockingIOError, PermissionError) as error:
                holder = _read_holder(number)
                os.close(number)
                raise ValueError(
                    f'Expected {self.path.parent} to be free, but got a '
                    f'folder that {holder} is labeling into. Wait for it, '
                    'stop it, or label into another folder.'
                ) from error
            except OSError as error:
                os.close(number)
                warnings.warn(
                    f'{self.path.parent} cannot be locked ({error}): see to '
                    'it that no two runs label into it at once.',
                    stacklevel=4,
                )
                return -1
            os.close(number)


def lock_folder(folder: Path, lock: bool = True) -> FolderLock | None:
    """Make the folder of a run, and lock it.

    Args:
        folder (Path): The folder, made if missing.
        lock (bool): Whether it is locked. Defaults to True.

    Returns:
        FolderLock, optional: The lock, None if none is wanted.

    Raises:
        ValueError: If it cannot be written, or is locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FolderLock(folder) if lock else None
    except OSError as error:
        raise ValueError(
            f'Expected {folder} to be a folder that can be written, or '
            f'none yet, but got: {error.strerror or error}.'
        ) from error


def shard_lock(folder: Path, number: int) -> FolderLock:
    """Keep other processes out of a shard.

    Args:
        folder (Path): Folder of the store.
        number (int): Number of the shard.

    Returns:
        FolderLock: The lock.

    Raises:
        ValueError: If another process writes the shard.
    """
    return FolderLock(folder, f'.shard-{number:05d}.lock')


def remove_left_locks(folder: Path) -> None:
    """Remove the files of shards' locks whose processes were killed.

    Args:
        folder (Path): Folder of the store.
    """
    for path in folder.glob('.shard-*.lock'):
        with contextlib.suppress(ValueError):
            FolderLock(folder, path.name).release()


def _is_at(number: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(number), path.stat())
    except FileNotFoundError:
        return False


def _write_holder(number: int) -> None:
    holder = {
        'pid': os.getpid(),
        'host': socket.gethostname(),
        'since': time.strftime('%Y-%m-%d %H:%M:%S'),
    }
    os.ftruncate(number, 0)
    os.pwrite(number, json.dumps(holder).encode(), 0)


def _read_holder(number: int) -> str:
    try:
        holder = json.loads(os.pread(number, 4096, 0))
        return (
            f'process {holder["pid"]} on {holder["host"]} (since '
            f'{holder["since"]})'
        )
    except (ValueError, KeyError, TypeError):
        return 'another process'
