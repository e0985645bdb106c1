"""A frame is looked at before its numbers are used."""

import numpy as np

from ..structures import Frame

#: Most that a rotation may miss being one: poses are printed in few digits.
ROTATION_TOLERANCE = 1e-2


def check_frame(frame: Frame) -> Frame:
    """Hand a frame back, if it is one.

    Args:
        frame (Frame): From a file or a user.

    Returns:
        Frame: The same.

    Raises:
        ValueError: If an array has another shape or type than
            :class:`~projects.unscene3d.unscene3d.structures.Frame` says, or
            the pose is no rotation and translation; names the frame.
    """
    _check_images(frame)
    _check_intrinsics(frame)
    _check_pose(frame)
    return frame


def _check_images(frame: Frame) -> None:
    colour, depth = np.asarray(frame.colour), np.asarray(frame.depth)
    if colour.ndim != 3 or colour.shape[2] != 3 or not colour.size:
        raise ValueError(
            f'{frame.name}: expected a colour image of shape (H, W, 3), but '
            f'got {colour.shape}.'
        )
    if colour.dtype != np.uint8:
        raise ValueError(
            f'{frame.name}: expected a colour image of uint8, but got '
            f'{colour.dtype}.'
        )
    if depth.ndim != 2 or not depth.size or depth.dtype.kind != 'f':
        raise ValueError(
            f'{frame.name}: expected a depth image (h, w) of floats in '
            f'metres, but got {depth.shape} {depth.dtype}.'
        )
    if not np.isfinite(depth).all() or depth.min() < 0:
        raise ValueError(
            f'{frame.name}: expected depths of 0 (none) or more metres, but '
            'got negative, NaN or infinite ones.'
        )


def _check_intrinsics(frame: Frame) -> None:
    matrix = np.asarray(frame.intrinsics)
    good = matrix.shape == (3, 3) and np.isfinite(matrix).all()
    if not good or min(matrix[0, 0], matrix[1, 1]) <= 0:
        raise ValueError(
            f'{frame.name}: expected intrinsics (3, 3) with positive focal '
            f'lengths, but got {matrix.tolist()}.'
        )


def _check_pose(frame: Frame) -> None:
    pose = np.asarray(frame.pose)
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise ValueError(
            f'{frame.name}: expected a finite pose (4, 4), camera to world, '
            f'but got {pose.tolist()}.'
        )
    turn = pose[:3, :3]
    error = np.abs(turn @ turn.T - np.eye(3)).max()
    if error > ROTATION_TOLERANCE or np.linalg.det(turn) < 0:
        raise ValueError(
            f'{frame.name}: expected the pose to hold a rotation, but got '
            f'rows of lengths {np.linalg.norm(turn, axis=1).round(3)} and '
            f'determinant {np.linalg.det(turn):.3f}.'
        )
    if not np.allclose(pose[3], [0, 0, 0, 1]):
        raise ValueError(
            f'{frame.name}: expected the last row of the pose to be '
            f'0 0 0 1, but got {pose[3].tolist()}: is it transposed?'
        )
