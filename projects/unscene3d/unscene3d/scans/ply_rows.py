"""The rows of a PLY file, below its header."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from mmcuts3d.files import shown

#: Of each list property by its name: (rows,) sizes, and all values in order.
Lists = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Property:
    """A value, or a list of values, in every row of an element.

    Attributes:
        name (str): As the header calls it.
        kind (str): NumPy's type of a value, such as 'f4'.
        count (str): NumPy's type of a list's length; '' for a plain value.
    """

    name: str
    kind: str
    count: str = ''


@dataclass
class Element:
    """Rows of one kind, such as the vertices.

    Attributes:
        name (str): As the header calls it.
        number (int): Rows that the header promises.
        properties (list[Property]): Of each row, in order.
    """

    name: str
    number: int
    properties: list[Property] = field(default_factory=list)

    def too_few(self, name: str, have: int) -> ValueError:
        """What to raise for a file that ends early."""
        return ValueError(
            f'{name}: expected {self.number:,} of the element '
            f'{shown(self.name, 40)!r}, as its header says, but got a file '
            f'that ends after {have:,}; it may be a broken download.'
        )


class BinaryRows:
    """Takes the elements of a binary file one after the other.

    Args:
        content (bytes): The file below its header.
        order (str): '<' or '>', the order of bytes.
        name (str): Of the file, for messages.
    """

    def __init__(self, content: bytes, order: str, name: str) -> None:
        self.content = content
        self.order = order
        self.name = name
        self.place = 0

    def take(self, element: Element) -> tuple[dict[str, np.ndarray], Lists]:
        """The next element: its plain properties, and its lists."""
        if not element.number:
            return _nothing(element)
        # Nearly every file has rows of one size, those of the first row.
        sizes, _ = self._sizes(element, self.place, 0)
        dtype = self._dtype(element, sizes)
        end = self.place + dtype.itemsize * element.number
        if end <= len(self.content):
            rows = np.frombuffer(
                self.content, dtype, element.number, self.place
            )
            if all((rows[f'{k} size'] == n).all() for k, n in sizes.items()):
                self.place = end
                return _columns(rows, element)
        elif not sizes:
            have = (len(self.content) - self.place) // dtype.itemsize
            raise element.too_few(self.name, have)
        return self._row_by_row(element)

    def _dtype(self, element: Element, sizes: dict[str, int]) -> np.dtype:
        fields: list[tuple] = []
        for prop in element.properties:
            kind = self.order + prop.kind
            if prop.count:
                fields.append((f'{prop.name} size', self.order + prop.count))
                fields.append((prop.name, kind, (sizes[prop.name],)))
            else:
                fields.append((prop.name, kind))
        return np.dtype(fields)

    def _sizes(
        self, element: Element, place: int, row: int
    ) -> tuple[dict[str, int], int]:
        """The lengths of a row's lists, and where the row ends."""
        sizes = {}
        for prop in element.properties:
            size = 1
            if prop.count:
                count = np.dtype(self.order + prop.count)
                if place + count.itemsize > len(self.content):
                    raise element.too_few(self.name, row)
                size = int(np.frombuffer(self.content, count, 1, place)[0])
                if size < 0:
                    raise ValueError(
                        f'{self.name}: expected lists of no negative length, '
                        f'but got {size} in row {row} of the element '
                        f'{shown(element.name, 40)!r}.'
                    )
                sizes[prop.name] = size
                place += count.itemsize
            place += size * int(prop.kind[1:])
        if place > len(self.content):
            raise element.too_few(self.name, row)
        return sizes, place

    def _row_by_row(
        self, element: Element
    ) -> tuple[dict[str, np.ndarray], Lists]:
        rows = []
        for row in range(element.number):
            sizes, end = self._sizes(element, self.place, row)
            dtype = self._dtype(element, sizes)
            rows.append(np.frombuffer(self.content, dtype, 1, self.place)[0])
            self.place = end
        return _gathered(rows, element)


