"""Ids of images: whole numbers, or names, and never a mixture."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .values import shown, whole_number

_NUMBER = re.compile(r'\s*[+-]?[0-9]+(\.[0-9]*)?\s*')


class ImageIds:
    """The ids of a file's images, and what refers to them.

    Ids are whole numbers, also as text or as floats: '1', 1.0 and 1 are the
    same id. Where the ids are names ('img-01'), images are numbered from 1 in
    the order of the file, the same in each reading of it.

    Args:
        raw (Sequence): Ids as they stand in the file, one an image.

    Raises:
        ValueError: If an id is neither a number of 64 bits nor a name, or
            names and numbers are mixed.
    """

    def __init__(self, raw: Sequence[Any]) -> None:
        self.are_names = False
        self._of_name: dict[str, int] = {}
        numbers = [_number(value) for value in raw]
        named = [v for v, n in zip(raw, numbers, strict=True) if n is None]
        if named:
            others = [value for value in raw if not isinstance(value, str)]
            if others:
                raise ValueError(
                    'Expected the ids of the images to be all numbers or all '
                    f'names, but got {shown(named[0])} and '
                    f'{shown(others[0])}.'
                )
            self.are_names = True
            order = {name: n for n, name in enumerate(dict.fromkeys(raw), 1)}
            self._of_name = order
            numbers = [order[name] for name in raw]
        self.numbers: list[int] = [n for n in numbers if n is not None]
        self._known = set(self.numbers)

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> 'ImageIds':
        """The ids of images that have been read.

        Args:
            rows (Iterable[Mapping]): See :meth:`.CocoImage.to_dict`.

        Returns:
            ImageIds: What finds them.
        """
        found = cls([])
        for row in rows:
            found.numbers.append(row['id'])
            name = row.get('original_id')
            if isinstance(name, str):
                found._of_name[name] = row['id']
        found._known = set(found.numbers)
        found.are_names = bool(found._of_name)
        return found

    def find(self, value: Any, of_file: bool = True) -> int | None:
        """Find the image that a row refers to.

        Args:
            value (Any): An ``image_id``.
            of_file (bool): Whether the row is of the same file as the images.
                Other files, such as results, may also hold the numbers that
                were made for named images. Defaults to True.

        Returns:
            int | None: Id of the image; None if there is none.
        """
        if self.are_names:
            if isinstance(value, str) and value in self._of_name:
                return self._of_name[value]
            if of_file:
                return self._of_name.get(str(value))
        try:
            found = whole_number(value, 'an image id')
        except ValueError:
            return None
        return found if found in self._known else None


def check_unique(ids: Iterable[int], raw: Sequence[Any], kind: str) -> None:
    """Check that no id comes twice.

    Args:
        ids (Iterable[int]): The ids.
        raw (Sequence): The same as they stand in the file.
        kind (str): What has them, for messages.

    Raises:
        ValueError: If one comes twice; names it.
    """
    seen: dict[int, Any] = {}
    for number, value in zip(ids, raw, strict=True):
        if number in seen:
            spelt = shown(value)
            if value != seen[number] or type(value) is not type(seen[number]):
                spelt = f'{shown(seen[number])} and {spelt}'
            raise ValueError(
                f'Expected unique {kind} ids, but got {spelt} twice.'
            )
        seen[number] = value


def _number(value: Any) -> int | None:
    """A whole number; None for a name."""
    if isinstance(value, str) and value.strip():
        try:
            return whole_number(value, 'the `id` of an image')
        except ValueError:
            if not _NUMBER.fullmatch(value):
                return None
            raise
    return whole_number(value, 'the `id` of an image')
