"""Addresses in place of files: refused before a path is made of them."""

import os
import re

from .names import shown

#: Also with one slash, which is what a Path leaves. A drive has one letter.
_ADDRESS = re.compile(r'[A-Za-z][A-Za-z0-9+.-]+:/')


def check_local(path: str | os.PathLike[str], what: str) -> None:
    """Check that a path is not an address.

    Args:
        path (str | PathLike): The path.
        what (str): What it should lead to, for the message.

    Raises:
        ValueError: If it is an address, such as ``https://host/depth.png``.
    """
    text = os.fspath(path)
    if _ADDRESS.match(text):
        scheme, rest = text.split(':', 1)
        raise ValueError(
            f'Expected {what} to be a local file or folder, but got the '
            f'address {shown(scheme + "://" + rest.lstrip("/"))}: fetch it '
            'first.'
        )