class TextRows:
    """Takes the elements of an ASCII file one after the other.

    Args:
        content (bytes): The file below its header.
        name (str): Of the file, for messages.
    """

    def __init__(self, content: bytes, name: str) -> None:
        with warnings.catch_warnings():
            # What is no number ends the text; the rows are counted below.
            warnings.simplefilter('ignore')
            self.values = np.fromstring(content.decode('latin-1'), sep=' ')
        self.name = name
        self.place = 0

    def take(self, element: Element) -> tuple[dict[str, np.ndarray], Lists]:
        """The next element: its plain properties, and its lists."""
        if not element.number:
            return _nothing(element)
        sizes, end = self._sizes(element, self.place, 0)
        width = end - self.place
        end = self.place + width * element.number
        if end <= len(self.values):
            rows = self.values[self.place : end].reshape(-1, width)
            found = self._structured(element, sizes, rows)
            if all((found[f'{k} size'] == n).all() for k, n in sizes.items()):
                self.place = end
                return _columns(found, element)
        elif not sizes:
            have = (len(self.values) - self.place) // max(width, 1)
            raise element.too_few(self.name, have)
        rows = []
        for row in range(element.number):
            sizes, end = self._sizes(element, self.place, row)
            one = self.values[self.place : end][None]
            rows.append(self._structured(element, sizes, one)[0])
            self.place = end
        return _gathered(rows, element)

    def _sizes(
        self, element: Element, place: int, row: int
    ) -> tuple[dict[str, int], int]:
        sizes = {}
        for prop in element.properties:
            size = 1
            if prop.count:
                if place >= len(self.values):
                    raise element.too_few(self.name, row)
                size = int(self.values[place])
                sizes[prop.name] = size
                place += 1
            place += max(size, 0)
        if place > len(self.values):
            raise element.too_few(self.name, row)
        return sizes, place

    def _structured(
        self, element: Element, sizes: dict[str, int], rows: np.ndarray
    ) -> np.ndarray:
        dtype = BinaryRows(b'', '<', self.name)._dtype(element, sizes)
        found = np.empty(len(rows), dtype)
        at = 0
        for prop in element.properties:
            if prop.count:
                found[f'{prop.name} size'] = rows[:, at]
                size = sizes[prop.name]
                found[prop.name] = rows[:, at + 1 : at + 1 + size]
                at += 1 + size
            else:
                column = rows[:, at]
                if prop.kind[0] in 'iu' and not np.isfinite(column).all():
                    raise ValueError(
                        f'{self.name}: expected whole numbers in the '
                        f'property {shown(prop.name, 40)!r}, but got NaN.'
                    )
                found[prop.name] = column
                at += 1
        return found


def _nothing(element: Element) -> tuple[dict[str, np.ndarray], Lists]:
    """An element without rows."""
    plain, lists = {}, {}
    for prop in element.properties:
        empty = np.zeros(0, prop.kind)
        if prop.count:
            lists[prop.name] = (np.zeros(0, np.int64), empty)
        else:
            plain[prop.name] = empty
    return plain, lists


def _columns(
    rows: np.ndarray, element: Element
) -> tuple[dict[str, np.ndarray], Lists]:
    """The columns of rows of one size, in the machine's order of bytes."""
    plain, lists = {}, {}
    for prop in element.properties:
        values = rows[prop.name].astype(prop.kind)
        if prop.count:
            lists[prop.name] = (rows[f'{prop.name} size'], values.reshape(-1))
        else:
            plain[prop.name] = values
    return plain, lists


def _gathered(
    rows: list[np.ndarray], element: Element
) -> tuple[dict[str, np.ndarray], Lists]:
    """The columns of rows of several sizes."""
    plain, lists = {}, {}
    for prop in element.properties:
        parts = [np.atleast_1d(row[prop.name]) for row in rows]
        values = np.concatenate(parts).astype(prop.kind)
        if prop.count:
            sizes = np.array([len(part) for part in parts], np.int64)
            lists[prop.name] = (sizes, values)
        else:
            plain[prop.name] = values
    return plain, lists
