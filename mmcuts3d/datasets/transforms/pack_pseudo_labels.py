"""The last transform of training: masks and confidences part.

What went through the pipeline as one is split for the mask head, before any
RoI is cropped.
"""

import numpy as np
import torch
from mmdet.datasets.transforms import PackDetInputs
from mmdet.structures.mask import BitmapMasks

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.registry import TRANSFORMS

from ..confidence_use import KEY, ConfidenceUse
from .level_masks import LevelMasks


@TRANSFORMS.register_module()
class PackPseudoLabels(PackDetInputs):
    """mmdet's ``PackDetInputs``, which keeps the confidence of the masks.

    mmdet's own takes the masks and leaves their confidence out. Of
    ``gt_masks`` (LevelMasks) this one makes, in ``gt_instances`` and
    ``ignored_instances`` alike:

    - masks (BitmapMasks): uint8, 0 or 1.
    - confidences (BitmapMasks): uint8 levels, 240 being a confidence of 1;
      inside the mask its level, outside 240: Eq. 6 leaves the loss outside
      the confidence map as it is. None where confidence is not used for the
      loss, see the setting ``confidence`` of PseudoLabelDataset.
    - scores (Tensor): of the pseudo-labels, in [0, 1], where that setting
      says so.

    Args:
        meta_keys (Sequence[str]): Keys that go into the metainfo. Defaults
            to those of ``PackDetInputs``.

    Raises:
        ValueError: If the masks have no levels, or do not belong to the
            image and its boxes any more.
    """

    def transform(self, results: dict) -> dict:
        """Pack a sample.

        Args:
            results (dict): ``img`` and annotations with levels, and perhaps
                ``confidence_use``.

        Returns:
            dict: ``inputs`` (Tensor) and ``data_samples`` (DetDataSample).
        """
        use = results.get(KEY, ConfidenceUse())
        if 'gt_masks' in results:
            _check_masks(results, use)
        packed = super().transform(results)
        sample = packed['data_samples']
        for instances in (sample.gt_instances, sample.ignored_instances):
            if isinstance(instances.get('masks'), LevelMasks):
                if use.scores:
                    scores = torch.from_numpy(instances.masks.scores)
                    instances.scores = scores
                if not use.loss:
                    instances.masks = _plain(instances.masks)
                    continue
                masks, confidences = split_levels(instances.masks)
                instances.masks = masks
                instances.confidences = confidences
        return packed


def split_levels(masks: LevelMasks) -> tuple[BitmapMasks, BitmapMasks]:
    """Split masks with levels into masks and confidences.

    Args:
        masks (LevelMasks): Masks with levels.

    Returns:
        tuple[BitmapMasks, BitmapMasks]: Masks of 0 and 1, and levels that
        are 240 outside the mask, both uint8.
    """
    frame = (masks.height, masks.width)
    levels = masks.levels
    inside = levels > 0
    confidences = np.where(inside, levels, np.uint8(CONFIDENCE_SCALE))
    return (
        BitmapMasks(inside.astype(np.uint8), *frame),
        BitmapMasks(confidences, *frame),
    )


def _plain(masks: LevelMasks) -> BitmapMasks:
    return BitmapMasks(masks.masks, masks.height, masks.width)


def _check_masks(results: dict, use: ConfidenceUse) -> None:
    masks = results['gt_masks']
    where = results.get('img_path', 'the image')
    if use.any and not isinstance(masks, LevelMasks):
        raise ValueError(
            f'Expected `gt_masks` of {where} to carry confidence levels, but '
            f'got {type(masks).__name__}: load them with dict(type='
            "'mmcuts3d.LoadPseudoLabels'), and paste with dict(type="
            "'mmcuts3d.ConfidentCopyPaste') in place of mmdet's CopyPaste, "
            'which loses the levels. For masks without a confidence take '
            "mmdet's PackDetInputs."
        )
    number = len(results.get('gt_bboxes', masks))
    size = (masks.height, masks.width)
    frame = results['img'].shape[:2] if 'img' in results else size
    # mmdet rounds the sizes of image and masks apart, and crops no masks
    # where there are none.
    misfit = np.abs(np.subtract(size, frame)).max() > 1
    if len(masks) != number or (number and misfit):
        raise ValueError(
            f'Expected `gt_masks` of {where} to be {number} masks of the '
            f"image's size {frame}, but got {len(masks)} of size {size}: a "
            'transform before this one changed the image and its boxes and '
            'left the masks. Mosaic and MixUp of mmdet know boxes only; its '
            'CachedMosaic and CachedMixUp know masks.'
        )
