"""Convex solids under parallel rays, for the embedded RGB-D scenes.

A ball, a cube and a can of unit size, stretched and turned: each answers
where a ray enters and leaves it, for the z-buffer as for the shadows.
"""

from dataclasses import dataclass

import numpy as np

# Exponent of the normals near an edge: a real box has no razor's edge, and
# the rounded normal catches the light there. 16 keeps the faces flat.
_BEVEL = 16


@dataclass(frozen=True)
class Solid:
    """One convex solid in camera coordinates (x right, y down, z away).

    Args:
        shape (str): ``'ball'``, ``'cube'`` or ``'can'``, each of half size 1
            about the origin; the can stands along its third axis.
        centre (np.ndarray): (3,) position, image heights.
        axes (np.ndarray): (3, 3), one unit axis of the solid a row.
        half (np.ndarray): (3,) half sizes along the axes, > 0.
        tone (int): Colour of the material: 0 the body, 1 the trim.
    """

    shape: str
    centre: np.ndarray
    axes: np.ndarray
    half: np.ndarray
    tone: int = 0

    @property
    def extent(self) -> np.ndarray:
        """(3,) half size of the upright box that holds the solid."""
        return self.half @ np.abs(self.axes)

    def interval(
        self, origins: np.ndarray, direction: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Where rays enter and leave.

        Args:
            origins (np.ndarray): (P, 3) ray origins.
            direction (np.ndarray): (3,) direction that all rays share.

        Returns:
            tuple: near and far distances (P,) along the ray, near > far
            where the ray misses.
        """
        start = ((origins - self.centre) @ self.axes.T) / self.half
        step = (self.axes @ direction) / self.half
        return _INTERVALS[self.shape](start, step.astype(start.dtype))

    def normals(self, points: np.ndarray) -> np.ndarray:
        """Outward unit normals (P, 3) at surface points (P, 3)."""
        unit = ((points - self.centre) @ self.axes.T) / self.half
        normal = (_NORMALS[self.shape](unit) / self.half) @ self.axes
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        return normal / np.maximum(length, 1e-9)


def _roots(
    a: float, b: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Roots of a t² + 2 b t + c; an empty interval where there are none."""
    discriminant = b * b - a * c
    root = np.sqrt(np.maximum(discriminant, 0))
    hit = discriminant > 0
    near = np.where(hit, (-b - root) / a, np.inf)
    far = np.where(hit, (-b + root) / a, -np.inf)
    return near, far


def _slab(start: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Interval of ``|start + t step| <= 1`` for one coordinate."""
    step = step if abs(step) > 1e-6 else 1e-6
    first, second = (-1 - start) / step, (1 - start) / step
    return np.minimum(first, second), np.maximum(first, second)


def _ball_interval(
    start: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    squared = np.einsum('pi,pi->p', start, start)
    return _roots(step @ step, start @ step, squared - 1)


def _cube_interval(
    start: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    slabs = [_slab(start[:, i], float(step[i])) for i in range(3)]
    near = np.maximum.reduce([slab[0] for slab in slabs])
    far = np.minimum.reduce([slab[1] for slab in slabs])
    return near, far


def _can_interval(
    start: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    # A ray along the axis has no roots on the wall: tilt it by nothing
    # that anybody can see.
    flat = step[:2] if step[:2] @ step[:2] > 1e-8 else step[:2] + 1e-4
    ring = start[:, :2]
    squared = np.einsum('pi,pi->p', ring, ring)
    wall = _roots(flat @ flat, ring @ flat, squared - 1)
    ends = _slab(start[:, 2], float(step[2]))
    return np.maximum(wall[0], ends[0]), np.minimum(wall[1], ends[1])


def _ball_normals(unit: np.ndarray) -> np.ndarray:
    return unit


def _cube_normals(unit: np.ndarray) -> np.ndarray:
    return np.sign(unit) * np.abs(unit) ** _BEVEL


def _can_normals(unit: np.ndarray) -> np.ndarray:
    radius = np.maximum(np.hypot(unit[:, 0], unit[:, 1]), 1e-6)
    wall = radius ** (_BEVEL - 1)
    ends = np.sign(unit[:, 2]) * np.abs(unit[:, 2]) ** _BEVEL
    return np.stack([unit[:, 0] * wall, unit[:, 1] * wall, ends], axis=1)


_INTERVALS = {
    'ball': _ball_interval,
    'cube': _cube_interval,
    'can': _can_interval,
}
_NORMALS = {
    'ball': _ball_normals,
    'cube': _cube_normals,
    'can': _can_normals,
}
