"""Poses and cameras: read, checked, held against the scene."""

from collections.abc import Sequence

import numpy as np

from ..frames.camera import project
from ..structures import Frame, Scene

_MOST_VERTICES, _MOST_FRAMES = 20_000, 24
#: From the camera of graphics, x right, y up, z back, to that of a Frame.
_GRAPHICS = np.diag([1.0, -1.0, -1.0, 1.0])
#: What is wrong with poses by which the scene is seen.
_MISTAKES = {
    'world-to-camera': lambda pose: np.linalg.inv(pose),
    'camera-to-world of a camera with y upwards and z backwards (OpenGL, '
    'Blender, ARKit)': lambda pose: pose @ _GRAPHICS,
    'world-to-camera of a camera with y upwards and z backwards (OpenGL)': (
        lambda pose: np.linalg.inv(pose) @ _GRAPHICS
    ),
}
#: Another convention that sees so many times more is the right one.
_TIMES = 2


def check_poses(
    scene: Scene, frames: Sequence[Frame], tolerance: float = 0.1
) -> np.ndarray:
    """Check that the frames see the scene by the convention of a Frame.

    A vertex is seen where its distance from the camera agrees with the depth
    of its pixel. At most 20,000 vertices and 24 frames are looked at, evenly
    spread.

    Args:
        scene (Scene): Of n vertices.
        frames (Sequence[Frame]): With poses from camera to world.
        tolerance (float): How far vertex and depth may be apart, as a share
            of the distance. Defaults to 0.1.

    Returns:
        np.ndarray: (frames looked at,) float, share of the vertices that
        each sees.

    Raises:
        ValueError: If no frame sees the scene, or by another convention
            (world to camera, or a camera with y upwards) they see twice as
            much; says which.
    """
    if not len(frames):
        raise ValueError(f'{scene.name}: expected frames, but got none.')
    points = _thinned(scene.points, _MOST_VERTICES).astype(np.float64)
    chosen = [
        frames[int(index)]
        for index in _thinned(np.arange(len(frames)), _MOST_FRAMES)
    ]
    seen = np.array([_seen(points, f, f.pose, tolerance) for f in chosen])
    others = {
        text: np.mean(
            [_seen(points, f, way(f.pose), tolerance) for f in chosen]
        )
        for text, way in _MISTAKES.items()
    }
    best = max(others, key=lambda text: others[text])
    if others[best] > max(_TIMES * seen.mean(), 1 / len(points)):
        raise ValueError(
            f'{scene.name}: expected poses that are camera-to-world, x '
            'right, y down, z forward, by which the frames see '
            f'{seen.mean():.1%} of the vertices, but got poses that look like '
            f'{best}, by which they see {others[best]:.1%}.'
        )
    if not seen.any():
        raise ValueError(
            f'{scene.name}: expected frames that see the scene, but got '
            f'{len(chosen)} of which none sees a vertex; frames and vertices '
            'may differ in their unit, axes or alignment, or belong to two '
            'scenes.'
        )
    return seen


def check_rigid(pose: np.ndarray, name: str) -> None:
    """Check that a pose turns and moves, and does nothing else.

    Args:
        pose (np.ndarray): (4, 4).
        name (str): Of the frame, for messages.

    Raises:
        ValueError: If its upper left is no rotation, its last row not 0 0 0
            1.
    """
    turn = pose[:3, :3]
    orthogonal = np.allclose(turn @ turn.T, np.eye(3), atol=0.02)
    determinant = float(np.linalg.det(turn))
    if not orthogonal or determinant < 0:
        raise ValueError(
            f'{name}: expected a pose with a rotation, of determinant 1, but '
            f'got one of determinant {determinant:.3g}'
            f'{"" if orthogonal else ", not orthogonal"}.'
        )
    if not np.allclose(pose[3], (0, 0, 0, 1), atol=1e-6):
        raise ValueError(
            f'{name}: expected a pose with the last row 0 0 0 1, but got '
            f'{pose[3].tolist()}; it may be transposed.'
        )


def check_camera(camera: np.ndarray, name: str) -> None:
    """Check the intrinsics of a frame.

    Args:
        camera (np.ndarray): What should be (3, 3).
        name (str): Of the frame, for messages.

    Raises:
        ValueError: If it has another shape, is not finite, or a focal length
            is not positive.
    """
    if camera.shape != (3, 3) or not (
        np.isfinite(camera).all() and camera[0, 0] > 0 and camera[1, 1] > 0
    ):
        raise ValueError(
            f'{name}: expected 3×3 intrinsics with positive focal lengths, '
            f'but got {camera.tolist()}.'
        )


def _thinned(values: np.ndarray, most: int) -> np.ndarray:
    if len(values) <= most:
        return values
    return values[np.linspace(0, len(values) - 1, most).astype(int)]


def _seen(
    points: np.ndarray, frame: Frame, pose: np.ndarray, tolerance: float
) -> float:
    """The share of the points that agree with the depth."""
    places, distance = project(points, frame.intrinsics, pose)
    ahead = distance > 1e-3
    pixels, distance = np.rint(places[ahead]), distance[ahead]
    height, width = frame.depth.shape
    inside = (
        (pixels >= 0).all(axis=1)
        & (pixels[:, 0] < width)
        & (pixels[:, 1] < height)
    )
    column, row = pixels[inside].astype(int).T
    depth, distance = frame.depth[row, column], distance[inside]
    near = abs(depth - distance) <= tolerance * distance
    return float(((depth > 0) & near).sum()) / len(points)
