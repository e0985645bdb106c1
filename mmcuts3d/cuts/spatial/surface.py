"""The depth of one image on the patch grid, and what follows from it.

Made once an image and asked by everything that needs depth: each quantity is
computed when it is first asked for, and then kept.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_range
from .colour_edges import patch_colours
from .creases import creases
from .depth_trust import DepthTrust
from .point_cloud import Graph, Pooling, grid_graph, point_cloud, pool_depth

#: Trust from which on depth is believed to show borders inside of bodies.
LEAST_TRUST = 0.8


class Surface:
    """What the camera sees, as points in space.

    Args:
        depth: (h, w) or finer, float in [0, 1], 0 = nearest.
        grid: (h, w) of the patch grid.
        z_scale: See :func:`point_cloud`. Defaults to 3.
        pooling: See :func:`pool_depth`. Defaults to 'median'.
        trust: Flattens the point cloud of noisy depth. Defaults to None:
            depth is trusted.
        image: (H, W, 3) uint8 RGB, whose colours are asked for. Defaults to
            None: it has none.

    Attributes:
        trust: Share of `z_scale` that the point cloud has, in (0, 1].

    Raises:
        ValueError: On a depth outside [0, 1] or settings out of range.
    """

    def __init__(
        self,
        depth: ArrayLike,
        grid: tuple[int, int],
        z_scale: float = 3.0,
        pooling: Pooling = 'median',
        trust: DepthTrust | None = None,
        image: ArrayLike | None = None,
    ) -> None:
        self.depth: NDArray[np.float32] = pool_depth(depth, grid, pooling)
        self.grid = grid
        check_range('z_scale', z_scale, 0)
        #: What it was made with, by which it is told from others.
        self.settings = (tuple(grid), z_scale, pooling, trust)
        self.trust = 1.0 if trust is None else trust(self.depth, z_scale)
        self.z_scale = self.trust * z_scale
        self._colours = None if image is None else patch_colours(image, grid)
        self._creases: dict[tuple[float, float], NDArray[np.float64]] = {}

    def checked(
        self, settings: tuple[object, ...], with_colours: bool
    ) -> Surface:
        """This surface, if it is the one that is wanted.

        Args:
            settings: Grid, z_scale, pooling and trust that it must have.
            with_colours: Whether its colours are needed.

        Raises:
            ValueError: If it has others, or no colours.
        """
        if self.settings != settings:
            raise ValueError(
                'Expected a surface of grid, z_scale, pooling and trust '
                f'{settings}, but got {self.settings}.'
            )
        if with_colours and self._colours is None:
            raise ValueError(
                'Expected argument `image`, or a surface that was made with '
                'it, for the colours of patches, but got depth alone.'
            )
        return self

    @property
    def trusted(self) -> bool:
        """Whether depth is good enough for min-cut and creases."""
        return self.trust >= LEAST_TRUST

    @property
    def colours(self) -> NDArray[np.float64]:
        """(h, w, 3) float64 in [0, 1], the mean colour of each patch."""
        if self._colours is None:
            raise ValueError(
                'Expected a surface that was made with `image` for its '
                'colours, but got depth alone.'
            )
        return self._colours

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """(h*w, 3) float64, see :func:`point_cloud`."""
        return point_cloud(self.depth, self.z_scale)

    @cached_property
    def neighbours(self) -> Graph:
        """Patches that lie side by side, see :func:`grid_graph`."""
        return grid_graph(self.points, self.grid)

    def creases(self, sigma: float, noise: float) -> NDArray[np.float64]:
        """(h, w) float64, see :func:`creases`."""
        key = (sigma, noise)
        if key not in self._creases:
            self._creases[key] = creases(self.depth, sigma, noise)
        return self._creases[key]
