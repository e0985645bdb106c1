"""The last transform of training: levels become masks and confidences.

What rode as one array through the pipeline is split for the mask head,
before any RoI is cropped.
"""

import numpy as np
from mmdet.datasets.transforms import PackDetInputs
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackPseudoLabels(PackDetInputs):
    """mmdet's ``PackDetInputs`` for masks that hold confidence levels.

    Of ``gt_masks`` it makes, in ``gt_instances`` and ``ignored_instances``
    alike:

    - masks (BitmapMasks): uint8, 0 or 1.
    - confidences (BitmapMasks): uint8 levels, 240 being a confidence of 1;
      inside the mask its level, outside 240: Eq. 6 leaves the loss outside
      the confidence map as it is.

    Args:
        meta_keys (Sequence[str]): Keys that go into the metainfo. Defaults
            to those of ``PackDetInputs``.
    """

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results (dict): ``img`` and annotations with levels.

        Returns:
            dict: ``inputs`` (Tensor) and ``data_samples`` (DetDataSample).
        """
        packed = super().transform(results)
        sample = packed['data_samples']
        for instances in (sample.gt_instances, sample.ignored_instances):
            if 'masks' in instances:
                masks, confidences = split_levels(instances.masks)
                instances.masks = masks
                instances.confidences = confidences
        return packed


def split_levels(levels: BitmapMasks) -> tuple[BitmapMasks, BitmapMasks]:
    """Split masks of levels into masks and confidences.

    Args:
        levels (BitmapMasks): uint8 levels, 0 outside the mask.

    Returns:
        tuple[BitmapMasks, BitmapMasks]: Masks of 0 and 1, and levels that
        are 240 outside the mask, both uint8.
    """
    frame = (levels.height, levels.width)
    inside = levels.masks > 0
    confidences = np.where(inside, levels.masks, CONFIDENCE_SCALE)
    return (
        BitmapMasks(inside.astype(np.uint8), *frame),
        BitmapMasks(confidences.astype(np.uint8), *frame),
    )
