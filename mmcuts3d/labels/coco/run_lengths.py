"""Run-length codes, checked completely before pycocotools sees them.

pycocotools trusts what it is given: text that is no code makes it loop
without end, and runs that do not add up to the image give masks that are no
masks. So codes are decoded here, as numbers, and every run is looked at.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_mask

from .values import shown, whole_number

#: A mask as COCO has it: ``size`` (H, W) and ``counts``.
RunLength = dict[str, Any]
"""``size`` [height, width] and ``counts``, compressed, as text."""

Runs = npt.NDArray[np.int64]
"""Lengths of the runs along the columns, the first of them of background."""

#: A number of 32 bits takes at most so many characters of 5 bits.
_MAX_CHARACTERS = 7


def check_run_length(code: Any, height: int, width: int) -> RunLength:
    """Check a run-length code and bring it to one form.

    Args:
        code (Any): ``size`` and ``counts``; these may be compressed (text or
            bytes) or a list of run lengths.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        RunLength: ``size`` as integers and ``counts`` compressed, as text.

    Raises:
        ValueError: If the code is of another size, is no code, or its runs
            do not add up to the image.
    """
    runs = decode_runs(code, height, width)
    counts = code['counts']
    # Runs of no length, which some tools write, confuse pycocotools' boxes.
    if isinstance(counts, list) or not runs[1:].all():
        counts = _compress(_merged(runs), height, width)
    elif isinstance(counts, bytes):
        counts = counts.decode('ascii')
    return {'size': [height, width], 'counts': counts}


def decode_runs(code: Any, height: int, width: int) -> Runs:
    """Decode a run-length code into its runs, and check them.

    Args:
        code (Any): See :func:`check_run_length`.
        height (int): Height of the image in pixels.
        width (int): Width of the image in pixels.

    Returns:
        ndarray: R run lengths, int64, none negative, height · width
        altogether.

    Raises:
        ValueError: See :func:`check_run_length`.
    """
    if not isinstance(code, dict) or not {'size', 'counts'} <= set(code):
        raise ValueError(
            'Expected a segmentation as a run-length code to have `size` and '
            f'`counts`, but got {shown(code)}.'
        )
    size = code['size']
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ValueError(
            'Expected the `size` of a run-length code to be [height, width], '
            f'but got {shown(size)}.'
        )
    sides = [
        whole_number(side, 'a side of a run-length code') for side in size
    ]
    if sides != [height, width]:
        raise ValueError(
            f'Expected a segmentation of size [{height}, {width}], but got '
            f'{sides}.{_exchanged(sides, [width, height])}'
        )
    counts = code['counts']
    if isinstance(counts, (str, bytes)):
        runs = _from_text(counts)
    elif isinstance(counts, list):
        runs = _from_list(counts)
    else:
        raise ValueError(
            'Expected the `counts` of a run-length code to be text or a list '
            f'of numbers, but got {shown(counts)}.'
        )
    pixels = height * width
    # Each one first: a sum of runs of any length might overflow.
    if runs.size and not (runs.min() >= 0 and runs.max() <= pixels):
        raise ValueError(
            f'Expected the runs of a run-length code to be from 0 to {pixels} '
            f'pixels ({height} x {width}), but got runs from {runs.min()} to '
            f'{runs.max()}.'
        )
    if runs.sum() != pixels:
        raise ValueError(
            f'Expected the runs of a run-length code to add up to {pixels} '
            f'pixels ({height} x {width}), but got {runs.sum()}.'
        )
    return runs


def _from_text(counts: str | bytes) -> Runs:
    """Runs of a compressed code, five bits a character.

    From the fourth number on, each is the difference to the one before the
    last.
    """
    try:
        raw = counts.encode('ascii') if isinstance(counts, str) else counts
    except UnicodeEncodeError as error:
        raise ValueError(_no_code(counts)) from error
    # Letters below '0' wrap around, and are then too large as well.
    values = np.frombuffer(raw, np.uint8) - np.uint8(48)
    if not values.size:
        return np.zeros(0, np.int64)
    if values.max() > 63:
        raise ValueError(_no_code(counts))
    ends = np.flatnonzero(values < 32)
    if not ends.size or ends[-1] != values.size - 1:
        raise ValueError(
            'Expected the `counts` of a run-length code to end with a whole '
            f'number, but got text that is cut off: {shown(counts)}.'
        )
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    lengths = ends - starts + 1
    longest = lengths.max()
    if longest > _MAX_CHARACTERS:
        raise ValueError(_no_code(counts))
    runs = (values[starts] & 31).astype(np.int64)
    for place in range(1, longest):  # few numbers have more than one
        some = np.flatnonzero(lengths > place)
        more = (values[starts[some] + place] & 31).astype(np.int64)
        runs[some] |= more << (5 * place)
    negative = np.flatnonzero(values[ends] & 16)
    runs[negative] -= np.int64(1) << (5 * lengths[negative])
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs


def _from_list(counts: list[Any]) -> Runs:
    try:
        values = np.array(counts)
    except (ValueError, OverflowError) as error:
        raise ValueError(_no_runs(counts)) from error
    if not values.size:
        return np.zeros(0, np.int64)
    if values.ndim != 1 or values.dtype.kind not in 'if':
        raise ValueError(_no_runs(counts))
    # Written so that NaN fails too.
    if not (np.abs(values) < 2**40).all() or (values % 1 != 0).any():
        raise ValueError(_no_runs(counts))
    return values.astype(np.int64)


def _merged(runs: Runs) -> Runs:
    """The same mask without runs of no length, but for the first."""
    foreground = np.arange(runs.size) % 2 == 1
    foreground, runs = foreground[runs > 0], runs[runs > 0]
    if not runs.size:
        return runs
    starts = np.flatnonzero(np.diff(foreground, prepend=~foreground[0]))
    merged = np.add.reduceat(runs, starts)
    return np.concatenate([[0], merged]) if foreground[0] else merged


def _compress(runs: Runs, height: int, width: int) -> str:
    code = coco_mask.frPyObjects(
        {'size': [height, width], 'counts': runs.tolist()}, height, width
    )
    text: str = code['counts'].decode('ascii')
    return text


def _no_code(counts: str | bytes) -> str:
    return (
        'Expected the `counts` of a run-length code to be text as '
        f'pycocotools writes it, but got {shown(counts)}.{_hint(counts)}'
    )


def _no_runs(counts: Any) -> str:
    return (
        'Expected the `counts` of a run-length code to be a list of whole '
        f'numbers, but got {shown(counts)}.'
    )


def _exchanged(sides: list[int], other: list[int]) -> str:
    """The remedy where height and width are exchanged, as CutLER's are."""
    if sides != other:
        return ''
    return (
        ' Height and width are exchanged: '
        'tools/dataset_converters/import_pseudo_labels.py mends that.'
    )


def _hint(counts: Any) -> str:
    """The remedy, for mistakes that can be recognized."""
    if isinstance(counts, str) and counts[:2] in ("b'", 'b"'):
        return (
            ' That is the text of bytes, as str() makes it: write '
            "counts.decode('ascii')."
        )
    if isinstance(counts, (str, bytes)):
        return ' Base64 and other packings are not read.'
    return ''
