"""Mask heads that feed SpatialConfidenceBCE (CutS3D, Sec. 3.4, Eq. 6).

Spatial Confidence comes from ``gt_instances.confidences``, which
PackPseudoLabels makes, and is cropped for each positive RoI as its mask is.
"""

from typing import Any

import torch
from mmcv.ops import roi_align
from mmdet.models.roi_heads.mask_heads import FCNMaskHead, HTCMaskHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData
from torch import Tensor
from torch.nn.modules.utils import _pair

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.models.confidences import (
    have_confidences,
    levels_in_frame,
    send,
)
from mmcuts3d.models.losses import SpatialConfidenceBCE
from mmcuts3d.registry import MODELS


class _SpatialConfidenceMixin:
    """Takes the confidences of the positive RoIs to the mask loss."""

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault(
            'loss_mask', {'type': 'mmcuts3d.SpatialConfidenceBCE'}
        )
        super().__init__(*args, **kwargs)
        if not isinstance(self.loss_mask, SpatialConfidenceBCE):
            raise ValueError(
                'Expected argument `loss_mask` to be a SpatialConfidenceBCE, '
                f'but got {type(self.loss_mask).__name__}: write '
                "loss_mask=dict(type='mmcuts3d.SpatialConfidenceBCE')."
            )

    def loss_and_target(
        self,
        mask_preds: Tensor,
        sampling_results: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
        rcnn_train_cfg: ConfigDict,
    ) -> dict:
        """Mask loss of the positive RoIs of a batch.

        Args:
            mask_preds (Tensor): Mask logits of shape (n, C, h, w), n the
                number of positive RoIs.
            sampling_results (list[SamplingResult]): One per image.
            batch_gt_instances (list[InstanceData]): One per image, with
                ``masks`` (BitmapMasks of 0 and 1) and, if there are any,
                ``confidences`` (BitmapMasks of levels, 240 being 1).
            rcnn_train_cfg (ConfigDict): ``train_cfg`` of this stage, with
                ``mask_size``.

        Returns:
            dict: ``loss_mask`` (dict of losses) and ``mask_targets``.

        Raises:
            ValueError: If an image has another number of confidences than
                of masks.
        """
        mask_targets = self.get_targets(
            sampling_results, batch_gt_instances, rcnn_train_cfg
        )
        labels = torch.cat(
            [result.pos_gt_labels for result in sampling_results]
        )
        if self.class_agnostic:
            labels = torch.zeros_like(labels)
        if len(mask_preds) == 0:
            loss = mask_preds.sum()
        else:
            confidence = self.get_confidences(
                sampling_results, batch_gt_instances, rcnn_train_cfg
            )
            loss = self.loss_mask(
                mask_preds,
                mask_targets,
                labels,
                confidence,
                weight=self.get_weights(sampling_results, batch_gt_instances),
            )
        return {'loss_mask': {'loss_mask': loss}, 'mask_targets': mask_targets}

    def get_weights(
        self,
        sampling_results: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
    ) -> Tensor | None:
        """Weights of whole masks, (n,); here none: 1 for all of them."""
        return None

    def get_confidences(
        self,
        sampling_results: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
        rcnn_train_cfg: ConfigDict,
    ) -> Tensor | None:
        """Spatial Confidence of each positive RoI, on its mask's grid.

        Args:
            sampling_results (list[SamplingResult]): One per image.
            batch_gt_instances (list[InstanceData]): One per image.
            rcnn_train_cfg (ConfigDict): Holds ``mask_size``.

        Returns:
            Tensor | None: Confidences of shape (n, h, w), in (0, 1], or None
            when no image has any: 1 everywhere.

        Raises:
            ValueError: If an image has another number of confidences than
                of masks, or masks with levels that nobody took along.
        """
        if not have_confidences(batch_gt_instances):
            return None
        size = _pair(rcnn_train_cfg.mask_size)
        return torch.cat(
            [
                crop_confidences(
                    result.pos_priors, result.pos_assigned_gt_inds, gt, size
                )
                for result, gt in zip(
                    sampling_results, batch_gt_instances, strict=True
                )
            ]
        )


