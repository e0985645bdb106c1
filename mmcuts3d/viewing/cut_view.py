"""What there is to see of one cut: the one description that all views draw.

Nothing is cut again for it but what a step does not carry: its k-NN graph,
its source and sink, and its LocalCut at a tau that is asked for.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmcuts3d.cuts import CutStep, LocalCut, PseudoInstances, Surface
from mmcuts3d.cuts.spatial.mask_graph import MaskGraph
from mmcuts3d.visualization.drawing import enlarge, instance_colors
from mmcuts3d.visualization.layers import (
    EDGE_COLOR,
    REMOVED_EDGES,
    Layer,
    cloud_layers,
)
from mmcuts3d.visualization.point_cloud import (
    Cloud,
    build_point_cloud,
    centred_points,
    shaded,
    thinned,
)

SEMANTIC, LOCAL_CUT = 'semantic mask', 'LocalCut'
KNN_GRAPH, SOURCE, SINK = 'k-NN graph', 'source', 'sink'
#: Colours of a semantic mask, of the k-NN graph, of source and sink.
SEMANTIC_COLOR = (120, 120, 170)
GRAPH_COLOR = (60, 140, 140)
SOURCE_COLOR, SINK_COLOR = (255, 200, 0), (20, 20, 20)
_BALL = 0.014  # radius of source and sink, in sides of the image


@dataclass(frozen=True, eq=False)
class CutView:
    """One cut image as a cloud, with all that explains how it was cut.

    Args:
        name (str): Of the image.
        image (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (H', W') in [0, 1], 0 = nearest.
        steps (tuple[CutStep, ...]): The steps, each with the index of its
            instance.
        instances (PseudoInstances): Their masks, at the size of the image.
        local_cut (LocalCut, optional): What cut in 3D. Defaults to None:
            nothing did.
        z_scale (float): Length of the depth range in the view, in sides of
            the image. Defaults to 1.5.
        max_points (int): Larger images are thinned. Defaults to 100,000.

    Raises:
        ValueError: If there is no depth, or no step.
    """

    name: str
    image: np.ndarray
    depth: np.ndarray | None
    steps: tuple[CutStep, ...]
    instances: PseudoInstances
    local_cut: LocalCut | None = None
    z_scale: float = 1.5
    max_points: int = 100_000

    def __post_init__(self) -> None:
        if self.depth is None:
            raise ValueError(
                'Expected a cut with depth, which a point cloud is made of, '
                'but got one without: the method uses none.'
            )
        if not self.steps:
            raise ValueError('Expected a cut with steps, but got none.')

    @cached_property
    def cloud(self) -> Cloud:
        """A point a pixel, thinned, in the colours of the image."""
        return build_point_cloud(
            self.image,
            self.depth,
            self.instances.masks,
            self.z_scale,
            self.max_points,
            self.instances.confidences,
            paint=False,
        )

    @cached_property
    def patches(self) -> np.ndarray:
        """(P,) int, the patch of each point, row-major on the grid."""
        grid = self.steps[0].semantic_mask.shape
        index = np.arange(grid[0] * grid[1]).reshape(grid)
        pixels = enlarge(index, self.image.shape[:2])
        return thinned(pixels, self.max_points).ravel()

    @cached_property
    def taus(self) -> np.ndarray:
        """(T,) float, thresholds of the sweep; none without a cut in 3D."""
        return np.zeros(0) if self.local_cut is None else self.local_cut.taus

    def step_text(self, step: int) -> str:
        """What became of a step, such as 'step 1: instance 2, score 0.93'."""
        told = self.steps[step]
        if told.instance is None:
            return f'step {step + 1}: no mask, {told.status}'
        return f'step {step + 1}: {self.instance_text(told.instance)}'

    def instance_text(self, index: int) -> str:
        """Such as 'instance 2, score 0.93, 4.1 % of the image'."""
        share = 100 * float(self.instances.masks[index].mean())
        score = float(self.instances.scores[index])
        return (
            f'instance {index + 1}, score {score:.2f}, '
            f'{share:.1f} % of the image'
        )

    def step_color(self, step: int) -> np.ndarray:
        """(3,) uint8 RGB: of its instance, or the next free colour."""
        index = self.steps[step].instance
        free = len(self.instances) + step
        place = free if index is None else index
        return instance_colors(place + 1)[place]

    def classes(self, step: int, tau: float | None = None) -> np.ndarray:
        """What a step makes of each patch.

        Args:
            step (int): Index of the step.
            tau (float, optional): Threshold of the LocalCut, above 0 and at
                most `tau_knn`. Defaults to None: `tau_knn`.

        Returns:
            np.ndarray: (h, w) int: -1 outside the semantic mask, 0 in it,
            1 in the LocalCut.
        """
        told = self.steps[step]
        found = np.where(told.semantic_mask, 0, -1)
        found[self._local_cut(step, tau)] = 1
        return found

    def graph(self, step: int) -> MaskGraph | None:
        """The k-NN graph of a step; None where there is none."""
        told, local = self.steps[step], self.local_cut
        if local is None or not told.semantic_mask.any():
            return None
        return local.mask_graph(
            told.semantic_mask, told.eigenvector, self._surface, local.tau_knn
        )

    def layers(self, step: int = 0, tau: float | None = None) -> list[Layer]:
        """All layers, those of one step at one tau among them.

        Args:
            step (int): Index of the step. Defaults to 0.
            tau (float, optional): See :meth:`classes`. Defaults to None.

        Returns:
            list[Layer]: Groups 'image', 'instances', 'confidence',
            'semantic mask' and 'LocalCut'; laid over them 'k-NN graph',
            'removed edges', 'source' and 'sink'.
        """
        notes = [self.instance_text(i) for i in range(len(self.instances))]
        palette = instance_colors(len(self.instances))
        painted = shaded(self.cloud.colors, self.cloud.instances, palette)
        return [
            *cloud_layers(self.cloud, notes, painted),
            *self._step_layers(step, tau),
            *self.graph_layers(step, tau),
        ]

    def graph_layers(self, step: int, tau: float | None = None) -> list[Layer]:
        """Edges of a step up to tau and above it, its source and its sink."""
        graph = self.graph(step)
        if graph is None:
            return []
        points = self.patch_points
        ends, lengths = graph.edges()
        kept = lengths <= (self.local_cut.tau_knn if tau is None else tau)
        lines = (
            (KNN_GRAPH, GRAPH_COLOR, points[ends[kept]]),
            (REMOVED_EDGES, EDGE_COLOR, points[ends[~kept]]),
        )
        layers = [
            Layer(name, colors=np.array(color), line_ends=between, shown=False)
            for name, color, between in lines
        ]
        terminals = (
            (SOURCE, SOURCE_COLOR, graph.source),
            (SINK, SINK_COLOR, graph.sink),
        )
        layers += [
            Layer(
                name,
                _ball(points[graph.nodes[node]]),
                np.array(color),
                shown=False,
            )
            for name, color, node in terminals
        ]
        return layers

    def _step_layers(self, step: int, tau: float | None) -> list[Layer]:
        found = self.classes(step, tau).ravel()[self.patches]
        palette = np.array([SEMANTIC_COLOR, self.step_color(step)])
        colors = shaded(self.cloud.colors, found, palette)
        semantic = shaded(self.cloud.colors, np.minimum(found, 0), palette)
        note = self.step_text(step)
        outside, inside, cut = found < 0, found >= 0, found > 0
        rest = found == 0

        def layer(name, here, shades, *groups):
            place = self.cloud.points[here]
            return Layer(name, place, shades[here], groups=groups, note=note)

        return [
            layer('outside', outside, colors, SEMANTIC, LOCAL_CUT),
            layer(SEMANTIC, inside, semantic, SEMANTIC),
            layer(f'rest of the {SEMANTIC}', rest, colors, LOCAL_CUT),
            layer(LOCAL_CUT, cut, colors, LOCAL_CUT),
        ]

    @cached_property
    def patch_points(self) -> np.ndarray:
        """(h*w, 3) float, the centres of the patches in the view."""
        return centred_points(self.steps[0].depth, self.z_scale)

    @cached_property
    def _surface(self) -> Surface:
        depth = self.steps[0].depth
        return self.local_cut.surface(depth, depth.shape, self.image)

    def _local_cut(self, step: int, tau: float | None) -> np.ndarray:
        told, local = self.steps[step], self.local_cut
        if local is None or tau is None or tau == local.tau_knn:
            return told.local_cut
        key = (step, float(tau))
        if key not in self._cuts:
            # With tau_knn, by which the source is chosen, as in the sweep.
            self._cuts[key] = local.sweep(
                told.semantic_mask,
                told.eigenvector,
                self._surface,
                [tau, local.tau_knn],
            )[0]
        return self._cuts[key]

    @cached_property
    def _cuts(self) -> dict[tuple[int, float], np.ndarray]:
        """LocalCuts that were asked for."""
        return {}


def _ball(centre: np.ndarray, number: int = 160) -> np.ndarray:
    """Points (number, 3) on a small sphere, by Fibonacci's lattice."""
    index = np.arange(number) + 0.5
    height = 1 - 2 * index / number
    turn = index * np.pi * (1 + 5**0.5)
    radius = np.sqrt(1 - height**2)
    unit = np.stack(
        [radius * np.cos(turn), height, radius * np.sin(turn)], axis=1
    )
    return centre + _BALL * unit
