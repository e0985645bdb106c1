"""The permutohedral lattice: Gaussian filtering in five dimensions.

Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the
Permutohedral Lattice", 2010. Points are splatted onto the vertices of the
simplex that holds them, blurred along the axes of the lattice, and sliced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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

        numbering = Numbering.of(
            np.array([np.abs(column).max() for column in points.T])
        )
        codes, weights = kernels.simplices(
            np.ascontiguousarray(points, np.float32),
            numbering.scale.astype(np.float32),
            np.array(numbering.places, np.uint64),
            np.uint64(numbering.origin),
        )
        vertices, names = kernels.number_vertices(codes)
        chains = kernels.line_up(
            names, np.argsort(names), np.array(numbering.steps, np.uint64)
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


@dataclass(frozen=True)
class Numbering:
    """One integer below 2^64, the code, for each vertex of a lattice.

    Attributes:
        scale: (d,) float64, of the coordinates in the hyperplane.
        places: What a step in each of the first d coordinates of a vertex
            adds to its code.
        origin: Code of the vertex at 0: half of the largest code.
    """

    scale: NDArray[np.float64]
    places: list[int]
    origin: int

    @classmethod
    def of(cls, extents: NDArray[np.floating[Any]]) -> Numbering:
        """For points with coordinates (d,) of at most these sizes.

        Raises:
            ValueError: If the points spread too far to be numbered.
        """
        dim = len(extents)
        axis = np.arange(dim)
        scale = np.sqrt(2 / 3) * (dim + 1) / np.sqrt((axis + 1) * (axis + 2))
        places, place, origin = [], 1, 0
        for reach in _reach(extents.astype(np.float64) * scale):
            places.append(place)
            origin += reach * place
            place *= 2 * reach + 1
        if place >= 2**64:
            raise ValueError(
                'Expected widths of the dense CRF that are not so small '
                'against the image: a lattice of at most 2^64 places, but '
                f'got {float(place):.1e}. Widen `gaussian_sxy`, '
                '`bilateral_sxy` or `bilateral_srgb`.'
            )
        return cls(scale, places, origin)

    @property
    def steps(self) -> list[int]:
        """Difference of the codes of two neighbours along each axis."""
        # A step is -1 in each coordinate, and d in that of the axis.
        side, total = len(self.places) + 1, sum(self.places)
        return [abs(side * place - total) for place in [*self.places, 0]]


def _reach(extents: NDArray[np.float64]) -> list[int]:
    """How far the coordinates of vertices can lie from 0, by coordinate."""
    dim = len(extents)
    rest = np.append(np.cumsum(extents[::-1])[::-1], 0)
    # Coordinate i > 0 is the sum of those after it less i times its own;
    # rounding, ranks and one blur add less than four sides of a simplex.
    raised = [rest[0], *(rest[i] + i * extents[i - 1] for i in range(1, dim))]
    return [int(np.ceil(value)) + 4 * (dim + 1) for value in raised]
