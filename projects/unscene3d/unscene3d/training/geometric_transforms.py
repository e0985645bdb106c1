"""Augmentation of the places of vertices.

What is random is drawn from ``results['rng']``. Strengths are Mask3D's.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from scipy.ndimage import map_coordinates, uniform_filter
from scipy.spatial.transform import Rotation

from mmcuts3d.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomPose(BaseTransform):
    """Turn, mirror and scale a scene around its middle.

    Args:
        turn (float): Most degrees around z, to both sides. Defaults to
            180.0.
        tilt (float): Most degrees around x and y. Defaults to 2.8.
        flip (float): Probability to mirror x, and the same for y. Defaults
            to 0.5.
        scale (Sequence[float]): Least and largest factor. Defaults to (0.9,
            1.1).

    Raises:
        ValueError: If a factor is not above 0.
    """

    def __init__(
        self,
        turn: float = 180.0,
        tilt: float = 2.8,
        flip: float = 0.5,
        scale: Sequence[float] = (0.9, 1.1),
    ) -> None:
        if len(scale) != 2 or not 0 < scale[0] <= scale[1]:
            raise ValueError(
                'Expected argument `scale` to be two factors above 0, the '
                f'lower first, but got {scale}.'
            )
        self.turn, self.tilt, self.flip = turn, tilt, flip
        self.scale = tuple(scale)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Move ``points`` and turn ``normals``."""
        rng = results['rng']
        angles = rng.uniform(-1, 1, 3) * (self.turn, self.tilt, self.tilt)
        matrix = Rotation.from_euler('zxy', angles, degrees=True).as_matrix()
        mirror = np.where(rng.random(2) < self.flip, -1.0, 1.0)
        matrix = matrix @ np.diag([*mirror, 1.0])
        points = results['points']
        middle = (points.min(0) + points.max(0)) / 2
        moved = (points - middle) @ (matrix.T * rng.uniform(*self.scale))
        results['points'] = (moved + middle).astype(np.float32)
        if results['normals'] is not None:
            turned = results['normals'] @ matrix.T
            results['normals'] = turned.astype(np.float32)
        return results


@TRANSFORMS.register_module()
class ElasticDistortion(BaseTransform):
    """Bend a scene by smooth noise; normals stay as they are.

    Args:
        steps (Sequence): Pairs of the mesh width of the noise and its
            standard deviation before smoothing, metres. Defaults to ((0.2,
            0.4), (0.8, 1.6)).
        probability (float): Of doing it. Defaults to 0.95.
    """

    def __init__(
        self,
        steps: Sequence[Sequence[float]] = ((0.2, 0.4), (0.8, 1.6)),
        probability: float = 0.95,
    ) -> None:
        self.steps = [tuple(step) for step in steps]
        self.probability = probability

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Move ``points``."""
        rng = results['rng']
        if rng.random() >= self.probability:
            return results
        points = results['points']
        for width, deviation in self.steps:
            low = points.min(0) - width
            shape = np.ceil((points.max(0) - low) / width).astype(int) + 2
            noise = rng.normal(size=(3, *shape))
            for _ in range(2):
                noise = uniform_filter(noise, (0, 3, 3, 3), mode='constant')
            places = ((points - low) / width).T
            shift = [map_coordinates(n, places, order=1) for n in noise]
            points = points + deviation * np.stack(shift, 1)
        results['points'] = points.astype(np.float32)
        return results


@TRANSFORMS.register_module()
class JitterPoints(BaseTransform):
    """Move each vertex by normal noise.

    Args:
        deviation (float): Metres. Defaults to 0.003.
    """

    def __init__(self, deviation: float = 0.003) -> None:
        self.deviation = deviation

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Move ``points``."""
        points = results['points']
        noise = results['rng'].normal(0, self.deviation, points.shape)
        results['points'] = (points + noise).astype(np.float32)
        return results
