"""Crops, sizes and mirror images, the same of image, labels and depth."""

from typing import Literal, get_args

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmcuts3d.registry import TRANSFORMS

Shrink = Literal['area', 'nearest']
#: Four corners and the middle.
NUM_CROPS = 5
#: Maps that have the image's geometry.
MAPS = ('img', 'gt_seg_map', 'depth')


def crop_window(
    number: int, size: tuple[int, int], ratio: float
) -> tuple[int, int, int, int]:
    """One of the five windows of an image (STEGO, Sec. 5.1).

    Args:
        number (int): 0 to 3 are the corners, upper left, upper right, lower
            left, lower right; 4 is the middle.
        size (tuple[int, int]): (H, W) of the image.
        ratio (float): Sides of the window, of those of the image.

    Returns:
        tuple: Top, left, height, width, in pixels.
    """
    height = max(1, int(size[0] * ratio))
    width = max(1, int(size[1] * ratio))
    if number == 4:
        top = round((size[0] - height) / 2)
        return top, round((size[1] - width) / 2), height, width
    top = size[0] - height if number in (2, 3) else 0
    left = size[1] - width if number in (1, 3) else 0
    return top, left, height, width


@TRANSFORMS.register_module()
class TakeCrop(BaseTransform):
    """Keeps the window that the dataset names, and all where it names none.

    Required keys: img, and gt_seg_map and depth if there are some; crop.

    Args:
        ratio (float): Sides of a window, of those of the image, in (0, 1].
            Defaults to 0.5, STEGO's.

    Raises:
        ValueError: If the ratio is out of range.
    """

    def __init__(self, ratio: float = 0.5) -> None:
        if not 0 < ratio <= 1:
            raise ValueError(
                f'Expected argument `ratio` to lie in (0, 1], but got {ratio}'
            )
        self.ratio = ratio

    def transform(self, results: dict) -> dict:
        """Crop."""
        number = results.get('crop')
        if number is not None:
            size = results['img'].shape[:2]
            top, left, height, width = crop_window(number, size, self.ratio)
            for key in MAPS:
                if results.get(key) is not None:
                    results[key] = results[key][
                        top : top + height, left : left + width
                    ]
        results['img_shape'] = results['img'].shape[:2]
        return results


@TRANSFORMS.register_module()
class ResizeCentreCrop(BaseTransform):
    """Brings the shorter side to a size, and keeps the square in the middle.

    Label maps and depth take the nearest pixel: a mean of two classes is
    another class, a mean of two surfaces is a place between them.

    Required keys: img, and gt_seg_map and depth if there are some.

    Args:
        size (int): Side of the square in pixels.
        shrink (str): How images are made smaller: ``'area'``, the mean of
            what a pixel covers, or ``'nearest'`` (STEGO's). Defaults to
            'area'.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(self, size: int, shrink: Shrink = 'area') -> None:
        if not isinstance(size, int) or size < 1:
            raise ValueError(
                'Expected argument `size` to be a number of pixels, at least '
                f'1, but got {size!r}'
            )
        if shrink not in get_args(Shrink):
            raise ValueError(
                f'Expected argument `shrink` to be one of {get_args(Shrink)}, '
                f'but got {shrink!r}'
            )
        self.size = size
        self.shrink = shrink

    def transform(self, results: dict) -> dict:
        """Resize and crop."""
        height, width = results['img'].shape[:2]
        short = min(height, width)
        size = (
            self.size if height == short else self.size * height // short,
            self.size if width == short else self.size * width // short,
        )
        top, left = (size[0] - self.size) // 2, (size[1] - self.size) // 2
        rows = slice(top, top + self.size)
        columns = slice(left, left + self.size)
        results['img'] = self._resized(results['img'], size)[rows, columns]
        for key in MAPS[1:]:
            if results.get(key) is not None:
                results[key] = nearest(results[key], size)[rows, columns]
        results['img_shape'] = (self.size, self.size)
        return results

    def _resized(self, image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        if image.shape[:2] == size:
            return image
        if self.shrink == 'nearest':
            return nearest(image, size)
        smaller = size[0] < image.shape[0]
        mode = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return cv2.resize(image, size[::-1], interpolation=mode)


@TRANSFORMS.register_module()
class MirrorAtRandom(BaseTransform):
    """Mirrors left and right.

    Required keys: img, and gt_seg_map and depth if there are some; rng.

    Args:
        chance (float): In [0, 1]. Defaults to 0.5.

    Raises:
        ValueError: If it is out of range.
    """

    def __init__(self, chance: float = 0.5) -> None:
        if not 0 <= chance <= 1:
            raise ValueError(
                'Expected argument `chance` to lie in [0, 1], but got '
                f'{chance}'
            )
        self.chance = chance

    def transform(self, results: dict) -> dict:
        """Mirror, or do not."""
        if results['rng'].random() < self.chance:
            for key in MAPS:
                if results.get(key) is not None:
                    results[key] = results[key][:, ::-1]
        return results


def nearest(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The pixels of an array at the centres of those of another size.

    Args:
        array (np.ndarray): (H, W) or (H, W, C).
        size (tuple[int, int]): (height, width) of the result.

    Returns:
        np.ndarray: (height, width) or (height, width, C), of its dtype.
    """
    if array.shape[:2] == tuple(size):
        return array
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int)
        for old, new in zip(array.shape[:2], size, strict=True)
    )
    return array[rows[:, None], columns]
