"""Pseudo-labels on the fly: a labeler as a step of any mmdet pipeline."""

from typing import Any

import mmcv
import numpy as np
import numpy.typing as npt
import torch
from mmcv.transforms import BaseTransform
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmengine.structures import InstanceData

from mmcuts3d.labels import CONFIDENCE_SCALE, mask_levels
from mmcuts3d.registry import MODELS, TRANSFORMS

from ..confidence_use import KEY, ConfidenceUse
from .level_masks import LevelMasks

META_KEYS = ('img_path', 'img_id', 'features', 'depth')


@TRANSFORMS.register_module()
class CutS3DPseudoLabeler(BaseTransform):
    """Replace the annotations of an image by pseudo-labels.

    Stands where ``LoadAnnotations`` would. The model is built at the first
    call, so that each data-loader worker has its own.

    Required Keys:

    - img
    - img_path (where features or depth are read from files)
    - features, depth (optional arrays, used instead of the models)

    Added or Modified Keys:

    - gt_bboxes (HorizontalBoxes[torch.float32])
    - gt_bboxes_labels (np.int64)
    - gt_masks (LevelMasks: uint8, 0 or 1, with their levels)
    - gt_ignore_flags (bool)
    - confidence_use

    Args:
        labeler (dict or ConfigDict): Config of a labeler, for instance
            ``dict(type='mmcuts3d.CutS3DLabeler', ...)``.
        size (tuple[int, int]): (height, width) at which the image is cut;
            the masks come back at its own size. Defaults to (480, 480).
        confidence (bool or dict): What Spatial Confidence is used for by the
            transforms behind, as in ``PseudoLabelDataset``. Defaults to True.

    Raises:
        ValueError: If ``confidence`` is wrong, or an image cannot be
            labeled; names the image.
    """

    def __init__(
        self,
        labeler: dict,
        size: tuple[int, int] = (480, 480),
        confidence: bool | dict[str, Any] = True,
    ) -> None:
        self.labeler = dict(labeler, on_error='raise')
        self.size = tuple(size)
        self.confidence = ConfidenceUse.from_setting(confidence)
        self._model: torch.nn.Module | None = None

    @property
    def model(self) -> torch.nn.Module:
        """The labeler, built when it is first needed."""
        if self._model is None:
            self._model = MODELS.build(self.labeler)
            self._model.eval()
        return self._model

    def transform(self, results: dict) -> dict:
        """Label one image."""
        image = results['img']
        height, width = self.size
        resized = mmcv.imresize(image, (width, height))
        sample = DetDataSample(
            metainfo=dict(
                {key: results[key] for key in META_KEYS if key in results},
                img_shape=self.size,
                ori_shape=image.shape[:2],
            )
        )
        rgb = np.ascontiguousarray(resized[..., ::-1].transpose(2, 0, 1))
        inputs = torch.from_numpy(rgb).float()[None]
        found = self.model.predict(inputs, [sample])[0].pred_instances
        maps = _levels_of(found)
        levels = [
            mask_levels(mask, confidence, self.confidence.floor)
            for mask, confidence in zip(found.masks.numpy(), maps, strict=True)
        ]
        results['gt_bboxes'] = HorizontalBoxes(found.bboxes)
        results['gt_bboxes_labels'] = found.labels.numpy()
        results[KEY] = self.confidence
        results['gt_masks'] = LevelMasks.from_levels(levels, *image.shape[:2])
        results['gt_ignore_flags'] = np.zeros(len(found), bool)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(labeler={self.labeler}, '
            f'size={self.size}, confidence={self.confidence})'
        )


def _levels_of(found: InstanceData) -> list[npt.NDArray[np.uint8] | None]:
    """Levels of each instance; None, a confidence of 1, where it has none."""
    confidences = found.get('confidences')
    if confidences is None:
        return [None] * len(found)
    levels = np.rint(np.asarray(confidences) * CONFIDENCE_SCALE)
    return list(levels.astype(np.uint8))