@MODELS.register_module()
class SpatialConfidenceMaskHead(_SpatialConfidenceMixin, FCNMaskHead):
    """mmdet's ``FCNMaskHead`` with the Spatial Confidence loss.

    For Mask R-CNN and Cascade Mask R-CNN. An image whose ``gt_instances``
    have no ``confidences`` counts with a confidence of exactly 1 (labels of a
    trained detector carry none). Arguments are those of ``FCNMaskHead``, with
    ``loss_mask`` a :class:`mmcuts3d.models.losses.SpatialConfidenceBCE`,
    which defaults to ``dict(type='mmcuts3d.SpatialConfidenceBCE')``.

    Raises:
        ValueError: If ``loss_mask`` is another loss, or the head stands in
            HTC, which wants SpatialConfidenceHTCMaskHead.
    """

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Mask logits of RoI features.

        Args:
            x (Tensor): RoI features of shape (n, C, h, w).
            *args (Any): None, see below.
            **kwargs (Any): None: what HTC gives its mask heads is refused.

        Returns:
            Tensor: Logits of shape (n, num_classes, 2h, 2w).

        Raises:
            ValueError: If there is anything but features.
        """
        if args or kwargs:
            raise ValueError(
                'Expected a call with RoI features alone, but got '
                f'{len(args)} arguments and {sorted(kwargs)} beside them: '
                'HTC hands features from stage to stage; write '
                "mask_head=dict(type='mmcuts3d.SpatialConfidenceHTCMaskHead',"
                ' ...) there.'
            )
        return super().forward(x)


@MODELS.register_module()
class SpatialConfidenceHTCMaskHead(_SpatialConfidenceMixin, HTCMaskHead):
    """mmdet's ``HTCMaskHead`` with the Spatial Confidence loss.

    For HTC, whose mask heads hand features from stage to stage; the rest is
    that of SpatialConfidenceMaskHead.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """


def crop_confidences(
    boxes: Tensor,
    gt_inds: Tensor,
    gt_instances: InstanceData,
    size: tuple[int, int],
) -> Tensor:
    """Crop and resize one image's confidences as mmdet does its masks.

    Equal to ``BitmapMasks.crop_and_resize(..., binarize=False) / 240``, but
    RoIAlign reads each ground truth in place: mmdet's way holds a full-size
    float copy for each RoI.

    Args:
        boxes (Tensor): RoIs of shape (n, 4), xyxy in pixels.
        gt_inds (Tensor): Ground truth of each RoI, shape (n,), int.
        gt_instances (InstanceData): ``masks`` and perhaps ``confidences``.
        size (tuple[int, int]): Height and width of the result.

    Returns:
        Tensor: Confidences of shape (n, *size), in (0, 1]; exactly 1 where
        nothing is in doubt.

    Raises:
        ValueError: If there are not as many confidences as masks.
    """
    if 'confidences' not in gt_instances or len(boxes) == 0:
        return boxes.new_ones((len(boxes), *size))
    masks, levels = gt_instances.masks, gt_instances.confidences
    levels = levels_in_frame(levels, len(masks), (masks.height, masks.width))
    frame = boxes.new_tensor([masks.width, masks.height] * 2)
    clipped = torch.minimum(boxes.detach().clamp(min=0), frame)
    rois = torch.cat([gt_inds[:, None].to(clipped), clipped], dim=1)
    # Bytes go to the device, a quarter of what floats would be.
    maps = send(levels.masks, clipped.device)
    maps = maps[:, None].to(clipped.dtype)
    # The doubt, not the confidence: where there is none it is exactly 0, and
    # RoIAlign answers 0 for a RoI without area too.
    doubts = CONFIDENCE_SCALE - maps
    crops = roi_align(doubts, rois, size, 1.0, 0, 'avg', True).squeeze(1)
    return (1 - crops / CONFIDENCE_SCALE).clamp(min=0)
