"""Single values of COCO rows: numbers, flags and what stands for nothing.

Tools write numbers as text, flags as text, and null for what they do not
know. What has one meaning is brought to it; the rest is refused.
"""

import math
import re
import reprlib
from typing import Any

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
#: '7', '-7', '7.0'; Python's int() takes much more, such as '2021_01'.
_WHOLE = re.compile(r'\s*[+-]?[0-9]{1,40}(\.0*)?\s*')
_FLAGS = {'0': False, '1': True, 'false': False, 'true': True}


def shown(value: Any) -> str:
    """A value for a message: short, and without control characters.

    Args:
        value (Any): The value.

    Returns:
        str: Its representation, cut off in the middle where it is long.
    """
    return _SHORT.repr(value)


def whole_number(value: Any, what: str) -> int:
    """Read a whole number of at most 64 bits.

    Args:
        value (Any): An integer, a float without fraction, or text of one.
        what (str): What it is, for messages.

    Returns:
        int: The number.

    Raises:
        ValueError: If it is something else; bool is.
    """
    found: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        found = value
    elif isinstance(value, float) and value.is_integer():
        found = int(value)
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        found = int(value.partition('.')[0])
    if found is None:
        raise ValueError(
            f'Expected {what} to be a whole number, but got {shown(value)}.'
        )
    if not -(2**63) <= found < 2**63:
        raise ValueError(
            f'Expected {what} to fit in 64 bits, but got {shown(value)}.'
        )
    return found


def number(value: Any, what: str) -> float:
    """Read a finite number.

    Args:
        value (Any): A number, or text of one.
        what (str): What it is, for messages.

    Returns:
        float: The number.

    Raises:
        ValueError: If it is something else, NaN or infinite; bool is.
    """
    found: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
    elif isinstance(value, str):
        found = _float(value)
    if found is None or not math.isfinite(found):
        raise ValueError(
            f'Expected {what} to be a finite number, but got {shown(value)}.'
        )
    return found


def flag(value: Any, what: str) -> bool:
    """Read a flag.

    Args:
        value (Any): true or false, 1 or 0, text of one of these, or None for
            false.
        what (str): What it is, for messages.

    Returns:
        bool: The flag.

    Raises:
        ValueError: If it is something else.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in _FLAGS:
        return _FLAGS[value.strip().lower()]
    raise ValueError(f'Expected {what} to be 0 or 1, but got {shown(value)}.')


def _float(text: str) -> float | None:
    try:
        return None if '_' in text else float(text)
    except ValueError:
        return None
