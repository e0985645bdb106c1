"""Text and pictures of others, as a page may hold them."""

import base64
import html
import math

from mmcuts3d.files import shown

#: Characters of one text; more is no text for a page.
LONGEST = 100_000


def as_html(text: str) -> str:
    """Text of others as HTML: no tags, no control characters.

    Args:
        text (str): Any text.

    Returns:
        str: For the body of a page, or an attribute in quotes.
    """
    return html.escape(shown(text, LONGEST))


def as_source(content: bytes) -> str:
    """A picture as the address of an ``<img>``.

    Args:
        content (bytes): PNG or JPEG.

    Returns:
        str: A data address.
    """
    kind = 'png' if content.startswith(b'\x89PNG') else 'jpeg'
    return f'data:image/{kind};base64,{base64.b64encode(content).decode()}'


def counted(number: int, thing: str) -> str:
    """A number and what it counts, such as '2 boxes'."""
    if number == 1:
        return f'1 {thing}'
    return f'{number:,} {thing}{"es" if thing.endswith("x") else "s"}'


def number_text(value: float, digits: int = 3, scale: float = 1) -> str:
    """A number with so many digits, times ``scale``; a dash for NaN."""
    return '–' if math.isnan(value) else f'{scale * value:.{digits}f}'
