"""Bodies with a signed distance: what furniture is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Shape = Literal['box', 'can', 'ball', 'cone']


@dataclass(frozen=True)
class Solid:
    """A body that stands upright, turned about the vertical only.

    Attributes:
        shape (str): 'box', 'can' (a cylinder), 'ball' (an ellipsoid) or
            'cone' (cut off: half is the radius below, the radius above and
            half the height).
        centre (tuple): x, y and z of its middle, metres.
        half (tuple): Half sizes along its own axes, metres.
        material (str): Name of what it is covered with.
        yaw (float): Turn about z, radians. Defaults to 0.
        rounding (float): Radius of the edges of a box, metres, at most its
            smallest half size. Defaults to 0.
    """

    shape: Shape
    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    material: str
    yaw: float = 0.0
    rounding: float = 0.0

    def local(self, points: np.ndarray) -> np.ndarray:
        """Points (p, 3) of the world in the frame of the body."""
        x, y, z = (np.asarray(points) - self.centre).T
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        return np.stack([cos * x + sin * y, cos * y - sin * x, z], axis=-1)

    def distance(self, points: np.ndarray) -> np.ndarray:
        """(p,) metres from points (p, 3) to the surface, negative inside."""
        points, half = self.local(points), np.asarray(self.half)
        if self.shape == 'ball':
            inner = np.linalg.norm(points / half, axis=1)
            slope = np.linalg.norm(points / half**2, axis=1)
            # First order at the surface, where it matters.
            return inner * (inner - 1) / np.maximum(slope, 1e-9)
        if self.shape == 'box':
            return _outside(np.abs(points) - half + self.rounding) - (
                self.rounding
            )
        across = np.hypot(points[:, 0], points[:, 1])
        beyond = np.abs(points[:, 2]) - half[2]
        if self.shape == 'can':
            return _outside(np.stack([across - half[0], beyond], axis=1))
        rise = np.clip(points[:, 2] / half[2], -1, 1)
        radius = half[0] + (half[1] - half[0]) * (rise + 1) / 2
        lean = np.cos(np.arctan2(half[1] - half[0], 2 * half[2]))
        return _outside(np.stack([(across - radius) * lean, beyond], axis=1))

    def box(self, margin: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner (3,) of a box around it, grown by margin."""
        x, y, z = self.half
        if self.shape in ('can', 'cone'):
            radius = x if self.shape == 'can' else max(x, y)
            reach = np.array([radius, radius, z])
        else:
            cos, sin = abs(np.cos(self.yaw)), abs(np.sin(self.yaw))
            reach = np.array([cos * x + sin * y, sin * x + cos * y, z])
        return self.centre - reach - margin, self.centre + reach + margin

    def samples(self, side: int = 7) -> np.ndarray:
        """(p, 3) points of a lattice inside the body."""
        steps = np.linspace(-1, 1, side) * 0.98
        grid = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3)
        half = np.asarray(self.half)
        if self.shape in ('can', 'cone'):
            radius = half[0] if self.shape == 'can' else half[:2].max()
            half = np.array([radius, radius, half[2]])
        cos, sin = np.cos(self.yaw), np.sin(self.yaw)
        x, y, z = (grid * half).T
        points = np.stack([cos * x - sin * y, sin * x + cos * y, z], -1)
        points += self.centre
        return points[self.distance(points) < 0]

    def moved(
        self, position: Sequence[float], yaw: float, height: float = 0.0
    ) -> 'Solid':
        """The body after a turn about the origin, then a shift."""
        cos, sin = np.cos(yaw), np.sin(yaw)
        x, y, z = self.centre
        centre = (
            float(cos * x - sin * y + position[0]),
            float(sin * x + cos * y + position[1]),
            float(z + height),
        )
        return replace(self, centre=centre, yaw=float(self.yaw + yaw))


def _outside(beyond: np.ndarray) -> np.ndarray:
    """Distance of a box from how far points lie beyond each pair of sides."""
    outer = np.linalg.norm(np.maximum(beyond, 0), axis=1)
    return outer + np.minimum(beyond.max(axis=1), 0)


def nearest_solid(
    points: np.ndarray, solids: Sequence[Solid], margin: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which body each point is nearest to.

    Args:
        points (np.ndarray): (p, 3) metres.
        solids (Sequence[Solid]): The bodies.
        margin (float): Farther than this is not told apart, metres.

    Returns:
        tuple: (p,) float64 distance, at most ``margin``, and (p,) int64
        index of the body, -1 where all are as far as ``margin``.
    """
    distance = np.full(len(points), float(margin))
    which = np.full(len(points), -1)
    order = np.argsort(points[:, 0])  # a body has its points in a slice
    x, y, z = points[order].T
    for index, solid in enumerate(solids):
        low, high = solid.box(margin)
        part = slice(*np.searchsorted(x, (low[0], high[0])))
        near = (y[part] >= low[1]) & (y[part] <= high[1])
        near &= (z[part] >= low[2]) & (z[part] <= high[2])
        near = order[part][near]
        own = solid.distance(points[near])
        closer = own < distance[near]
        distance[near[closer]] = own[closer]
        which[near[closer]] = index
    return distance, which
