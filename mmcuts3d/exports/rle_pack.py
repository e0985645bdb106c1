"""Label Studio's run-length code of brushes, which is thi.ng's rle-pack.

A stream of bits: 32 for the number of bytes, 5 for the width of a word less
1, four times 4 for the widths of lengths less 1. Then runs: a bit that says
whether one word is repeated, 2 bits that choose the width of the length, the
length less 1, and the word, or all of the words.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

WORD = 8
#: Bits of a length; each run takes the first that is wide enough.
WIDTHS = (3, 4, 8, 16)
LONGEST = 1 << WIDTHS[-1]


def pack_mask(mask: npt.NDArray[np.bool_]) -> list[int]:
    """The code of a mask.

    Label Studio wants four bytes a pixel (RGBA), all 0 or all 255.

    Args:
        mask (ndarray): (H, W), bool.

    Returns:
        list[int]: Bytes.
    """
    flat = mask.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=~flat[:1]))
    lengths = np.diff(starts, append=flat.size) * 4
    parts = [
        _bits(flat.size * 4, 32),
        _bits(WORD - 1, 5),
        *(_bits(width - 1, 4) for width in WIDTHS),
    ]
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        value = 255 if flat[start] else 0
        while length:
            run = min(length, LONGEST)
            place = next(
                place
                for place, width in enumerate(WIDTHS)
                if run <= 1 << width
            )
            parts.append(
                '1'
                + _bits(place, 2)
                + _bits(run - 1, WIDTHS[place])
                + _bits(value, WORD)
            )
            length -= run
    bits = ''.join(parts)
    bits += '0' * (-len(bits) % 8)
    return list(int(bits, 2).to_bytes(len(bits) // 8, 'big'))


def unpack(code: list[int], most: int | None = None) -> npt.NDArray[np.uint8]:
    """The bytes of a code, for any that the format allows.

    Args:
        code (list[int]): Bytes.
        most (int, optional): How many bytes are wanted; a code that states
            more is refused. Defaults to None: any number.

    Returns:
        ndarray: (n,), uint8.

    Raises:
        ValueError: If the code ends too early, or states more than ``most``.
    """
    bits = ''.join(f'{byte:08b}' for byte in code)
    place = 0

    def take(width: int) -> int:
        nonlocal place
        if place + width > len(bits):
            raise ValueError(
                f'Expected a run-length code of more than {len(code)} bytes, '
                'but it ends inside of a run.'
            )
        place += width
        return int(bits[place - width : place], 2)

    number = take(32)
    if most is not None and number > most:
        raise ValueError(
            f'Expected a run-length code of {most} bytes, but got one of '
            f'{number}.'
        )
    word = take(5) + 1
    widths = [take(4) + 1 for _ in range(4)]
    values: list[int] = []
    times: list[int] = []
    found = 0
    while found < number:
        repeated = take(1)
        length = take(widths[take(2)]) + 1
        found += length
        for _ in range(1 if repeated else length):
            values.append(take(word))
            times.append(length if repeated else 1)
    return np.repeat(np.array(values, np.uint8), times)[:number]


def _bits(value: int, width: int) -> str:
    return f'{value:0{width}b}'
