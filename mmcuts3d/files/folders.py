"""The images of a folder, and what else lies in it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .images import IMAGE_SUFFIXES
from .names import first_few, shown
from .regular import kind_of

#: Endings that are counted by themselves; the others together.
_MOST_KINDS = 8


@dataclass
class Listing:
    """The images of a folder and what was passed over.

    Args:
        images (list[str]): Paths relative to the folder, with ``/``, sorted.
        passed_over (dict[str, list[str]]): Reason to paths.
    """

    images: list[str] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=dict)

    def note(self) -> str:
        """What was passed over, counted and named; '' for nothing."""
        if not self.passed_over:
            return ''
        parts = [
            f'{len(names)} {reason} ({first_few(sorted(names))})'
            for reason, names in sorted(self.passed_over.items())
        ]
        if len(parts) > _MOST_KINDS:
            rest = sorted(self.passed_over.items())[_MOST_KINDS:]
            number = sum(len(names) for _, names in rest)
            parts[_MOST_KINDS:] = [f'{number} of {len(rest)} other kinds']
        return 'passed over: ' + '; '.join(parts)


def list_images(
    folder: str | os.PathLike[str],
    recursive: bool = False,
    suffixes: Sequence[str] = IMAGE_SUFFIXES,
) -> Listing:
    """List the images of a folder.

    A name counts as an image's by its ending, in any case of letters; no
    file is opened. Links are followed, each folder is listed once.

    Args:
        folder (str | PathLike): The folder.
        recursive (bool): Whether images of sub-folders are taken. Defaults
            to False: they are counted as passed over.
        suffixes (Sequence[str]): Endings of images, in lower case. Defaults
            to those that :func:`read_image` reads.

    Returns:
        Listing: Images, and what else there is: files with other endings,
        hidden ones, broken links, FIFOs, devices, folders that cannot be
        read.

    Raises:
        ValueError: If there is no such folder, or it cannot be read.
    """
    top = Path(folder)
    if not top.is_dir():
        raise ValueError(
            f'Expected {shown(folder)} to be a folder of images, but it is '
            'none.'
        )
    listing = Listing()
    seen: set[tuple[int, int]] = set()
    stack = [top]
    while stack:
        current = stack.pop()
        found = os.stat(current)
        if (found.st_dev, found.st_ino) in seen:
            _pass_over(listing, 'folders listed already', top, current)
            continue
        seen.add((found.st_dev, found.st_ino))
        try:
            entries = sorted(os.scandir(current), key=lambda one: one.name)
        except OSError as error:
            if current == top:
                raise ValueError(
                    f'Expected {shown(folder)} to be a folder of images, but '
                    f'got: {error.strerror}.'
                ) from error
            _pass_over(listing, 'folders that cannot be read', top, current)
            continue
        stack += reversed(
            [
                below
                for entry in entries
                if (below := _sort(entry, top, listing, suffixes, recursive))
            ]
        )
    listing.images.sort()
    return listing


def _sort(
    entry: 'os.DirEntry[str]',
    top: Path,
    listing: Listing,
    suffixes: Sequence[str],
    recursive: bool,
) -> Path | None:
    """Takes or passes over an entry; a folder to go into comes back."""
    path = Path(entry.path)
    hidden = entry.name.startswith('.')
    if not hidden and entry.is_dir():
        return path
    suffix = path.suffix.lower()
    if path.parent != top and not recursive:
        # Of what was not asked for, only images are worth a word.
        if suffix in suffixes and not hidden and entry.is_file():
            _pass_over(listing, 'images in sub-folders', top, path)
    elif hidden:
        _pass_over(listing, 'hidden', top, path)
    elif suffix not in suffixes:
        kind = _not_regular(path) or (
            f'with the ending {shown(suffix, 20)}' if suffix else 'no ending'
        )
        _pass_over(listing, kind, top, path)
    elif kind := _not_regular(path):
        _pass_over(listing, kind, top, path)
    else:
        listing.images.append(path.relative_to(top).as_posix())
    return None


def _not_regular(path: Path) -> str:
    """Why a file is none that holds anything; '' for a regular one."""
    try:
        kind = kind_of(path.stat().st_mode)
    except OSError:
        return 'broken links' if path.is_symlink() else 'that cannot be read'
    return {
        'a FIFO': 'FIFOs',
        'a device': 'devices',
        'a socket': 'sockets',
    }.get(kind, kind)


def _pass_over(listing: Listing, kind: str, top: Path, path: Path) -> None:
    name = path.relative_to(top).as_posix()
    listing.passed_over.setdefault(kind, []).append(name)
