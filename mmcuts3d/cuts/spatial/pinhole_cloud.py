"""Point cloud of a depth map as a pinhole camera sees it.

The cuts take the orthographic cloud of :mod:`.point_cloud`; DepthG (Sick et
al., CVPR 2024) samples from one that is seen through a pinhole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import as_array, check_range


def focal_length(field_of_view: float) -> float:
    """Focal length of a camera, in widths of its image: 1 / (2 tan(α / 2)).

    Args:
        field_of_view: Horizontal angle α in degrees, in (0, 180).

    Returns:
        Positive.

    Raises:
        ValueError: If the angle is out of range.
    """
    check_range('field_of_view', field_of_view, 0, 180, open_low=True)
    if field_of_view == 180:
        raise ValueError(
            'Expected argument `field_of_view` to lie below 180 degrees, '
            'but got 180.'
        )
    return float(0.5 / np.tan(np.deg2rad(field_of_view) / 2))


def pinhole_cloud(
    depth: ArrayLike,
    field_of_view: float = 60.0,
    focal: float | None = None,
) -> NDArray[np.float64]:
    """Unproject a depth map through a pinhole.

    x = z (column + ½ − w/2) / (f w), y = z (row + ½ − h/2) / (f w): pixels
    are square and the optical axis meets the middle of the image.

    Args:
        depth: (h, w) float, or (b, h, w): distances z along the optical axis,
            finite and not negative, in any unit. At depth 0 all pixels are
            one point, the pinhole: give relative depth an offset first.
        field_of_view: Horizontal, in degrees, in (0, 180). Defaults to 60.
        focal: Focal length f in widths of the image, positive, in place of
            `field_of_view`. Defaults to None.

    Returns:
        (h*w, 3) or (b, h*w, 3) float64, row-major, in the unit of `depth`: x
        to the right, y down, z away from the camera.

    Raises:
        ValueError: If an argument is out of its range.
    """
    array = as_array('depth', depth)
    if array.ndim not in (2, 3) or min(array.shape) < 1:
        raise ValueError(
            'Expected argument `depth` to be (h, w) or (b, h, w) with no '
            f'empty axis, but got shape {array.shape}.'
        )
    z = array.astype(np.float64)
    # NaN is below nothing: asked for so that it is refused.
    if not (np.isfinite(z) & (z >= 0)).all():
        bad = int((~(np.isfinite(z) & (z >= 0))).sum())
        raise ValueError(
            'Expected argument `depth` to be finite and not negative, but '
            f'got {bad} of {z.size} values that are not.'
        )
    if focal is None:
        focal = focal_length(field_of_view)
    check_range('focal', focal, 0, open_low=True)
    height, width = z.shape[-2:]
    x = (np.arange(width) + 0.5 - width / 2) / (focal * width)
    y = (np.arange(height) + 0.5 - height / 2) / (focal * width)
    cloud = np.stack([z * x, z * y[:, None], z], axis=-1)
    return cloud.reshape(*z.shape[:-2], height * width, 3)
