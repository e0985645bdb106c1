"""File names of COCO rows, and the files that they stand for.

Label tools write file names with backslashes, with the path on another
machine, as URLs, or in the Unicode form of another file system. A name is
brought to the file that it can only stand for; nothing outside the image
folder is ever looked at.
"""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from .notes import Notes
from .rows import CocoImage
from .values import shown

RENAMED = 'file names matched to files that are spelt otherwise'


def clean_name(name: Any, what: str) -> str:
    """Check a file name, and take out of it what has no meaning.

    Args:
        name (Any): What stands in a file as ``file_name``.
        what (str): Whose it is, for messages.

    Returns:
        str: The name without ``./``, doubled slashes and detours by ``..``.

    Raises:
        ValueError: If it is no text or empty, holds a null character, or
            leads out of the image folder.
    """
    if not isinstance(name, str) or not name.strip() or '\0' in name:
        raise ValueError(
            f'Expected the `file_name` of {what} to be the path of a file, '
            f'but got {shown(name)}.'
        )
    # Backslashes are slashes here, wherever this runs: Windows reads them so.
    if '..' in name.replace('\\', '/').split('/'):
        path = os.path.normpath(name.replace('\\', '/'))
        if path.split('/')[0] == '..':
            raise ValueError(
                f'Expected the `file_name` of {what} to lie in the image '
                f'folder, but got {shown(name)}, which leads out of it.'
            )
        name = path
    text = str(name)
    if '://' in text:
        return text
    path = PurePosixPath(text).as_posix()
    if path in ('.', '/'):
        raise ValueError(
            f'Expected the `file_name` of {what} to be the path of a file, '
            f'but got {shown(name)}.'
        )
    return path


def is_plain(name: str) -> bool:
    """Whether a cleaned name can be joined to the image folder as it is.

    Args:
        name (str): The name.

    Returns:
        bool: False for absolute paths, those with a drive, and URLs.
    """
    drive = len(name) > 1 and name[1] == ':' and name[0].isalpha()
    return not (name.startswith(('/', '\\')) or drive or '://' in name)


class NameMatcher:
    """Finds the files that names stand for.

    A name stands for a file if the two are equal but for the form of their
    letters (Unicode, percent signs, upper and lower case), and one of them
    ends with the whole of the other: ``images\\a.png`` or
    ``https://host/images/a.png`` stands for ``a.png`` or ``images/a.png``.

    Args:
        files (Iterable[str]): Paths, relative to the image folder.
    """

    def __init__(self, files: Iterable[str]) -> None:
        self._files: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._exact: dict[tuple[str, ...], str] = {}
        self._all: set[str] = set()
        for file in files:
            parts = PurePosixPath(file).parts
            self._all.add(file)
            self._exact[parts] = file
            if parts:
                self._files[_folded(parts[-1])].append(parts)

    def find(self, name: str) -> list[str]:
        """Find the files that a name can stand for.

        Args:
            name (str): The name.

        Returns:
            list[str]: One file, several that are equally good, or none.
        """
        if name in self._all:
            return [name]
        found: list[str] = []
        for spelling in _spellings(name):
            parts = [part for part in spelling.split('/') if part != '.']
            parts = [part for part in parts if part]
            if not parts:
                continue
            candidates = [
                file
                for file in self._files.get(_folded(parts[-1]), ())
                if _same_end(file, parts)
            ]
            found = self._best(candidates, parts)
            if len(found) == 1:
                break
        return found

    def _best(
        self, candidates: list[tuple[str, ...]], parts: list[str]
    ) -> list[str]:
        """Those that agree in most folders, then in upper and lower case."""
        if not candidates:
            return []
        most = max(min(len(file), len(parts)) for file in candidates)
        best = [
            file for file in candidates if min(len(file), len(parts)) == most
        ]
        if len(best) > 1:
            ends = [tuple(map(_composed, parts[-most:]))]
            same = [
                file
                for file in best
                if tuple(map(_composed, file[-most:])) in ends
            ]
            best = same or best
        return [self._exact[file] for file in best]


