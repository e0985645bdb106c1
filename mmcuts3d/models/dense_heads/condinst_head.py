"""CondInst's mask head with Spatial Confidence (CutS3D, Sec. 3.4)."""

from typing import Any

import torch
from mmdet.models.dense_heads import CondInstMaskHead
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.models.confidences import doubts_of, have_confidences
from mmcuts3d.models.losses import signed_levels
from mmcuts3d.registry import MODELS

from .checks import check_dice


@MODELS.register_module()
class SpatialConfidenceCondInstMaskHead(CondInstMaskHead):
    """mmdet's ``CondInstMaskHead``, whose Dice loss weighs pixels.

    An image without ``confidences`` in ``gt_instances`` counts as in mmdet,
    to the digit. The box head stays mmdet's ``CondInstBboxHead``.

    Args:
        *args (Any): Those of ``CondInstMaskHead``.
        **kwargs (Any): Those of ``CondInstMaskHead``. ``loss_mask`` is a
            :class:`mmcuts3d.models.losses.SpatialConfidenceDice`.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        check_dice(self.loss_mask, 'loss_mask')

    def _get_targets_single(
        self,
        mask_preds: Tensor,
        gt_instances: InstanceData,
        positive_info: InstanceData,
    ) -> tuple[Tensor, Tensor | None, int]:
        """mmdet's targets, with the confidence of each as signed levels."""
        if not have_confidences([gt_instances]):
            return super()._get_targets_single(
                mask_preds, gt_instances, positive_info
            )
        # mmdet's method picks some of the positives, and does not say which:
        # in the place of their masks it gets their numbers.
        gt_inds = positive_info.pos_assigned_gt_inds
        numbers = torch.arange(len(mask_preds), device=mask_preds.device)
        picked, targets, num_pos = super()._get_targets_single(
            numbers, gt_instances, positive_info
        )
        if targets is None:
            return mask_preds, None, 0
        masks = gt_instances.masks
        doubts = doubts_of(
            gt_instances, (masks.height, masks.width), mask_preds.device
        )
        # Where mmdet takes the pixels of the masks.
        start, stride = int(self.mask_out_stride // 2), self.mask_out_stride
        doubts = doubts[:, start::stride, start::stride][gt_inds[picked]]
        return mask_preds[picked], signed_levels(targets, doubts), num_pos
