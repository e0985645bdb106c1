"""Small coloured clouds that tests of files and pictures share."""

import numpy as np

from mmcuts3d.visualization.point_cloud import build_point_cloud


def picture(height=2, width=4):
    values = np.arange(height * width * 3, dtype=np.uint8)
    return values.reshape(height, width, 3)


def two_walls(size=24):
    """A cloud of two walls, one nearer, in two colours."""
    depth = np.zeros((size, size))
    depth[:, size // 2 :] = 1
    image = np.zeros((size, size, 3), np.uint8)
    image[:, : size // 2, 0] = 220
    image[:, size // 2 :, 2] = 220
    return build_point_cloud(image, depth)
