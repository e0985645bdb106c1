"""The geometric oversegmentation (UnScene3D Sec. 4.1)."""

from typing import Literal

import numpy as np

from mmcuts3d.registry import MODELS

from ..structures import Scene, Segments
from .graph import neighbour_graph
from .labels import segments_from_labels
from .merging import merge_nodes
from .normals import vertex_normals


@MODELS.register_module()
class Felzenszwalb:
    """Cut a scene into pieces of one surface (Sec. 4.1).

    The graph of the vertices is merged as Felzenszwalb and Huttenlocher
    (2004) do. Two vertices differ by ``(1 - n·n') + colour_weight · ½|c -
    c'|²``, half the squared distance of normals and of colours in [0, 1].
    The paper names both and gives no formula for colours.

    Args:
        k (float): Larger gives larger segments. Defaults to 0.005 (the
            authors' value); ScanNet's own segments are made with 0.01.
        min_vertices (int): Smaller segments join the neighbour that differs
            least, if they have one. Defaults to 50 (Table 7).
        colour_weight (float): 0 leaves colours out, as ScanNet does.
            Defaults to 1.
        convex (str): 'same', or 'squared' where edges at which the surface
            is convex count by the square of their difference, as in
            ScanNet's segments: an object stays whole around its corners.
            Needs normals whose sign is known, of faces or of the file.
            Defaults to 'same'.
        neighbours (int): Of a vertex in a cloud without faces. Defaults to
            12.
        max_gap (float): See :func:`neighbour_graph`. Defaults to 3.
        rings (int): Of clouds, see :func:`vertex_normals`. Defaults to 2.
        smooth (int): Of meshes, see :func:`vertex_normals`: 1 halves the
            segments of meshes whose vertices jitter. Defaults to 0.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(
        self,
        k: float = 0.005,
        min_vertices: int = 50,
        colour_weight: float = 1.0,
        convex: Literal['same', 'squared'] = 'same',
        neighbours: int = 12,
        max_gap: float = 3.0,
        rings: int = 2,
        smooth: int = 0,
    ) -> None:
        for name, value, low in (
            ('k', k, 0),
            ('min_vertices', min_vertices, 1),
            ('colour_weight', colour_weight, 0),
            ('neighbours', neighbours, 1),
            ('rings', rings, 1),
            ('smooth', smooth, 0),
        ):
            if not low <= value < np.inf:
                raise ValueError(
                    f'Expected argument `{name}` to be at least {low}, but '
                    f'got {value!r}.'
                )
        if convex not in ('same', 'squared'):
            raise ValueError(
                "Expected argument `convex` to be 'same' or 'squared', but "
                f'got {convex!r}.'
            )
        self.k = k
        self.min_vertices = min_vertices
        self.colour_weight = colour_weight
        self.convex = convex
        self.neighbours = neighbours
        self.max_gap = max_gap
        self.rings = rings
        self.smooth = smooth

    def __call__(self, scene: Scene) -> Segments:
        """Cut a scene.

        Args:
            scene (Scene): With or without faces, colours and normals.

        Returns:
            Segments: Of all its vertices, the same in every run. A piece
            that touches no other stays, however small.

        Raises:
            ValueError: If ``convex`` is 'squared' and the scene has neither
                faces nor normals.
        """
        edges = neighbour_graph(scene, self.neighbours, self.max_gap)
        weights = self.weights(scene, edges)
        pieces = merge_nodes(
            edges, weights, len(scene), self.k, self.min_vertices
        )
        return segments_from_labels(pieces, scene, edges)

    def weights(self, scene: Scene, edges: np.ndarray) -> np.ndarray:
        """How much the ends of each edge differ.

        Args:
            scene (Scene): Of n vertices.
            edges (np.ndarray): (e, 2) int, pairs of vertices.

        Returns:
            np.ndarray: (e,) float32, 0 where they are alike.
        """
        normals, oriented = vertex_normals(
            scene, edges, self.rings, self.smooth
        )
        start, end = edges.T
        product = np.einsum('ij,ij->i', normals[start], normals[end])
        if self.convex == 'squared' and not oriented:
            raise ValueError(
                f"{scene.name}: expected faces or normals for convex='squared'"
                ', but got neither: the signs of normals that neighbours give '
                'are arbitrary.'
            )
        weights = 1 - np.clip(product if oriented else abs(product), -1, 1)
        if self.convex == 'squared':
            way = scene.points[end] - scene.points[start]
            convex = np.einsum('ij,ij->i', normals[end], way) > 0
            weights[convex] **= 2
        if scene.colours is not None and self.colour_weight:
            for channel in scene.colours.T.astype(np.float32) / 255:
                step = channel[start] - channel[end]
                weights += self.colour_weight / 2 * step**2
        return weights
