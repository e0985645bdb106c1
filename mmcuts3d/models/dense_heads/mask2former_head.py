"""Mask2Former's head with Spatial Confidence (CutS3D, Sec. 3.4, Eq. 6).

Queries learn masks at sampled points; the confidence of each ground truth is
sampled at the same points as its mask.
"""

from typing import Any

import torch
from mmcv.ops import point_sample
from mmdet.models.dense_heads import Mask2FormerHead
from mmdet.models.losses import CrossEntropyLoss
from mmdet.models.utils import get_uncertain_point_coords_with_randomness
from mmdet.utils import reduce_mean
from mmengine.structures import InstanceData, PixelData
from torch import Tensor

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.models.confidences import doubts_of, have_confidences
from mmcuts3d.registry import MODELS

from .checks import check_dice


@MODELS.register_module()
class SpatialConfidenceMask2FormerHead(Mask2FormerHead):
    """mmdet's ``Mask2FormerHead``, whose mask losses weigh pixels.

    Both losses of masks take the confidence of each point: the binary
    cross-entropy times it, Eq. 6, and the Dice loss by it. Batches without
    ``confidences`` in ``gt_instances`` train as in mmdet, to the digit.

    The costs of matching stay those of mmdet, without confidences. They
    decide which query learns an object, not how strongly; and costs that
    doubt makes smaller would draw queries to the masks in most doubt.

    Args:
        *args (Any): Those of ``Mask2FormerHead``.
        **kwargs (Any): Those of ``Mask2FormerHead``. ``loss_dice`` is a
            :class:`mmcuts3d.models.losses.SpatialConfidenceDice`;
            ``loss_mask`` stays mmdet's ``CrossEntropyLoss`` with
            ``use_sigmoid``, which takes the confidences as its weights.

    Raises:
        ValueError: If one of the two is another loss.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        check_dice(self.loss_dice, 'loss_dice')
        if not (
            isinstance(self.loss_mask, CrossEntropyLoss)
            and self.loss_mask.use_sigmoid
        ):
            raise ValueError(
                "Expected argument `loss_mask` to be mmdet's CrossEntropyLoss "
                'with use_sigmoid=True, but got '
                f'{type(self.loss_mask).__name__}: it weighs points by their '
                'confidence already.'
            )

    def preprocess_gt(
        self,
        batch_gt_instances: list[InstanceData],
        batch_gt_semantic_segs: list[PixelData | None],
    ) -> list[InstanceData]:
        """Labels, masks and doubts as tensors.

        Args:
            batch_gt_instances (list[InstanceData]): One per image, with
                ``labels``, ``masks`` and, if there are any, ``confidences``.
            batch_gt_semantic_segs (list[PixelData | None]): One per image;
                what is stuff counts with a confidence of 1.

        Returns:
            list[InstanceData]: One per image: ``labels`` (n,) and ``masks``
            (n, h, w), and, if an image of the batch has confidences,
            ``doubts`` (n, h, w), uint8, 240 less the level.

        Raises:
            ValueError: If an image has another number of confidences than
                of masks, or masks with levels that nobody took along.
        """
        targets = super().preprocess_gt(
            batch_gt_instances, batch_gt_semantic_segs
        )
        if not have_confidences(batch_gt_instances):
            return targets
        for target, gt in zip(targets, batch_gt_instances, strict=True):
            masks = target.masks
            things = doubts_of(gt, tuple(masks.shape[-2:]), masks.device)
            # Stuff stands behind the things.
            stuff = things.new_zeros(
                (len(masks) - len(things), *masks.shape[-2:])
            )
            target.doubts = torch.cat([things, stuff])
        return targets

    def _get_targets_single(
        self,
        cls_score: Tensor,
        mask_pred: Tensor,
        gt_instances: InstanceData,
        img_meta: dict,
    ) -> tuple:
        """mmdet's targets, with the doubts of the masks if there are any."""
        targets = super()._get_targets_single(
            cls_score, mask_pred, gt_instances, img_meta
        )
        if 'doubts' not in gt_instances:
            return targets
        sampling_result = targets[-1]
        doubts = gt_instances.doubts[sampling_result.pos_assigned_gt_inds]
        return (*targets, doubts)

    def _loss_by_feat_single(
        self,
        cls_scores: Tensor,
        mask_preds: Tensor,
        batch_gt_instances: list[InstanceData],
        batch_img_metas: list[dict],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Losses of one decoder layer: of classes, of masks, and Dice.

        In mmdet the points are drawn and the losses taken in one method, so
        that this one stands in its place where there are doubts.
        """
        if 'doubts' not in batch_gt_instances[0]:
            return super()._loss_by_feat_single(
                cls_scores, mask_preds, batch_gt_instances, batch_img_metas
            )
        labels, label_weights, targets, mask_weights, avg_factor, doubts = (
            self.get_targets(
                list(cls_scores),
                list(mask_preds),
                batch_gt_instances,
                batch_img_metas,
            )
        )
        labels = torch.stack(labels).flatten(0, 1)
        class_weight = cls_scores.new_tensor(self.class_weight)
        loss_cls = self.loss_cls(
            cls_scores.flatten(0, 1),
            labels,
            torch.stack(label_weights).flatten(0, 1),
            avg_factor=class_weight[labels].sum(),
        )
        number = reduce_mean(cls_scores.new_tensor([avg_factor])).clamp(min=1)
        mask_preds = mask_preds[torch.stack(mask_weights) > 0]
        if len(mask_preds) == 0:
            return loss_cls, mask_preds.sum(), mask_preds.sum()
        loss_mask, loss_dice = self._loss_of_points(
            mask_preds, torch.cat(targets), torch.cat(doubts), number
        )
        return loss_cls, loss_mask, loss_dice

    def _loss_of_points(
        self, mask_preds: Tensor, masks: Tensor, doubts: Tensor, number: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Mask losses of matched queries, by mmdet's choice of points.

        Args:
            mask_preds (Tensor): Logits of shape (n, h, w).
            masks (Tensor): Masks of their ground truths, (n, H, W).
            doubts (Tensor): Doubts of these, uint8, (n, H, W).
            number (Tensor): How many masks a process has on average, (1,).

        Returns:
            tuple[Tensor, Tensor]: Cross-entropy and Dice, both scalars.
        """
        mask_preds = mask_preds.unsqueeze(1)
        with torch.no_grad():
            coords = get_uncertain_point_coords_with_randomness(
                mask_preds,
                None,
                self.num_points,
                self.oversample_ratio,
                self.importance_sample_ratio,
            )
            # One after the other: a float map of each mask is large.
            targets, doubt = (
                point_sample(maps.unsqueeze(1).float(), coords).squeeze(1)
                for maps in (masks, doubts)
            )
            confidence = 1 - doubt / CONFIDENCE_SCALE
        preds = point_sample(mask_preds, coords).squeeze(1)
        loss_dice = self.loss_dice(
            preds, targets, avg_factor=number, confidence=confidence
        )
        loss_mask = self.loss_mask(
            preds.reshape(-1),
            targets.reshape(-1),
            confidence.reshape(-1),
            avg_factor=number * self.num_points,
        )
        return loss_mask, loss_dice
