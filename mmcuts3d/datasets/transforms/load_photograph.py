"""Loads any photograph as the 8-bit BGR image that mmdet's pipelines take."""

import io
import struct
import warnings
import zlib

import numpy as np
from mmcv.transforms import BaseTransform
from mmengine import fileio
from PIL import Image, ImageOps, UnidentifiedImageError

from mmcuts3d.registry import TRANSFORMS

# What Pillow's decoders raise on files that are no image, or half of one.
_DECODE_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


@TRANSFORMS.register_module()
class LoadPhotograph(BaseTransform):
    """Load a photograph of any mode and bring it upright.

    Grey, palette, CMYK and 1-bit images become colour images; of 16-bit
    images the high byte is kept; transparent pixels are laid over white; the
    EXIF orientation is applied, and what comes after sees only the upright
    image. On plain colour JPEG files the pixels equal those of
    ``LoadImageFromFile``. A file that cannot be read whole is refused with
    the reason.

    Required Keys:

    - img_path

    Added Keys:

    - img: (H, W, 3) uint8, BGR.
    - img_shape: (H, W).
    - ori_shape: (H, W).

    Args:
        backend_args (dict, optional): Storage backend of mmengine.fileio.
            Defaults to None: local files.

    Raises:
        ValueError: If the file is missing, is no image, is truncated, or
            holds neither 8-bit nor 16-bit values. The message names it.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load the image that ``img_path`` names.

        Args:
            results (dict): Result dict of the pipeline.

        Returns:
            dict: The same dict with the added keys.
        """
        path = results['img_path']
        try:
            content = fileio.get(path, backend_args=self.backend_args)
            image = decode_photograph(content)
        except UnidentifiedImageError as error:
            # Pillow's message shows the address of a buffer.
            raise ValueError(
                f'Expected {path} to be a readable image, but got a file in '
                f'no image format ({len(content)} bytes).'
            ) from error
        except _DECODE_ERRORS as error:
            raise ValueError(
                f'Expected {path} to be a readable image, but got: {error}'
            ) from error
        results['img'] = np.ascontiguousarray(image[..., ::-1])
        results['img_shape'] = image.shape[:2]
        results['ori_shape'] = image.shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'


def decode_photograph(content: bytes) -> np.ndarray:
    """Decode an image file's bytes.

    Args:
        content (bytes): The file.

    Returns:
        np.ndarray: Upright image, (H, W, 3) uint8, RGB.

    Raises:
        ValueError: If the values are neither of 8 nor of 16 bits. Pillow's
            own errors pass through.
    """
    with warnings.catch_warnings():
        # A broken EXIF block is no reason to trouble the user.
        warnings.simplefilter('ignore', UserWarning)
        image = Image.open(io.BytesIO(content))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode == 'F' or image.mode.startswith('I'):
        return _from_wide(image)
    if image.mode in ('LA', 'La', 'PA', 'RGBA', 'RGBa') or (
        'transparency' in image.info
    ):
        image = image.convert('RGBA')
        white = Image.new('RGBA', image.size, 'white')
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert('RGB'))


def _from_wide(image: Image.Image) -> np.ndarray:
    """High bytes of a grey image with more than 8 bits.

    Older Pillow reads a 16-bit PNG as 32-bit integers, hence the check of
    the range instead of the mode.
    """
    values = np.asarray(image)
    if image.mode == 'F' or values.min() < 0 or values.max() > 65535:
        raise ValueError(
            'Expected values of 8 or 16 bits, but got mode '
            f'{image.mode!r} with values from {values.min()} to '
            f'{values.max()}.'
        )
    grey = (values.astype(np.uint32) >> 8).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)
