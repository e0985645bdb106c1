"""Colours, crops, and what the model is given of a scene."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmengine.structures import InstanceData

from mmcuts3d.registry import TRANSFORMS

from ..models.scene_data_sample import SceneDataSample

Input = Literal['height', 'normals', 'colours']

CHANNELS = {'height': 1, 'normals': 3, 'colours': 3}
#: Largest scene, metres; a larger one is in another unit.
LARGEST = 2000.0


@TRANSFORMS.register_module()
class ChangeColours(BaseTransform):
    """Shift, scale and drop the colours of a scene.

    Args:
        shift (float): Most change of each channel, of 255. Defaults to 0.05.
        gain (float): Most change of the contrast. Defaults to 0.2.
        noise (float): Standard deviation at each vertex, of 255. Defaults to
            0.02.
        drop (float): Probability that the scene gets grey. Defaults to 0.2.
    """

    def __init__(
        self,
        shift: float = 0.05,
        gain: float = 0.2,
        noise: float = 0.02,
        drop: float = 0.2,
    ) -> None:
        self.shift, self.gain = shift, gain
        self.noise, self.drop = noise, drop

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Change ``colours``, where there are any."""
        if results['colours'] is None:
            return results
        rng = results['rng']
        colours = results['colours'].astype(np.float32)
        gain = 1 + rng.uniform(-self.gain, self.gain)
        shift = 255 * rng.uniform(-self.shift, self.shift, 3)
        colours = (colours - 127.5) * gain + 127.5 + shift
        colours += 255 * self.noise * rng.standard_normal(colours.shape)
        if rng.random() < self.drop:
            colours[:] = 127.5
        results['colours'] = colours.clip(0, 255).astype(np.uint8)
        return results


@TRANSFORMS.register_module()
class CropScene(BaseTransform):
    """Keep what is near a vertex drawn at random, whole segments only.

    Segments are numbered anew, from 0 on. A pseudo-mask keeps what is left
    of it, and goes where less than ``min_share`` of its vertices is left.

    Args:
        max_vertices (int): Scenes of no more are left whole. Segments are
            taken by their distance from that vertex as long as they fit, the
            nearest one always.
        min_share (float): In [0, 1]. Defaults to 0.3.
    """

    def __init__(self, max_vertices: int, min_share: float = 0.3) -> None:
        self.max_vertices = max_vertices
        self.min_share = min_share

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Crop everything of the scene; faces are dropped."""
        points, of_vertex = results['points'], results['of_vertex']
        if len(points) <= self.max_vertices:
            return results
        sizes = np.bincount(of_vertex)
        seed = points[results['rng'].integers(len(points))]
        far = np.full(len(sizes), np.inf)
        np.minimum.at(far, of_vertex, np.square(points - seed).sum(1))
        order = np.argsort(far, kind='stable')
        fits = np.cumsum(sizes[order]) <= self.max_vertices
        fits[0] = True
        kept = np.zeros(len(sizes), bool)
        kept[order[fits]] = True
        number = np.cumsum(kept) - 1
        inside = kept[of_vertex]
        for key in ('points', 'colours', 'normals', 'truth'):
            if results[key] is not None:
                results[key] = results[key][inside]
        results['faces'] = None
        results['of_vertex'] = number[of_vertex[inside]]
        edges = results['edges']
        results['edges'] = number[edges[kept[edges].all(1)]].astype(np.int32)
        masks = results['masks']
        left = (masks & kept) @ sizes
        stays = (left > 0) & (left >= self.min_share * (masks @ sizes))
        results['masks'] = masks[stays][:, kept]
        results['scores'] = results['scores'][stays]
        return results


@TRANSFORMS.register_module()
class PackScene(BaseTransform):
    """The inputs of the model, and the sample with its labels.

    Args:
        inputs (Sequence[str]): Channels of a vertex, in this order:
            'height' (1) above the lowest vertex in metres; 'normals' (3);
            'colours' (3), which the paper's model does not see. Defaults to
            ('height', 'normals').

    Raises:
        ValueError: If there is another word in it.
    """

    def __init__(
        self, inputs: Sequence[Input] = ('height', 'normals')
    ) -> None:
        if not inputs or not set(inputs) <= set(get_args(Input)):
            raise ValueError(
                'Expected argument `inputs` to be some of '
                f'{get_args(Input)}, but got {tuple(inputs)}.'
            )
        self.inputs = tuple(inputs)

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Pack.

        Args:
            results (dict): Of :class:`PseudoMaskScenes`.

        Returns:
            dict: ``inputs`` with ``points`` (n, 3), ``features`` (n, C) and
            ``segments`` (n,); ``data_samples``.

        Raises:
            ValueError: If the scene has no colours that are asked for, or is
                too large to be in metres.
        """
        points = results['points']
        extent = float(np.ptp(points, axis=0).max())
        if extent > LARGEST:
            raise ValueError(
                f'{results["name"]}: expected a scene in metres, but got one '
                f'of {extent:.0f} m: say the unit when it is read.'
            )
        features = np.concatenate(
            [self._channels(results, name) for name in self.inputs], axis=1
        )
        sample = SceneDataSample(
            metainfo=dict(
                name=results['name'], num_segments=results['masks'].shape[1]
            )
        )
        sample.gt_instances = InstanceData(
            masks=torch.from_numpy(np.ascontiguousarray(results['masks'])),
            scores=torch.from_numpy(results['scores']),
        )
        for key in ('edges', 'of_vertex', 'truth'):
            if results[key] is not None:
                sample.set_field(results[key], key)
        return dict(
            inputs=dict(
                points=torch.from_numpy(points),
                features=torch.from_numpy(features.astype(np.float32)),
                segments=torch.from_numpy(
                    results['of_vertex'].astype(np.int64)
                ),
            ),
            data_samples=sample,
        )

    def _channels(self, results: dict[str, Any], name: Input) -> np.ndarray:
        """(n, C) of one of the inputs, about as large as 1."""
        if name == 'height':
            heights = results['points'][:, 2:]
            return heights - heights.min()
        values = results[name]
        if values is None:
            raise ValueError(
                f'{results["name"]}: expected a scene with {name}, but got '
                f'one without: leave {name!r} out of `inputs` of PackScene.'
            )
        return values / 127.5 - 1 if name == 'colours' else values
