"""Names of files: printable, and found in either spelling of accents."""

import difflib
import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

T = TypeVar('T')

#: Longest text of others that a message repeats, in characters.
LONGEST = 300


def shown(value: Any, most: int = LONGEST) -> str:
    """Text of others as a message may repeat it.

    Control characters, such as those that move a terminal's cursor or turn
    the direction of writing, and bytes that are no text come as escapes;
    long text is shortened in its middle.

    Args:
        value (Any): A path or other text.
        most (int): Longest result in characters. Defaults to 300.

    Returns:
        str: Printable, on one line.
    """
    text = str(value)
    if len(text) > most:
        half = (most - 5) // 2
        text = f'{text[:half]} ... {text[-half:]}'
    if text.isprintable():
        return text
    return ''.join(
        character
        if character.isprintable()
        else character.encode('unicode_escape').decode('ascii')
        for character in text
    )


def first_few(names: Iterable[Any], most: int = 3) -> str:
    """The first names, printable, with dots where there are more.

    Args:
        names (Iterable[Any]): Paths or other text.
        most (int): How many are named. Defaults to 3.

    Returns:
        str: Such as ``a.png, b.png, ...``.
    """
    listed = list(names)
    parts = [shown(name, 80) for name in listed[:most]]
    return ', '.join(parts + ['...'] * (len(listed) > most))


def as_path(value: Any, argument: str) -> Path:
    """A setting that names a file or folder, as a path.

    ``--cfg-options`` turns text that looks like a number or a list into one;
    a whole number is taken back as the name that it was.

    Args:
        value (Any): A text, a path or a whole number.
        argument (str): Name of the setting, for messages.

    Returns:
        Path: The same as a path.

    Raises:
        ValueError: If it is anything else, or empty.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return Path(str(value))
    if isinstance(value, str | os.PathLike) and str(value):
        if '\0' in str(value):
            raise ValueError(
                f'Expected argument `{argument}` to be a path, but got a '
                f'text with a null character: {shown(value)}'
            )
        return Path(value)
    hint = ''
    if isinstance(value, list | tuple):
        hint = (
            ': `--cfg-options` splits text at commas; set a folder with a '
            'comma in its name in a config file'
        )
    elif isinstance(value, bool | float):
        hint = (
            ': `--cfg-options` turns such text into a value; write '
            './NAME for a folder'
        )
    raise ValueError(
        f'Expected argument `{argument}` to be a path, but got '
        f'{shown(repr(value))} of type {type(value).__name__}{hint}'
    )


def find_spelled(folder: Path, name: str | os.PathLike[str]) -> Path | None:
    """A file by its name, whichever way its accents are spelt.

    macOS and some archives write ``é`` as two characters (NFD), others as
    one (NFC); both are the same name to everybody but the file system.

    Args:
        folder (Path): Where the file lies.
        name (str | PathLike): Relative to the folder, with sub-folders.

    Returns:
        Path | None: The file as the disk spells it; None if there is none.
    """
    exact = folder / name
    if exact.is_file():
        return exact
    if str(name).isascii():
        return None
    places = [folder]
    for part in PurePosixPath(Path(name).as_posix()).parts:
        spellings = dict.fromkeys(
            [part]
            + [unicodedata.normalize(form, part) for form in ('NFC', 'NFD')]
        )
        places = [
            place / spelling
            for place in places
            for spelling in spellings
            if (place / spelling).exists()
        ]
    return next((place for place in places if place.is_file()), None)


def format_named(formats: Mapping[str, T], name: str) -> T:
    """A format of files by its name.

    Args:
        formats (Mapping[str, T]): All, by name.
        name (str): Such as 'yolo'.

    Returns:
        T: What stands for the format.

    Raises:
        ValueError: If there is none; names those there are.
    """
    if name in formats:
        return formats[name]
    near = difflib.get_close_matches(name, formats, 1, 0.5)
    raise ValueError(
        f'Expected a format among {sorted(formats)}, but got {shown(name)}'
        + (f'; perhaps {near[0]!r}?' if near else '.')
    )
