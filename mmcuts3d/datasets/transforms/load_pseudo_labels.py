"""Pseudo-masks from their file form, with Spatial Confidence beside them.

``gt_masks`` are LevelMasks: masks of 0 and 1 to all of mmdet, whose confidence
levels follow them through its transforms.
"""

import numpy as np
import numpy.typing as npt
from mmdet.datasets.transforms import LoadAnnotations
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.labels import decode_levels, mask_levels
from mmcuts3d.registry import TRANSFORMS

from ..confidence_use import KEY, ConfidenceUse
from .level_masks import LevelMasks


@TRANSFORMS.register_module()
class LoadPseudoLabels(LoadAnnotations):
    """Load boxes, labels, and masks with their Spatial Confidence.

    A map, which the label store keeps as it was measured, is resized to the
    image with nearest neighbours; inside the mask it is at least the floor. A
    mask without a map has a confidence of 1 everywhere. The floor, and
    whether there are levels at all, is the setting ``confidence`` of
    PseudoLabelDataset.

    Required Keys:

    - img
    - ori_shape
    - instances (``bbox``, ``bbox_label``, ``ignore_flag``, ``mask`` and
      perhaps ``confidence``)
    - confidence_use (optional; without it confidence is used for all that it
      can be used for, with a floor of 0.5)

    Added Keys:

    - gt_bboxes (HorizontalBoxes[torch.float32])
    - gt_bboxes_labels (np.int64)
    - gt_masks (LevelMasks: uint8, 0 or 1, with their levels; BitmapMasks,
      where confidence is used for nothing)
    - gt_ignore_flags (bool)
    - confidence_use

    Raises:
        ValueError: If a mask has not the size of its image.
    """

    def __init__(self) -> None:
        super().__init__(with_bbox=True, with_label=True, with_mask=True)

    def _load_masks(self, results: dict) -> None:
        height, width = results['img'].shape[:2]
        # Fills `gt_ignore_flags` too, where mmdet finds a broken mask.
        masks = [
            self._poly2mask(mask, height, width)
            for mask in self._process_masks(results)
        ]
        for mask in masks:
            if mask.shape != (height, width):
                raise ValueError(
                    f'Expected masks of {results.get("img_path", "the image")}'
                    f' to be of its size {(height, width)}, but got '
                    f'{mask.shape}.'
                )
        use = results.setdefault(KEY, ConfidenceUse())
        if not use.any:
            results['gt_masks'] = BitmapMasks(masks, height, width)
            return
        levels = [
            mask_levels(
                mask, _levels_of(instance.get('confidence')), use.floor
            )
            for mask, instance in zip(
                masks, results.get('instances', []), strict=True
            )
        ]
        scores = [
            instance.get('score', 1.0)
            for instance in results.get('instances', [])
        ]
        results['gt_masks'] = LevelMasks.from_levels(
            levels, height, width, scores
        )

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'


def _levels_of(encoded: dict | None) -> npt.NDArray[np.uint8] | None:
    return None if encoded is None else decode_levels(encoded)
