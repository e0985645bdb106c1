"""SOLOv2's head with BoxInst's loss."""

from types import SimpleNamespace
from typing import Any

import torch
from mmdet.models.dense_heads import SOLOV2Head
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.registry import MODELS

from .boxinst_mask_loss import BoxInstMaskLoss
from .colour_pairs_preprocessor import KEY


@MODELS.register_module()
class BoxInstSOLOV2Head(SOLOV2Head):
    """mmdet's ``SOLOV2Head``, whose targets know the colours of the image.

    Args:
        *args (Any): Those of ``SOLOV2Head``.
        **kwargs (Any): Those of ``SOLOV2Head``. ``loss_mask`` is a
            :class:`.BoxInstMaskLoss`.

    Raises:
        ValueError: If ``loss_mask`` is another loss.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not isinstance(self.loss_mask, BoxInstMaskLoss):
            raise ValueError(
                'Expected argument `loss_mask` to be a BoxInstMaskLoss, but '
                f'got {type(self.loss_mask).__name__}: write loss_mask=dict('
                "type='mmcuts3d.BoxInstMaskLoss')."
            )

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
            batch_gt_instances (list[InstanceData]): One per image.
            batch_img_metas (list[dict]): One per image, with
                ``colour_pairs`` (h, w) uint8.
            **kwargs (Any): Passed on to ``SOLOV2Head``.

        Returns:
            dict: ``loss_mask`` and ``loss_cls``.

        Raises:
            ValueError: If an image has no ``colour_pairs``, or of another
                size than its mask features.
        """
        size = tuple(mask_feats.shape[-2:])
        batch = [
            SimpleNamespace(
                labels=gt.labels,
                bboxes=gt.bboxes,
                masks=gt.masks,
                pairs=_pairs_of(meta, size, mask_feats.device),
            )
            for gt, meta in zip(
                batch_gt_instances, batch_img_metas, strict=True
            )
        ]
        return super().loss_by_feat(
            mlvl_kernel_preds,
            mlvl_cls_preds,
            mask_feats,
            batch,
            batch_img_metas,
            **kwargs,
        )

    def _get_targets_single(
        self,
        gt_instances: SimpleNamespace,
        featmap_sizes: torch.Size | None = None,
    ) -> tuple[list, list, list, list]:
        """mmdet's targets, (P, h, w), with the pairs: (P, 2, h, w)."""
        targets, labels, positives, places = super()._get_targets_single(
            gt_instances, featmap_sizes
        )
        pairs = gt_instances.pairs
        both = [
            torch.stack([target, pairs.expand_as(target)], dim=1)
            for target in targets
        ]
        return both, labels, positives, places


def _pairs_of(
    meta: dict, size: tuple[int, ...], device: torch.device
) -> Tensor:
    pairs = meta.get(KEY)
    if pairs is None:
        raise ValueError(
            f'Expected metainfo `{KEY}` of each image, but got none: write '
            "data_preprocessor=dict(type='mmcuts3d.ColourPairsPreprocessor')."
        )
    if tuple(pairs.shape) != size:
        raise ValueError(
            f'Expected metainfo `{KEY}` to be of the size of the mask '
            f'features, {size}, but got {tuple(pairs.shape)}: '
            '`pad_size_divisor` must be a multiple of the largest stride.'
        )
    return pairs.to(device)
