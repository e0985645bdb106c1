"""The camera's way through a room, and what it sees."""

from collections.abc import Callable, Sequence

import numpy as np

from ..frames.camera import camera_rays
from ..optional import need
from ..structures import Frame
from .layout import Ground
from .solids import Solid, nearest_solid

#: Horizontal field of view, radians, as that of a structured-light sensor.
FIELD_OF_VIEW = np.deg2rad(66)
Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]


def camera_poses(
    rng: np.random.Generator,
    ground: Ground,
    solids: Sequence[Solid],
    number: int,
) -> list[np.ndarray]:
    """A walk around the room, looking across it.

    Args:
        rng (np.random.Generator): Source of all choices.
        ground (Ground): The floor and its walls.
        solids (Sequence[Solid]): What the camera must not be inside of.
        number (int): Of poses.

    Returns:
        list[np.ndarray]: (4, 4) camera to world.
    """
    size = np.asarray(ground.size)
    start = rng.uniform(0, 2 * np.pi)
    poses: list[np.ndarray] = []
    tries = 0
    while len(poses) < number:
        tries += 1
        angle = start + 2 * np.pi * len(poses) / number + rng.normal(0, 0.15)
        way = np.array([np.cos(angle), np.sin(angle)])
        reach = rng.uniform(0.3, 0.46) * size
        eye = np.array([*(size / 2 + reach * way), rng.uniform(1.15, 1.7)])
        # Over the middle, or along a wall, at things or down.
        aim = size / 2 - way * reach * rng.uniform(0.0, 1.1)
        aim = aim + rng.normal(0, 0.2, 2)
        target = np.array([*aim, rng.uniform(0.1, 0.75)])
        clear = nearest_solid(eye[None], solids, 0.3)[0][0]
        if clear >= 0.2 or tries > 40 * number:
            poses.append(look_at(eye, target))
    return poses


def look_at(eye: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(4, 4) pose of an upright camera at ``eye`` that sees ``target``."""
    forward = target - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    right = right / np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    pose[:3, 3] = eye
    return pose


def intrinsics_of(size: tuple[int, int]) -> np.ndarray:
    """(3, 3) intrinsics of an image of height and width ``size``."""
    height, width = size
    focal = width / 2 / np.tan(FIELD_OF_VIEW / 2)
    return np.array(
        [
            [focal, 0, (width - 1) / 2],
            [0, focal, (height - 1) / 2],
            [0, 0, 1.0],
        ]
    )


class Caster:
    """Rays against the mesh of a room, by Open3D.

    Args:
        points (np.ndarray): (n, 3) vertices.
        faces (np.ndarray): (m, 3).

    Raises:
        ImportError: If Open3D is not installed.
    """

    def __init__(self, points: np.ndarray, faces: np.ndarray) -> None:
        o3d = need('open3d', 'Rendering an embedded room')
        self._tensor = o3d.core.Tensor
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            self._tensor(points.astype(np.float32)),
            self._tensor(faces.astype(np.uint32)),
        )

    def seen_from(
        self, points: np.ndarray, eyes: np.ndarray, slack: float
    ) -> np.ndarray:
        """(p,) bool: nothing lies between points (p, 3) and eyes (p, 3).

        A ray ends ``slack`` metres before its point.
        """
        ways = points - eyes
        length = np.linalg.norm(ways, axis=1, keepdims=True)
        rays = np.concatenate([eyes, ways / length], axis=1)
        hits = self._scene.cast_rays(self._tensor(rays.astype(np.float32)))
        return hits['t_hit'].numpy() >= length[:, 0] - slack

    def render(
        self,
        intrinsics: np.ndarray,
        pose: np.ndarray,
        size: tuple[int, int],
        paint: Paint,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Colour (h, w, 3) uint8 and depth (h, w) float32, 0 = nothing."""
        rays = camera_rays(intrinsics, pose, size)
        hits = self._scene.cast_rays(self._tensor(rays))
        depth = hits['t_hit'].numpy()
        normals = hits['primitive_normals'].numpy()
        hit = np.isfinite(depth)
        points = rays[hit][:, :3] + depth[hit][:, None] * rays[hit][:, 3:]
        colour = np.full((*size, 3), 235, np.uint8)
        colour[hit] = paint(points, normals[hit])
        return colour, np.where(hit, depth, 0).astype(np.float32)


def with_noise(frame: Frame, rng: np.random.Generator, noise: float) -> Frame:
    """The frame as a sensor gives it.

    Depth gets an error that grows with its square, as of structured light,
    and holes at outlines; colour gets grain.

    Args:
        frame (Frame): Without noise.
        rng (np.random.Generator): Source of the noise.
        noise (float): Deviation of the depth at 1 m, metres.

    Returns:
        Frame: Another one.
    """
    depth = frame.depth
    error = rng.normal(0, 1, depth.shape) * noise * depth**2
    # A pixel beside a jump in depth may see nothing.
    jump = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        step = np.abs(np.diff(depth, axis=axis)) > 0.05 * depth.max()
        first = [slice(None), slice(None)]
        first[axis] = slice(0, -1)
        jump[tuple(first)] |= step
    lost = (jump & (rng.random(depth.shape) < 0.5)) | (
        rng.random(depth.shape) < 0.003
    )
    depth = np.where(lost | (depth == 0), 0, np.maximum(depth + error, 0.01))
    grain = rng.normal(0, 500 * noise, frame.colour.shape)
    colour = (frame.colour + grain).round().clip(0, 255).astype(np.uint8)
    return Frame(
        frame.name,
        colour,
        depth.astype(np.float32),
        frame.intrinsics,
        frame.pose,
    )
