"""Pseudo-labels on the fly: a labeller as a step of any mmdet pipeline."""

import mmcv
import numpy as np
import torch
from mmcv.transforms import BaseTransform
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.labels import CONFIDENCE_SCALE, mask_levels
from mmcuts3d.registry import MODELS, TRANSFORMS

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
    - gt_masks (BitmapMasks of uint8 confidence levels)
    - gt_ignore_flags (bool)

    Args:
        labeler (dict or ConfigDict): Config of a labeller, for instance
            ``dict(type='mmcuts3d.CutS3DLabeler', ...)``.
        size (tuple[int, int]): (height, width) at which the image is cut;
            the masks come back at its own size. Defaults to (480, 480).

    Raises:
        ValueError: If an image cannot be labelled; names the image.
    """

    def __init__(
        self, labeler: dict, size: tuple[int, int] = (480, 480)
    ) -> None:
        self.labeler = dict(labeler, on_error='raise')
        self.size = tuple(size)
        self._model: torch.nn.Module | None = None

    @property
    def model(self) -> torch.nn.Module:
        """The labeller, built when it is first needed."""
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
        masks = [
            mask_levels(
                mask,
                np.rint(confidence * CONFIDENCE_SCALE).astype(np.uint8),
                getattr(self.model.cut, 'min_confidence', 0.5),
            )
            for mask, confidence in zip(
                found.masks.numpy(), found.confidences.numpy(), strict=True
            )
        ]
        results['gt_bboxes'] = HorizontalBoxes(found.bboxes)
        results['gt_bboxes_labels'] = found.labels.numpy()
        results['gt_masks'] = BitmapMasks(masks, *image.shape[:2])
        results['gt_ignore_flags'] = np.zeros(len(found), bool)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(labeler={self.labeler}, size={self.size})'
        )
