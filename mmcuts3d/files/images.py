"""Any image as upright 8-bit RGB: the one decoder of the package."""

import io
import os
import struct
import warnings
import zlib
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .names import shown
from .tars import open_file_or_member

#: Endings in use by a format, and the formats that this Pillow decodes. Left
#: out are those that Pillow hands to another program (EPS) or that are films.
_SUFFIX_FORMATS = Image.registered_extensions()  # loads Pillow's plugins
_FORMATS = tuple(
    name
    for name in (
        *('AVIF', 'BMP', 'DDS', 'DIB', 'GIF', 'ICO', 'JPEG', 'JPEG2000'),
        *('PCX', 'PNG', 'PPM', 'PSD', 'QOI', 'SGI', 'SUN', 'TGA', 'TIFF'),
        *('WEBP', 'XBM', 'XPM'),
    )
    if name in Image.OPEN
)
#: Endings of the files that are listed as images, in lower case. A map of
#: floats (.pfm) is depth rather than an image.
IMAGE_SUFFIXES = tuple(
    sorted(
        suffix
        for suffix, name in _SUFFIX_FORMATS.items()
        if name in (*_FORMATS, 'MPO') and suffix != '.pfm'
    )
)
_ORIENTATION = 0x0112
#: Size of the largest image file, in bytes (1 GiB).
_MAX_BYTES = 2**30
# What Pillow's decoders raise on files that are no image, or half of one.
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    struct.error,
    zlib.error,
    MemoryError,
    Image.DecompressionBombError,
)


def read_image(
    path: str | os.PathLike[str], upright: bool = True
) -> NDArray[np.uint8]:
    """Read an image file of any mode.

    Grey, palette, CMYK, Lab and 1-bit images become colour images; of 16-bit
    images the high byte is kept; transparent pixels are laid over white; of
    several frames the first is taken. The format is told from the content,
    whatever the name says.

    Args:
        path (str | PathLike): The file, or ``shard.tar/member``.
        upright (bool): Whether the EXIF orientation is applied. Defaults to
            True.

    Returns:
        np.ndarray: (H, W, 3) uint8, RGB.

    Raises:
        ValueError: If the file is missing, no regular file, no image,
            truncated, of more than about 179 million pixels, or holds
            neither 8-bit nor 16-bit values. The message names it.
    """
    with open_file_or_member(path, 'a readable image', _MAX_BYTES) as file:
        return _decoded(file, upright, path)


def decode_image(
    content: bytes, name: Any, upright: bool = True
) -> NDArray[np.uint8]:
    """Decode the bytes of an image file, see :func:`read_image`.

    Args:
        content (bytes): The file.
        name (Any): Of the file, for messages.
        upright (bool): Whether the EXIF orientation is applied. Defaults to
            True.

    Returns:
        np.ndarray: (H, W, 3) uint8, RGB.

    Raises:
        ValueError: See :func:`read_image`.
    """
    return _decoded(io.BytesIO(content), upright, name)


def image_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Height and width of the upright image, from the header of its file.

    Args:
        path (str | PathLike): The file.

    Returns:
        tuple[int, int]: Pixels.

    Raises:
        ValueError: If it is no image; the message names it.
    """
    size, orientation = _header(path)
    width, height = size[::-1] if orientation > 4 else size
    return height, width


def image_orientation(path: str | os.PathLike[str]) -> int:
    """EXIF orientation of an image file, from its header.

    Args:
        path (str | PathLike): The file.

    Returns:
        int: From 1 (upright, or nothing is said) to 8.

    Raises:
        ValueError: If it is no image; the message names it.
    """
    return _header(path)[1]


def turn_upright(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Bring an array upright as the EXIF orientation of an image says.

    Args:
        array (np.ndarray): (H, W) or (H, W, C) as stored.
        orientation (int): From 1 to 8; others count as 1.

    Returns:
        np.ndarray: A view; height and width are exchanged from 5 on.
    """
    if orientation in (5, 6, 7, 8):
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array


def _decoded(file: BinaryIO, upright: bool, name: Any) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            # A broken EXIF block, or a large image, is no reason to trouble
            # the user.
            warnings.simplefilter('ignore', UserWarning)
            warnings.simplefilter('ignore', Image.DecompressionBombWarning)
            image = Image.open(file, formats=_FORMATS)
            return _pixels(image, upright)
    except _DECODE_ERRORS as error:
        raise _unreadable(file, name, error) from error


def _unreadable(file: BinaryIO, name: Any, error: Exception) -> ValueError:
    if isinstance(error, UnidentifiedImageError):
        # Pillow's message shows the address of a buffer.
        length = file.seek(0, io.SEEK_END)
        reason = f'a file in no image format ({length} bytes)'
    elif isinstance(error, MemoryError):
        reason = 'one that memory does not hold'
    else:
        reason = shown(error) or repr(error)
    return ValueError(
        f'Expected {shown(name)} to be a readable image, but got: {reason}.'
    )


def _pixels(image: Image.Image, upright: bool) -> NDArray[np.uint8]:
    if upright:
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        return _colours(image)
    orientation = _stated(image)
    image.load()
    pixels = _colours(image)
    if image.format == 'TIFF' and _stated(image) != orientation:
        # Pillow has turned it while loading: back again.
        back = {6: 8, 8: 6}.get(orientation, orientation)
        pixels = np.ascontiguousarray(turn_upright(pixels, back))
    return pixels


def _colours(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == 'F' or image.mode.startswith('I'):
        return _from_wide(image)
    if image.mode in ('LA', 'La', 'PA', 'RGBA', 'RGBa') or (
        'transparency' in image.info
    ):
        image = image.convert('RGBA')
        white = Image.new('RGBA', image.size, 'white')
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert('RGB'), np.uint8)


def _from_wide(image: Image.Image) -> NDArray[np.uint8]:
    """High bytes of a grey image with more than 8 bits.

    Older Pillow reads a 16-bit PNG as 32-bit integers, hence the check of
    the range instead of the mode.
    """
    values = np.asarray(image)
    if image.mode == 'F' or values.min() < 0 or values.max() > 65535:
        raise ValueError(
            f'values of mode {image.mode!r} from {values.min()} to '
            f'{values.max()}, where values of 8 or 16 bits were expected'
        )
    grey = (values.astype(np.uint32) >> 8).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _stated(image: Image.Image) -> int:
    """The orientation that the metadata states, 1 without."""
    orientation = image.getexif().get(_ORIENTATION, 1)
    valid = isinstance(orientation, int) and 1 <= orientation <= 8
    return orientation if valid else 1


def _header(path: str | os.PathLike[str]) -> tuple[tuple[int, int], int]:
    """Stored (width, height) and orientation."""
    with open_file_or_member(path, 'a readable image', _MAX_BYTES) as file:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                image = Image.open(file, formats=_FORMATS)
                width, height = image.size
                orientation = _stated(image)
                if image.format == 'TIFF':
                    # Newer Pillow gives the size that it will be turned to.
                    tags = getattr(image, 'tag_v2', {})
                    width, height = tags.get(256, width), tags.get(257, height)
        except _DECODE_ERRORS as error:
            raise _unreadable(file, path, error) from error
    return (int(width), int(height)), orientation
