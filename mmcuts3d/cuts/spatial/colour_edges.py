"""Edges of colour in the graph, where depth says little; beyond the paper.

The cost of an edge of the k-NN graph is then made of distance and colour
together: neighbours at one depth part where an edge of the image runs
between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._check import check_image, check_literal, check_range
from .point_cloud import Graph, cell_means

if TYPE_CHECKING:
    from .surface import Surface

Where = Literal['untrusted', 'everywhere']


@dataclass(frozen=True, kw_only=True)
class ColourEdges:
    """How far differences of colour lengthen the edges of a graph.

    An edge of length d between patches whose colours differ by c, from 0 to 1
    (black and white), counts as sqrt(d² + (weight * c)²).

    Args:
        weight: Length of the difference between black and white, in sides of
            the image. Defaults to 0.25.
        where: ``'untrusted'`` takes colour as far as depth is not trusted,
            `weight` times 1 - trust (see :class:`DepthTrust`): with depth of
            a sensor not at all, for things have edges of colour inside too.
            ``'everywhere'`` takes all of it. Defaults to 'untrusted'.

    Raises:
        ValueError: On a setting out of range.
    """

    weight: float = 0.25
    where: Where = 'untrusted'

    def __post_init__(self) -> None:
        check_range('weight', self.weight, 0, open_low=True)
        check_literal('where', self.where, Where)

    def lengthen(
        self, graph: Graph, nodes: NDArray[np.intp], surface: Surface
    ) -> Graph:
        """The graph with longer edges between unlike colours.

        Args:
            graph: Graph whose nodes are patches.
            nodes: (n,) patch of each node, row-major.
            surface: Of the image, with its colours.
        """
        share = 1 - surface.trust if self.where == 'untrusted' else 1.0
        if not share:
            return graph
        colours = surface.colours.reshape(-1, 3)[nodes]
        difference = colours[graph.edges[:, 0]] - colours[graph.edges[:, 1]]
        apart = np.linalg.norm(difference, axis=1) / np.sqrt(3)
        lengths = np.hypot(graph.lengths, self.weight * share * apart)
        return Graph(graph.num_nodes, graph.edges, lengths)


def patch_colours(
    image: ArrayLike, grid: tuple[int, int]
) -> NDArray[np.float64]:
    """The mean colour of each patch.

    Args:
        image: (H, W, 3) uint8 RGB.
        grid: (h, w) of the patch grid.

    Returns:
        (h, w, 3) float64 in [0, 1].

    Raises:
        ValueError: If `image` is no such array.
    """
    pixels = check_image(image).astype(np.float64) / 255
    means = [cell_means(pixels[..., k], grid) for k in range(3)]
    return np.stack(means, axis=-1)
