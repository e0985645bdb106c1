"""RTMDet-Ins's heads with Spatial Confidence (CutS3D, Sec. 3.4)."""

from typing import Any

from mmdet.models.dense_heads import RTMDetInsHead, RTMDetInsSepBNHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.models.confidences import doubts_of, have_confidences
from mmcuts3d.models.losses import signed_levels
from mmcuts3d.registry import MODELS

from .checks import check_dice


class _SpatialConfidenceMixin:
    """Takes the confidences of the assigned ground truths to the mask loss."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        check_dice(self.loss_mask, 'loss_mask')

    def loss_by_feat(
        self,
        cls_scores: list[Tensor],
        bbox_preds: list[Tensor],
        kernel_preds: list[Tensor],
        mask_feat: Tensor,
        batch_gt_instances: list[InstanceData],
        *args: Any,
        **kwargs: Any,
    ) -> dict:
        """Losses of a batch, as in mmdet.

        Args:
            cls_scores (list[Tensor]): Class logits of each level.
            bbox_preds (list[Tensor]): Distances of each level.
            kernel_preds (list[Tensor]): Parameters of the dynamic
                convolutions of each level.
            mask_feat (Tensor): Prototypes of shape (N, C, h, w).
            batch_gt_instances (list[InstanceData]): One per image.
            *args (Any): Passed on to mmdet's head.
            **kwargs (Any): Passed on to mmdet's head.

        Returns:
            dict: ``loss_cls``, ``loss_bbox`` and ``loss_mask``.

        Raises:
            ValueError: If masks carry levels that nobody took along.
        """
        have_confidences(batch_gt_instances)  # tensors cannot be asked later
        return super().loss_by_feat(
            cls_scores,
            bbox_preds,
            kernel_preds,
            mask_feat,
            batch_gt_instances,
            *args,
            **kwargs,
        )

    def loss_mask_by_feat(
        self,
        mask_feats: Tensor,
        flatten_kernels: Tensor,
        sampling_results_list: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
    ) -> Tensor:
        """Mask loss of the positive priors of a batch.

        Args:
            mask_feats (Tensor): Prototypes of shape (N, C, h, w).
            flatten_kernels (Tensor): Parameters of the dynamic convolutions,
                shape (N, num_priors, num_params).
            sampling_results_list (list[SamplingResult]): One per image.
            batch_gt_instances (list[InstanceData]): One per image, with
                ``masks``, a bool tensor (n, H, W), and, if there are any,
                ``confidences`` (BitmapMasks of levels, 240 being 1).

        Returns:
            Tensor: The loss, a scalar.

        Raises:
            ValueError: If an image has another number of confidences than
                of masks.
        """
        if have_confidences(batch_gt_instances):
            # mmdet's method slices what it takes for masks, and hands it to
            # the loss.
            batch_gt_instances = list(map(_leveled, batch_gt_instances))
        return super().loss_mask_by_feat(
            mask_feats,
            flatten_kernels,
            sampling_results_list,
            batch_gt_instances,
        )


@MODELS.register_module()
class SpatialConfidenceRTMDetInsHead(_SpatialConfidenceMixin, RTMDetInsHead):
    """mmdet's ``RTMDetInsHead``, whose Dice loss weighs pixels.

    Batches without ``confidences`` in ``gt_instances`` train as in mmdet, to
    the digit.

    Args:
        *args (Any): Those of ``RTMDetInsHead``.
        **kwargs (Any): Those of ``RTMDetInsHead``. ``loss_mask`` is a
            :class:`mmcuts3d.models.losses.SpatialConfidenceDice`.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """


@MODELS.register_module()
class SpatialConfidenceRTMDetInsSepBNHead(
    _SpatialConfidenceMixin, RTMDetInsSepBNHead
):
    """mmdet's ``RTMDetInsSepBNHead``, the head of its RTMDet-Ins configs.

    The rest is that of :class:`SpatialConfidenceRTMDetInsHead`.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """


def _leveled(gt_instances: InstanceData) -> InstanceData:
    """Signed levels in the place of the masks."""
    masks = gt_instances.masks
    doubts = doubts_of(gt_instances, tuple(masks.shape[-2:]), masks.device)
    return InstanceData(masks=signed_levels(masks, doubts))
