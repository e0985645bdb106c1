"""The permutohedral lattice: Gaussian filtering in five dimensions.

Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the
Permutohedral Lattice", 2010. Points are splatted onto the vertices of the
simplex that holds them, blurred along the axes of the lattice, and sliced.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Lattice:
    """A lattice that is made once and filters many times.

    The filter is normalised symmetrically: a constant on points of equal
    density stays as it is (Kraehenbuehl and Koltun, 2013, Sec. 3.3).

    Attributes:
        vertices: (P, d + 1) int32, of the simplex of each point.
        weights: (P, d + 1) float32, barycentric, normalised.
        chains: (L,) int32, neighbours along the axes, see
            :func:`._kernels.line_up`.
        count: Number of vertices.
    """

    vertices: NDArray[np.int32]
    weights: NDArray[np.float32]
    chains: NDArray[np.int32]
    count: int

    @classmethod
    def of(cls, points: NDArray[np.float32]) -> Lattice:
        """The lattice of points (P, d), in units of the Gaussian's width.

        Raises:
            ValueError: If the points spread too far to be numbered.
        """
        from . import _kernels as kernels

        dim = points.shape[1]
        axis = np.arange(dim)
        scale = np.sqrt(2 / 3) * (dim + 1) / np.sqrt((axis + 1) * (axis + 2))
        reach = _reach(points, scale)
        places, origin = _places(reach)
        codes, weights = kernels.simplices(
            np.ascontiguousarray(points, np.float32),
            scale.astype(np.float32),
            np.array(places, np.uint64),
            np.uint64(origin),
        )
        vertices, names = kernels.number_vertices(codes)
        # A step is -1 in each coordinate, and d in that of the axis.
        steps = [
            abs((dim + 1) * place - sum(places)) for place in [*places, 0]
        ]
        chains = kernels.line_up(
            names, np.argsort(names), np.array(steps, np.uint64)
        )
        lattice = cls(vertices, weights, chains, len(names))
        ones = np.zeros((len(points), kernels.LANES), np.float32)
        ones[:, 0] = 1
        density = lattice.filter(ones)[:, :1]
        weights /= np.sqrt(np.maximum(density, 1e-20))
        return lattice

    def filter(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Filter values (P, 2)."""
        filtered = np.zeros_like(values)
        self.add_filtered(values, filtered, 1.0)
        return filtered

    def add_filtered(
        self,
        values: NDArray[np.float32],
        total: NDArray[np.float32],
        gain: float,
    ) -> None:
        """Add `gain` times the filtered values (P, 2) to `total` (P, 2)."""
        from . import _kernels as kernels

        kernels.lattice_filter(
            values,
            self.vertices,
            self.weights,
            self.chains,
            self.count,
            total,
            np.float32(gain),
        )


def _reach(
    points: NDArray[np.float32], scale: NDArray[np.float64]
) -> list[int]:
    """How far the coordinates of vertices can lie from 0, by coordinate."""
    dim = points.shape[1]
    extents = np.abs(points).max(axis=0).astype(np.float64) * scale
    rest = np.append(np.cumsum(extents[::-1])[::-1], 0)
    # Coordinate i > 0 is the sum of those after it less i times its own;
    # rounding, ranks and one blur add less than four sides of a simplex.
    raised = [rest[0], *(rest[i] + i * extents[i - 1] for i in range(1, dim))]
    return [int(np.ceil(value)) + 4 * (dim + 1) for value in raised]


def _places(reach: list[int]) -> tuple[list[int], int]:
    """What a step in each coordinate adds to a code, and the origin's code."""
    places, place, origin = [], 1, 0
    for value in reach:
        places.append(place)
        origin += value * place
        place *= 2 * value + 1
    if place >= 2**64:
        raise ValueError(
            'Expected widths of the dense CRF that are not so small against '
            'the image: a lattice of at most 2^64 places, but got '
            f'{float(place):.1e}. Widen `gaussian_sxy`, `bilateral_sxy` or '
            '`bilateral_srgb`.'
        )
    return places, origin
