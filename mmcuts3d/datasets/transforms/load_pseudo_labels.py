"""Pseudo-masks from their file form, with Spatial Confidence inside.

The uint8 values of ``gt_masks`` are confidence levels: 0 outside the mask,
1..240 inside it, 240 being a confidence of 1. mmdet's Resize, Flip, Crop and
Pad carry them along, so that a map follows its mask at no cost.
"""

import numpy as np
import numpy.typing as npt
from mmdet.datasets.transforms import LoadAnnotations
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.labels import decode_levels, mask_levels
from mmcuts3d.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadPseudoLabels(LoadAnnotations):
    """Load boxes, labels and masks of levels.

    A patch-level map is resized to the image with nearest neighbours. A
    pixel of the mask where the map is 0 (the CRF left the support of the
    cuts) gets ``min_confidence``; a mask without a map has level 240.

    Required Keys:

    - img
    - ori_shape
    - instances (``bbox``, ``bbox_label``, ``ignore_flag``, ``mask`` and
      perhaps ``confidence``)

    Added Keys:

    - gt_bboxes (HorizontalBoxes[torch.float32])
    - gt_bboxes_labels (np.int64)
    - gt_masks (BitmapMasks of uint8 levels)
    - gt_ignore_flags (bool)

    Args:
        min_confidence (float): Confidence of a mask's pixels that its map
            leaves out, in (0, 1]. Defaults to 0.5, the floor of the paper
            (Sec. 3.4).

    Raises:
        ValueError: If ``min_confidence`` is not in (0, 1], or a mask has not
            the size of its image.
    """

    def __init__(self, min_confidence: float = 0.5) -> None:
        super().__init__(with_bbox=True, with_label=True, with_mask=True)
        if not 0 < min_confidence <= 1:
            raise ValueError(
                'Expected argument `min_confidence` to be in (0, 1], but got '
                f'{min_confidence}.'
            )
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
        results['gt_masks'] = BitmapMasks(levels, height, width)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(min_confidence={self.min_confidence})'


def _levels_of(encoded: dict | None) -> npt.NDArray[np.uint8] | None:
    return None if encoded is None else decode_levels(encoded)
