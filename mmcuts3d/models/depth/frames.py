"""Which frame a depth map lies in: the upright image's, or the sensor's."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mmcuts3d.files import image_orientation, shown, turn_upright

#: Relative difference of two aspect ratios that rounding can explain.
ASPECT_TOLERANCE = 0.02
FRAMES = ('auto', 'upright', 'raw')
Frame = Literal['auto', 'upright', 'raw']


def to_upright(
    depth: np.ndarray,
    image_path: Any,
    image_shape: Sequence[int] | None,
    frame: Frame = 'auto',
) -> tuple[np.ndarray, str]:
    """Bring a depth map into the frame of the upright image.

    Cameras that are held on their side store the image lying and note how to
    turn it (EXIF orientation). Images are brought upright; a depth map that
    was measured or estimated on the stored frame has to be turned as well.

    Args:
        depth (np.ndarray): (H, W).
        image_path (str or path): The image, for its EXIF orientation.
        image_shape (Sequence[int], optional): Of the upright image; None if
            it is not known.
        frame (str): ``'raw'`` turns the map as the image is turned,
            ``'upright'`` never does. ``'auto'`` turns it where its aspect
            ratio fits the stored frame and not the upright one; that cannot
            be seen in square images, nor in those turned by 180 degrees.
            Defaults to 'auto'.

    Returns:
        tuple: The map, and what a user should know: '' if all is plain, that
        it was turned, or that it will be stretched by more than 2 %.

    Raises:
        ValueError: If ``frame`` is 'raw' and the image cannot be read.
    """
    if frame == 'raw':
        return turn_upright(depth, image_orientation(image_path)), ''
    if image_shape is None or fits(depth.shape, image_shape):
        return depth, ''
    if frame == 'auto' and fits(depth.shape[::-1], image_shape):
        orientation = _orientation(image_path)
        if orientation > 4:
            return turn_upright(depth, orientation), (
                f'depth of {shape_of(depth.shape)} lies in the frame that '
                f'{shown(image_path)} is stored in and was turned upright '
                f"like it (EXIF orientation {orientation}); frame='raw' says "
                "so for every image, frame='upright' leaves depth as it is"
            )
    if fits(depth.shape, image_shape, _rounded(depth.shape, image_shape)):
        return depth, ''
    return depth, (
        f'depth of {shape_of(depth.shape)} is stretched over '
        f'{shown(image_path)} of {shape_of(image_shape)}, which has another '
        'aspect ratio'
    )


def fits(
    depth_shape: Sequence[int],
    image_shape: Sequence[int],
    tolerance: float = ASPECT_TOLERANCE,
) -> bool:
    """Whether two shapes (H, W) have one aspect ratio, but for rounding."""
    ratio = depth_shape[1] / depth_shape[0] * image_shape[0] / image_shape[1]
    return abs(ratio - 1) <= tolerance


def _rounded(*shapes: Sequence[int]) -> float:
    """A side of a few pixels may be off by more than 2 %."""
    smallest = min(side for shape in shapes for side in shape[:2])
    return max(ASPECT_TOLERANCE, 1 / smallest)


def shape_of(shape: Sequence[int]) -> str:
    """(H, W) as text."""
    return f'{shape[0]}×{shape[1]}'


def _orientation(path: Any) -> int:
    try:
        return image_orientation(path)
    except (ValueError, OSError):
        return 1  # an image from elsewhere than a local file
