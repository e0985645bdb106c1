"""The pinhole camera of a frame: from vertices to pixels and back.

The centre of the upper left pixel is (0, 0). The camera looks along +z, x is
right and y is down.
"""

from dataclasses import dataclass

import numpy as np

from ..structures import Frame


@dataclass(frozen=True)
class Sight:
    """The vertices that a frame sees.

    Attributes:
        vertices (np.ndarray): (v,) int64, which, rising.
        places (np.ndarray): (v, 2) float64, x and y as shares of the width
            and height of the image, in [0, 1]. They hold for the colour
            image, whatever its size, and for any map that covers it.
    """

    vertices: np.ndarray
    places: np.ndarray


def project(
    points: np.ndarray, intrinsics: np.ndarray, pose: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of points.

    Args:
        points (np.ndarray): (n, 3) in the world, metres.
        intrinsics (np.ndarray): (3, 3).
        pose (np.ndarray): (4, 4) camera to world.

    Returns:
        tuple: (n, 2) float64 x and y in pixels, NaN for points that are not
        in front of the camera, and (n,) float64 metres along the optical
        axis.
    """
    seen_from = (np.asarray(points, np.float64) - pose[:3, 3]) @ pose[:3, :3]
    depth = seen_from[:, 2]
    in_front = np.where(depth > 0, depth, np.nan)
    return (seen_from @ intrinsics[:2].T) / in_front[:, None], depth


def sight(
    points: np.ndarray,
    frame: Frame,
    tolerance: tuple[float, float] = (0.05, 0.02),
) -> Sight:
    """Which points a frame sees: those as far away as its depth says.

    Args:
        points (np.ndarray): (n, 3) in the world, metres.
        frame (Frame): Its colour image is not looked at.
        tolerance (tuple): Metres, and share of the depth, that a point and
            the depth image may differ by: their sum counts. Defaults to
            (0.05, 0.02).

    Returns:
        Sight: Points whose nearest pixel has a depth that agrees. What lies
        behind something, outside of the image, behind the camera or at a
        pixel without depth is not seen.
    """
    height, width = frame.depth.shape
    pixels, depth = project(points, frame.intrinsics, frame.pose)
    with np.errstate(invalid='ignore'):
        inside = (pixels > -0.5) & (pixels < (width - 0.5, height - 0.5))
    vertices = np.flatnonzero(inside.all(axis=1))
    column, row = np.floor(pixels[vertices] + 0.5).astype(np.int64).T
    measured, depth = frame.depth[row, column], depth[vertices]
    absolute, relative = tolerance
    near = np.abs(depth - measured) <= absolute + relative * depth
    vertices = vertices[near & (measured > 0)]
    places = (pixels[vertices] + 0.5) / (width, height)
    return Sight(vertices, places)


def camera_rays(
    intrinsics: np.ndarray, pose: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """A ray through the centre of each pixel.

    Args:
        intrinsics (np.ndarray): (3, 3).
        pose (np.ndarray): (4, 4) camera to world.
        size (tuple): Height and width, pixels.

    Returns:
        np.ndarray: (h, w, 6) float32, origin and direction in the world.
        The direction advances by 1 along the optical axis, so that lengths
        in its units are depths.
    """
    rows, columns = np.mgrid[: size[0], : size[1]]
    pixels = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
    directions = pixels @ np.linalg.inv(intrinsics).T @ pose[:3, :3].T
    origins = np.broadcast_to(pose[:3, 3], directions.shape)
    return np.concatenate([origins, directions], -1).astype(np.float32)
