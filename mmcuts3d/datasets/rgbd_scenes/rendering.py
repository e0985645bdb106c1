"""First hits of the rays of one embedded RGB-D scene: its z-buffer.

Parallel rays along z, as in the orthographic point cloud of CutS3D.
"""

from dataclasses import dataclass

import numpy as np

from .kinds import Thing, floor_frame


@dataclass(frozen=True)
class Stage:
    """The ground of a scene: a floor that bends up into a wall.

    Args:
        elevation (float): Angle of the camera above the floor, radians.
        wall (float): Where the wall stands, image heights away along the
            floor.
        yaw (float): Turn of the wall about the upright axis, radians.
        bend (float): Radius of the smooth bend between the two.
    """

    elevation: float
    wall: float
    yaw: float
    bend: float

    def depth(self, height: int, width: int) -> np.ndarray:
        """Distance (H, W) of the ground along z, image heights."""
        floor, wall, slope = self._planes(height, width)
        first, second = floor / self.bend, wall / (self.bend * slope)
        depth = -self.bend * np.logaddexp(-first, -second)
        return depth.astype(np.float32)

    def is_wall(self, height: int, width: int) -> np.ndarray:
        """(H, W) bool, where the wall stands before the floor."""
        floor, wall, slope = self._planes(height, width)
        return wall / slope < floor

    def _planes(
        self, height: int, width: int
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Depth (H, 1) of the floor; (H, W) and a divisor, of the wall."""
        y, x = image_grid(height, width)
        right, away, _ = floor_frame(self.elevation)
        floor = (0.5 - y[:, None]) / np.tan(self.elevation)
        normal = np.cos(self.yaw) * away + np.sin(self.yaw) * right
        wall = self.wall - normal[0] * x - normal[1] * (y[:, None] - 0.5)
        return floor, wall, normal[2]


@dataclass(frozen=True)
class Hits:
    """What the rays hit first.

    Args:
        depth (np.ndarray): (H, W) float32 distance along z, image heights.
        owner (np.ndarray): (H, W) index of the object, -1 the ground.
        part (np.ndarray): (H, W) index of the solid within its object.
    """

    depth: np.ndarray
    owner: np.ndarray
    part: np.ndarray


def image_grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres: y (height,) in [-0.5, 0.5], x (width,) to that scale."""
    y = (np.arange(height) + 0.5) / height - 0.5
    x = (np.arange(width) + 0.5 - width / 2) / height
    return y.astype(np.float32), x.astype(np.float32)


def trace(things: list[Thing], ground: np.ndarray) -> Hits:
    """Z-buffer of a scene.

    Args:
        things (list): The objects.
        ground (np.ndarray): (H, W) depth of the ground behind them.

    Returns:
        Hits: First hits.
    """
    y, x = image_grid(*ground.shape)
    depth = ground.copy()
    owner = np.full(ground.shape, -1, np.int16)
    part = np.zeros(ground.shape, np.int16)
    forward = np.array([0, 0, 1], np.float32)
    for index, thing in enumerate(things):
        for number, solid in enumerate(thing.solids):
            rows = _window(y, solid.centre[1], solid.extent[1])
            columns = _window(x, solid.centre[0], solid.extent[0])
            grid = np.meshgrid(x[columns], y[rows])
            if not grid[0].size:
                continue
            rays = np.stack([*grid, np.zeros_like(grid[0])], -1)
            near, far = solid.interval(rays.reshape(-1, 3), forward)
            near = near.reshape(grid[0].shape)
            window = depth[rows, columns]
            seen = (near < far.reshape(near.shape)) & (near < window)
            window[seen] = near[seen]
            owner[rows, columns][seen] = index
            part[rows, columns][seen] = number
    return Hits(depth, owner, part)


def surface_normals(
    hits: Hits, points: np.ndarray, things: list[Thing], ground: np.ndarray
) -> np.ndarray:
    """Unit normals of the visible surface, towards the camera.

    Args:
        hits (Hits): Of :func:`trace`.
        points (np.ndarray): (H, W, 3) where the rays hit.
        things (list): The objects.
        ground (np.ndarray): (H, W) depth of the ground.

    Returns:
        np.ndarray: (H, W, 3) float32.
    """
    down, right = np.gradient(ground, np.float32(1 / len(ground)))
    normal = np.stack([right, down, np.full_like(ground, -1)], -1)
    normal /= np.sqrt(np.einsum('hwi,hwi->hw', normal, normal))[..., None]
    for index, thing in enumerate(things):
        mine = hits.owner == index
        for number, solid in enumerate(thing.solids):
            here = mine & (hits.part == number)
            normal[here] = solid.normals(points[here])
    return normal


def _window(grid: np.ndarray, centre: float, extent: float) -> slice:
    first, last = np.searchsorted(grid, [centre - extent, centre + extent])
    return slice(int(first), int(last))
