"""Pseudo-masks from their file form, with Spatial Confidence beside them.

``gt_masks`` are LevelMasks: masks of 0 and 1 to all of mmdet, whose confidence
levels follow them through its transforms.
"""

import numpy as np
import numpy.typing as npt
from mmdet.datasets.transforms import LoadAnnotations

from mmcuts3d.cuts import MIN_CONFIDENCE
from mmcuts3d.labels import decode_levels, mask_levels
from mmcuts3d.registry import TRANSFORMS

from .level_masks import LevelMasks


@TRANSFORMS.register_module()
class LoadPseudoLabels(LoadAnnotations):
    """Load boxes, labels, and masks with their Spatial Confidence.

    A patch-level map, which the label store keeps as it was measured, is
    resized to the image with nearest neighbours; inside the mask it is at
    least ``min_confidence``. A mask without a map has a confidence of 1
    everywhere.

    Required Keys:

    - img
    - ori_shape
    - instances (``bbox``, ``bbox_label``, ``ignore_flag``, ``mask`` and
      perhaps ``confidence``)

    Added Keys:

    - gt_bboxes (HorizontalBoxes[torch.float32])
    - gt_bboxes_labels (np.int64)
    - gt_masks (LevelMasks: uint8, 0 or 1, with their levels)
    - gt_ignore_flags (bool)

    Args:
        min_confidence (float): The floor of the confidence inside a mask
            that has a map, in (0, 1]. Defaults to 0.5 (Sec. 3.4, and Table
            2a of the supplement).

    Raises:
        ValueError: If ``min_confidence`` is not in (0, 1], or a mask has not
            the size of its image.
    """

    def __init__(self, min_confidence: float = MIN_CONFIDENCE) -> None:
        super().__init__(with_bbox=True, with_label=True, with_mask=True)
        check_min_confidence(min_confidence)
        self.min_confidence = min_confidence

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
        levels = [
            mask_levels(
                mask,
                _levels_of(instance.get('confidence')),
                self.min_confidence,
            )
            for mask, instance in zip(
                masks, results.get('instances', []), strict=True
            )
        ]
        results['gt_masks'] = LevelMasks.from_levels(levels, height, width)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(min_confidence={self.min_confidence})'


def check_min_confidence(min_confidence: float) -> None:
    """Check the floor of the confidence.

    Args:
        min_confidence (float): The floor.

    Raises:
        ValueError: If it is not in (0, 1].
    """
    if not 0 < min_confidence <= 1:
        raise ValueError(
            'Expected argument `min_confidence` to be in (0, 1], but got '
            f'{min_confidence}.'
        )


def _levels_of(encoded: dict | None) -> npt.NDArray[np.uint8] | None:
    return None if encoded is None else decode_levels(encoded)
