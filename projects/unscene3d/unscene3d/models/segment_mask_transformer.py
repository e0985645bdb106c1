"""The model of self-training: a mask transformer on segments."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.registry import MODELS

from .mask_decoder import MaskPredictions, SegmentBatch
from .prediction import PredictionRule
from .scene_data_sample import SceneDataSample
from .segment_pooling import (
    is_segment,
    pad_scenes,
    pool_segments,
    segment_centres,
)

Mode = Literal['loss', 'predict', 'tensor']


@MODELS.register_module()
class SegmentMaskTransformer(BaseModel):
    """Finds instances of any class in a scene cut into segments (Sec. 4.3).

    Args:
        backbone (dict): Features of voxels, :class:`VoxelUNet`.
        decoder (dict): Queries on segments, :class:`SegmentMaskDecoder`; its
            ``in_channels`` follow the backbone.
        loss (dict, optional): Defaults to None:
            ``dict(type='mmcuts3d.SegmentSetLoss')``.
        test_cfg (dict, optional): Settings of :class:`PredictionRule`.
            Defaults to None: none.
        data_preprocessor (dict, optional): Defaults to None: mmengine's
            ``BaseDataPreprocessor``, which moves tensors to the device.
        init_cfg (dict, optional): Of mmengine. Defaults to None.

    Raises:
        ValueError: If ``test_cfg`` has an unknown setting.
    """

    def __init__(
        self,
        backbone: dict[str, Any],
        decoder: dict[str, Any],
        loss: dict[str, Any] | None = None,
        test_cfg: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = MODELS.build(backbone)
        widths = [2 * width for width in self.backbone.out_channels]
        self.decoder = MODELS.build({**decoder, 'in_channels': widths})
        self.loss_module = MODELS.build(
            loss or dict(type='mmcuts3d.SegmentSetLoss')
        )
        known = PredictionRule.__dataclass_fields__
        unknown = sorted(set(test_cfg or {}) - set(known))
        if unknown:
            raise ValueError(
                f'Expected `test_cfg` to have some of {sorted(known)}, but '
                f'got {unknown}.'
            )
        self.rule = PredictionRule(**(test_cfg or {}))

    def forward(
        self,
        inputs: dict[str, Sequence[Tensor]],
        data_samples: Sequence[SceneDataSample],
        mode: Mode = 'tensor',
    ) -> Any:
        """Train or predict.

        Args:
            inputs (dict): Of each scene ``points`` (n, 3) in metres,
                ``features`` (n, C) and ``segments`` (n,) int64.
            data_samples (Sequence[SceneDataSample]): Of each scene, with
                ``num_segments`` and, to predict, ``edges``.
            mode (str): 'loss', 'predict' or 'tensor'. Defaults to 'tensor'.

        Returns:
            dict, list or list: Losses; the samples with ``pred_instances``;
            or the :class:`MaskPredictions` of each look.
        """
        segments = self.extract_segments(inputs, data_samples)
        layers = self.decoder(segments)
        if mode == 'loss':
            device = segments.sizes.device
            return self.loss_module(
                layers,
                [s.gt_instances.masks.to(device) for s in data_samples],
                [
                    size[:number]
                    for size, number in zip(
                        segments.sizes, segments.numbers, strict=True
                    )
                ],
                [s.name for s in data_samples],
            )
        if mode == 'predict':
            return self._predict(layers[-1], segments, data_samples)
        return layers

    def extract_segments(
        self,
        inputs: dict[str, Sequence[Tensor]],
        data_samples: Sequence[SceneDataSample],
    ) -> SegmentBatch:
        """Features of the segments of a batch, see :meth:`forward`.

        Returns:
            SegmentBatch: Padded to the scene with most segments.
        """
        numbers = tuple(s.num_segments for s in data_samples)
        points = inputs['points']
        starts = [sum(numbers[:scene]) for scene in range(len(numbers))]
        of_vertex = torch.cat(
            [
                segments + start
                for segments, start in zip(
                    inputs['segments'], starts, strict=True
                )
            ]
        )
        levels, voxels = self.backbone(points, inputs['features'])
        total = sum(numbers)
        # From the middle of each scene: near numbers keep their digits.
        middled = torch.cat([p - _middle(p) for p in points])
        centres, sizes = segment_centres(middled, of_vertex, total)
        return SegmentBatch(
            [
                pad_scenes(
                    pool_segments(level, voxel, of_vertex, total), numbers
                )
                for level, voxel in zip(levels, voxels, strict=True)
            ],
            pad_scenes(centres, numbers),
            pad_scenes(sizes[:, None], numbers)[..., 0],
            is_segment(numbers, sizes.device),
            numbers,
        )

    def _predict(
        self,
        found: MaskPredictions,
        segments: SegmentBatch,
        data_samples: Sequence[SceneDataSample],
    ) -> list[SceneDataSample]:
        for scene, sample in enumerate(data_samples):
            objectness, masks = found.of_scene(scene)
            sizes = segments.sizes[scene, : segments.numbers[scene]]
            chosen, scores = self.rule(
                objectness.detach().sigmoid().cpu().numpy(),
                masks.detach().sigmoid().cpu().numpy(),
                sizes.long().cpu().numpy(),
                sample.edges,
            )
            sample.pred_instances = InstanceData(
                masks=torch.from_numpy(chosen),
                scores=torch.from_numpy(scores),
            )
        return list(data_samples)


def _middle(points: Tensor) -> Tensor:
    """(3,) middle of the box around a scene."""
    return (points.amin(0) + points.amax(0)) / 2
