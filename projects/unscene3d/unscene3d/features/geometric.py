"""Features of geometry and colour that need no network and no download."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from mmcuts3d.registry import MODELS

from ..structures import Frame, Scene, Segments
from .geometry_parts import (
    axes_of,
    colours_of,
    curvatures,
    histograms,
    normals_of,
    waves,
)
from .segment_features import SegmentFeatures, check_segments, segment_means

#: A compromise: normals are the best single part on a real scan and say
#: little in the embedded rooms (benchmarks/features.py).
DEFAULT_WEIGHTS = dict(normal=0.7, fpfh=1.0, curvature=0.5, colour=1.0)
PARTS = ('normal', 'fpfh', 'curvature', 'colour', 'height', 'position')


@MODELS.register_module()
class GeometricFeatures:
    """Means of hand-made features over the vertices of each segment.

    They stand where the paper has those of Contrastive Scene Contexts
    (Sec. 4.2), which are learned: a default that needs no weights. Each part
    has mean 0 over the vertices, so that cosines are positive within a kind
    of surface and negative between two kinds, and unit deviation in all its
    channels together, times its weight.

    Args:
        weights (Mapping, optional): Weight of each part that is taken:
            ``normal`` (without its sign), ``fpfh`` (histograms of the
            surroundings),
            ``curvature``, ``colour``, ``height`` (above the lowest vertex,
            ours) and ``position`` (ours: near segments are alike). Defaults
            to None: :data:`DEFAULT_WEIGHTS`. A scene without colours has no
            part ``colour``.
        radius (float): Of the surroundings of ``fpfh``, metres. Defaults to
            0.12.
        neighbours (tuple): Nearest vertices of which the curvatures are
            taken. Defaults to (16, 48).
        reach (float): Distance at which ``position`` calls segments less
            alike, metres. Defaults to 0.7.

    Raises:
        ValueError: If a part is unknown, no weight is above 0, or a setting
            is out of its range.
    """

    modality: Literal['2d', '3d'] = '3d'

    def __init__(
        self,
        weights: Mapping[str, float] | None = None,
        radius: float = 0.12,
        neighbours: Sequence[int] = (16, 48),
        reach: float = 0.7,
    ) -> None:
        weights = dict(DEFAULT_WEIGHTS if weights is None else weights)
        unknown = sorted(set(weights) - set(PARTS))
        if unknown:
            raise ValueError(
                f'Expected argument `weights` to name parts of {PARTS}, but '
                f'got {unknown}.'
            )
        values = list(weights.values())
        if not values or not min(values) >= 0 or not max(values) > 0:
            raise ValueError(
                'Expected argument `weights` to hold numbers of 0 or more, '
                f'not all 0, but got {weights}.'
            )
        for key, value in (('radius', radius), ('reach', reach)):
            if not value > 0:
                raise ValueError(
                    f'Expected argument `{key}` to be above 0 metres, but '
                    f'got {value}.'
                )
        if not neighbours or min(neighbours) < 4:
            raise ValueError(
                'Expected argument `neighbours` to hold numbers of 4 or '
                f'more, but got {neighbours}.'
            )
        self.weights = {key: w for key, w in weights.items() if w > 0}
        self.radius = radius
        self.neighbours = tuple(neighbours)
        self.reach = reach

    def __call__(
        self,
        scene: Scene,
        segments: Segments,
        frames: Sequence[Frame] = (),
    ) -> SegmentFeatures:
        """Features of the segments.

        Args:
            scene (Scene): n vertices, with or without faces and colours.
            segments (Segments): Of the scene.
            frames (Sequence[Frame]): Not looked at. Defaults to none.

        Returns:
            SegmentFeatures: All seen.

        Raises:
            ValueError: If the segments are those of another scene, or
                colours are the only part and there are none.
            ImportError: If Open3D is needed and not installed.
        """
        check_segments(scene, segments)
        parts = [
            weight * _standardised(segment_means(values, segments), segments)
            for weight, values in self._parts(scene)
        ]
        if not parts:
            raise ValueError(
                f'{scene.name}: expected colours, the only part of its '
                'features, but the scene has none.'
            )
        values = np.concatenate(parts, axis=1).astype(np.float32)
        return SegmentFeatures(values, np.ones(len(values), bool))

    def _parts(self, scene: Scene):
        """Weight and values (n, C) of each part, one after the other."""
        weights = self.weights
        normals = None
        if 'normal' in weights or 'fpfh' in weights:
            normals = normals_of(scene)
        for name, weight in weights.items():
            if name == 'normal':
                yield weight, axes_of(normals)
            elif name == 'fpfh':
                yield weight, histograms(scene, normals, self.radius)
            elif name == 'curvature':
                yield weight, curvatures(scene, self.neighbours)
            elif name == 'colour' and scene.colours is not None:
                yield weight, colours_of(scene)
            elif name == 'height':
                yield weight, scene.points[:, 2:].astype(np.float64)
            elif name == 'position':
                yield weight, waves(scene.points, self.reach)


def _standardised(values: np.ndarray, segments: Segments) -> np.ndarray:
    """Mean 0 and total deviation 1 over segments, by their size.

    One factor for all channels keeps what they say against each other. A
    part that does not vary is 0.
    """
    share = segments.sizes / segments.sizes.sum()
    values = values - share @ values
    deviation = np.sqrt((share @ values**2).sum())
    scale = np.abs(values).max(initial=0)
    return (
        values / deviation
        if deviation > 1e-6 * max(scale, 1e-6)
        else (np.zeros_like(values))
    )