def match_files(
    images: Iterable[CocoImage],
    folder: str | Path,
    notes: Notes,
    trust_usual: bool = False,
) -> None:
    """Rename images to the files of a folder that they stand for.

    An image whose file is nowhere keeps its name, if that can be looked for
    in the folder.

    Args:
        images (Iterable[CocoImage]): Their ``file_name`` is set.
        folder (str | Path): The image folder.
        notes (Notes): Takes the names that were changed.
        trust_usual (bool): Whether not to look for files with names that no
            tool spells in two ways; with millions of images on a network
            drive that takes minutes. Defaults to False.

    Raises:
        ValueError: If a name can stand for several files, or for none and is
            no relative path, or two images are the same file.
    """
    folder = Path(folder)
    matcher: NameMatcher | None = None
    holders: dict[str, CocoImage] = {}
    for image in images:
        name = _below(image.file_name, folder)
        known = is_plain(name) and (
            (trust_usual and _is_usual(name)) or os.path.isfile(folder / name)
        )
        if not known:
            if matcher is None:
                matcher = NameMatcher(_files_below(folder))
            name = _only_file(matcher, image, folder)
        if name != image.file_name:
            notes.add(RENAMED, f'{shown(image.file_name)} is {shown(name)}')
        other = holders.setdefault(name, image)
        if other is not image:
            raise ValueError(
                'Expected every image to be a file of its own, but got '
                f'{shown(name)} in {folder} for the images '
                f'{shown(other.original_id)} ({shown(other.file_name)}) and '
                f'{shown(image.original_id)} ({shown(image.file_name)}).'
            )
        image.file_name = name


def match_names(names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    """Match the names of images of two files with each other.

    Args:
        names (Iterable[str]): Names of images, as any tool writes them.
        others (Iterable[str]): Paths that they may stand for.

    Returns:
        dict[str, str]: Each name to the only other that it can stand for;
        those that can stand for none or several are not in it.

    Raises:
        ValueError: If two names stand for the same other one.
    """
    matcher = NameMatcher(others)
    found: dict[str, str] = {}
    holders: dict[str, str] = {}
    for name in names:
        files = matcher.find(name)
        if len(files) != 1:
            continue
        other = holders.setdefault(files[0], name)
        if other != name:
            raise ValueError(
                f'Expected every image to have a name of its own, but got '
                f'{shown(other)} and {shown(name)}, which both stand for '
                f'{shown(files[0])}.'
            )
        found[name] = files[0]
    return found


def _only_file(matcher: NameMatcher, image: CocoImage, folder: Path) -> str:
    files = matcher.find(image.file_name)
    what = f'image {shown(image.original_id)}'
    if len(files) > 1:
        raise ValueError(
            f'Expected the `file_name` of {what} to stand for one file in '
            f'{folder}, but got {shown(image.file_name)}, which may be '
            f'{", ".join(map(shown, sorted(files)[:3]))}.'
        )
    if not files and not is_plain(image.file_name):
        raise ValueError(
            f'Expected the `file_name` of {what} to be a path relative to the '
            f'image folder {folder}, but got {shown(image.file_name)}, and no '
            'file there of that name.'
        )
    return files[0] if files else image.file_name


def _is_usual(name: str) -> bool:
    return name.isascii() and not set(name) & set('\\%?')


def _below(name: str, folder: Path) -> str:
    """An absolute path in the folder, relative to it; others as they are."""
    if name.startswith('/'):
        for root in (folder.absolute(), folder.resolve()):
            path = PurePosixPath(name)
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
    return name


def _files_below(folder: Path) -> Iterator[str]:
    for root, _, files in os.walk(folder):
        below = Path(root).relative_to(folder)
        for file in files:
            yield (below / file).as_posix()


def _spellings(name: str) -> Iterator[str]:
    """A name, and what it may have been before a tool wrote it."""
    yield name
    slashes = name.replace('\\', '/')
    # Label Studio serves local files as /data/local-files/?d=images/a.png.
    query = slashes.rpartition('?d=')[2]
    bare = slashes.partition('?')[0]
    for text in (slashes, unquote(slashes), unquote(query), unquote(bare)):
        if text != name and '\0' not in text:
            yield text


def _same_end(file: tuple[str, ...], parts: list[str]) -> bool:
    common = min(len(file), len(parts))
    return all(
        _folded(one) == _folded(other)
        for one, other in zip(file[-common:], parts[-common:], strict=True)
    )


def _composed(text: str) -> str:
    return unicodedata.normalize('NFC', text)


def _folded(text: str) -> str:
    return _composed(_composed(text).casefold())
