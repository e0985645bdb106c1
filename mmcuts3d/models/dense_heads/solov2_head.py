"""SOLOv2's head with Spatial Confidence (CutS3D, Sec. 3.4)."""

from types import SimpleNamespace
from typing import Any

import mmcv
import numpy as np
import torch
from mmdet.models.dense_heads import SOLOV2Head
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.models.confidences import have_confidences, levels_in_frame, send
from mmcuts3d.models.losses import signed_levels
from mmcuts3d.registry import MODELS

from .checks import check_dice


@MODELS.register_module()
class SpatialConfidenceSOLOV2Head(SOLOV2Head):
    """mmdet's ``SOLOV2Head``, whose Dice loss weighs pixels.

    Batches without ``confidences`` in ``gt_instances`` train as in mmdet, to
    the digit.

    Args:
        *args (Any): Those of ``SOLOV2Head``.
        **kwargs (Any): Those of ``SOLOV2Head``. ``loss_mask`` is a
            :class:`mmcuts3d.models.losses.SpatialConfidenceDice`.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        check_dice(self.loss_mask, 'loss_mask')

    def loss_by_feat(
        self,
        mlvl_kernel_preds: list[Tensor],
        mlvl_cls_preds: list[Tensor],
        mask_feats: Tensor,
        batch_gt_instances: list[InstanceData],
        batch_img_metas: list[dict],
        **kwargs: Any,
    ) -> dict:
        """Losses of a batch.

        Args:
            mlvl_kernel_preds (list[Tensor]): Kernels of each level, shape
                (N, C, grid, grid).
            mlvl_cls_preds (list[Tensor]): Class logits of each level, shape
                (N, num_classes, grid, grid).
            mask_feats (Tensor): Mask features of shape (N, C, h, w).
            batch_gt_instances (list[InstanceData]): One per image, with
                ``masks`` (BitmapMasks of 0 and 1) and, if there are any,
                ``confidences`` (BitmapMasks of levels, 240 being 1).
            batch_img_metas (list[dict]): One per image.
            **kwargs (Any): Passed on to ``SOLOV2Head``.

        Returns:
            dict: ``loss_mask`` and ``loss_cls``.

        Raises:
            ValueError: If an image has another number of confidences than
                of masks, or masks with levels that nobody took along.
        """
        if have_confidences(batch_gt_instances):
            # Targets of all images are put together: all are of one kind.
            batch_gt_instances = [
                _with_levels(gt) for gt in batch_gt_instances
            ]
        return super().loss_by_feat(
            mlvl_kernel_preds,
            mlvl_cls_preds,
            mask_feats,
            batch_gt_instances,
            batch_img_metas,
            **kwargs,
        )

    def _get_targets_single(
        self,
        gt_instances: InstanceData | SimpleNamespace,
        featmap_sizes: torch.Size | None = None,
    ) -> tuple[list, list, list, list]:
        """mmdet's targets, with the confidence of each as signed levels.

        mmdet's method does not say whose mask a target is, so that it is
        asked for one instance after the other. Boxes are given on the CPU,
        where choosing the levels of an instance waits for no device.
        """
        if not len(getattr(gt_instances, 'levels', ())):
            return super()._get_targets_single(gt_instances, featmap_sizes)
        device = gt_instances.labels.device
        masks = gt_instances.masks.to_tensor(torch.bool, device)
        boxes = gt_instances.bboxes.cpu()
        merged = None
        for index, levels in enumerate(gt_instances.levels.masks):
            one = slice(index, index + 1)
            targets, labels, positives, places = super()._get_targets_single(
                SimpleNamespace(
                    labels=_One(gt_instances.labels[one]),
                    bboxes=boxes[one],
                    masks=_One(masks[one]),
                ),
                featmap_sizes,
            )
            doubts = None
            for level, target in enumerate(targets):
                if len(target):
                    if doubts is None:
                        doubts = self._resized(levels, target)
                    targets[level] = signed_levels(target, doubts)
            found = targets, labels, positives, places
            merged = found if merged is None else self._merge(merged, found)
        return merged

    def _resized(self, levels: np.ndarray, like: Tensor) -> Tensor:
        """Doubts on the grid of the targets, resized as mmdet does masks."""
        doubts = mmcv.imrescale(
            np.uint8(CONFIDENCE_SCALE) - levels, scale=1.0 / self.mask_stride
        )
        height, width = doubts.shape
        padded = np.zeros(like.shape[-2:], np.uint8)
        padded[:height, :width] = doubts
        return send(padded, like.device)

    def _merge(self, before: tuple, found: tuple) -> tuple:
        """Targets of one instance more; where two meet, it is the later's."""
        return (
            [
                torch.cat(pair)
                for pair in zip(before[0], found[0], strict=True)
            ],
            [
                torch.where(new == self.num_classes, old, new)
                for old, new in zip(before[1], found[1], strict=True)
            ],
            [old | new for old, new in zip(before[2], found[2], strict=True)],
            [old + new for old, new in zip(before[3], found[3], strict=True)],
        )


class _One:
    """Masks, or labels, of one instance: what is chosen of it is all of it.

    mmdet chooses by numbers, which lie on the CPU here: to index a tensor of
    a GPU by them is to wait for it.
    """

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.device = tensor.device

    def to_tensor(self, dtype: torch.dtype, device: torch.device) -> '_One':
        return self

    def __getitem__(self, chosen: Any) -> Tensor:
        return self.tensor


def _with_levels(gt_instances: InstanceData) -> SimpleNamespace:
    """What the targets are made of, with levels in the frame of the masks."""
    masks = gt_instances.masks
    frame = (masks.height, masks.width)
    if 'confidences' in gt_instances:
        levels = gt_instances.confidences
    else:
        sure = np.full((len(masks), *frame), CONFIDENCE_SCALE, np.uint8)
        levels = BitmapMasks(sure, *frame)
    return SimpleNamespace(
        labels=gt_instances.labels,
        bboxes=gt_instances.bboxes,
        masks=masks,
        levels=levels_in_frame(levels, len(masks), frame),
    )
