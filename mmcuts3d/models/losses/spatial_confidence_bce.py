"""Spatial Confidence Soft Target loss (CutS3D, Sec. 3.4, Eq. 6).

The mask loss of a detector that learns from pseudo-masks: every pixel's
binary cross-entropy counts as much as LocalCut is sure of that pixel.
"""

from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from mmdet.models.losses.utils import weight_reduce_loss
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .checks import check_unit_range

Reduction = Literal['none', 'mean', 'sum']

HEADS = (
    'SpatialConfidenceBCE is a loss of RoI mask heads: it belongs to '
    "mask_head=dict(type='mmcuts3d.SpatialConfidenceMaskHead') of Mask R-CNN "
    "and Cascade Mask R-CNN, or dict(type='mmcuts3d."
    "SpatialConfidenceHTCMaskHead') of HTC. CondInst, SOLOv2 and RTMDet-Ins "
    "take loss_mask=dict(type='mmcuts3d.SpatialConfidenceDice') in the heads "
    'SpatialConfidenceCondInstMaskHead, SpatialConfidenceSOLOV2Head and '
    'SpatialConfidenceRTMDetInsSepBNHead; Mask2Former takes it as loss_dice '
    "in SpatialConfidenceMask2FormerHead, and keeps mmdet's loss_mask. The "
    'point head of PointRend has none: keep its loss_point of mmdet'
)


def spatial_confidence_bce(
    logits: Tensor,
    target: Tensor,
    confidence: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: Reduction = 'mean',
    avg_factor: float | None = None,
) -> Tensor:
    """L = SC * BCE over mask logits, Eq. 6.

    Args:
        logits (Tensor): Mask logits of shape (n, h, w).
        target (Tensor): Pseudo-masks of shape (n, h, w), in [0, 1].
        confidence (Tensor, optional): Spatial Confidence of shape (n, h, w),
            in [0, 1]; it is data, no gradient flows into it. Defaults to
            None: 1 everywhere.
        weight (Tensor, optional): Further weights, (n,) for whole masks or
            (n, h, w). Defaults to None.
        reduction (str): 'mean' divides the sum by the number of pixels, not
            by the sum of the confidences, so that doubt makes a loss
            smaller; 'sum' is Eq. 6 to the letter; 'none' keeps the pixels.
            Defaults to 'mean'.
        avg_factor (float, optional): Divisor that replaces the number of
            pixels under 'mean'. Defaults to None.

    Returns:
        Tensor: A scalar, or (n, h, w) under 'none'. No mask at all gives a
        zero that can be differentiated.

    Raises:
        ValueError: If shapes or ranges do not fit, the reduction is unknown,
            or an ``avg_factor`` meets the reduction 'sum'. Ranges are looked
            at on the CPU alone: on a GPU the host would wait for each.
    """
    _check_reduction(reduction)
    _check_map('target', target, logits)
    if confidence is not None:
        _check_map('confidence', confidence, logits)
        confidence = confidence.detach()
    if avg_factor is not None and reduction == 'sum':
        raise ValueError(
            "Expected argument `reduction` to be 'mean' or 'none' beside an "
            "`avg_factor`, but got 'sum'."
        )
    if logits.numel() == 0:
        # The mean of nothing is NaN; a zero keeps the graph whole.
        return logits if reduction == 'none' else logits.sum()
    weights = _product(confidence, weight, logits)
    if weights is None and avg_factor is None:
        return F.binary_cross_entropy_with_logits(
            logits, target.to(logits), reduction=reduction
        )
    loss = F.binary_cross_entropy_with_logits(
        logits, target.to(logits), reduction='none'
    )
    if weights is not None:
        # Mixed precision: the logits are halves, their loss is not.
        weights = weights.to(loss)
    return weight_reduce_loss(loss, weights, reduction, avg_factor)


@MODELS.register_module()
class SpatialConfidenceBCE(nn.Module):
    """Binary cross-entropy of masks, weighted by Spatial Confidence (Eq. 6).

    Without confidences it is mmdet's ``CrossEntropyLoss(use_mask=True)``. It
    is called by SpatialConfidenceMaskHead and SpatialConfidenceHTCMaskHead;
    heads that predict masks without RoIs refuse it, with the reason: they
    have SpatialConfidenceDice.

    Args:
        reduction (str): 'none', 'mean' or 'sum'. Eq. 6 prints a sum; the
            mean keeps the meaning of ``loss_weight``. Defaults to 'mean'.
        loss_weight (float): Factor of the loss. Defaults to 1.0.
        use_mask (bool): Always True. It stands in the ``loss_mask`` of
            mmdet's base configs, which a config inherits when it names
            another loss. Defaults to True.
        **others (Any): None. Settings of another head's loss, which a config
            inherits, are refused by name.

    Raises:
        ValueError: If the reduction is unknown, ``use_mask`` is False, or
            there are other settings.
    """

    def __init__(
        self,
        reduction: Reduction = 'mean',
        loss_weight: float = 1.0,
        use_mask: bool = True,
        **others: Any,
    ) -> None:
        super().__init__()
        if others:
            raise ValueError(
                'Expected arguments `reduction`, `loss_weight` and '
                f'`use_mask`, but got {sorted(others)}. {HEADS}.'
            )
        _check_reduction(reduction)
        if not use_mask:
            raise ValueError(
                'Expected argument `use_mask` to be True, but got False: '
                'this is a loss of masks.'
            )
        self.reduction = reduction
        self.loss_weight = loss_weight

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        label: Tensor | None = None,
        confidence: Tensor | None = None,
        weight: Tensor | None = None,
        avg_factor: float | None = None,
        reduction_override: Reduction | None = None,
    ) -> Tensor:
        """Loss of the predicted masks of the labeled classes.

        Args:
            pred (Tensor): Mask logits of shape (n, C, h, w).
            target (Tensor): Pseudo-masks of shape (n, h, w), in [0, 1].
            label (Tensor): Class of each mask, shape (n,), int in [0, C).
                RoI mask heads have one; without it the loss is refused.
            confidence (Tensor, optional): Spatial Confidence of shape
                (n, h, w), in [0, 1]. Defaults to None: 1 everywhere.
            weight (Tensor, optional): Further weights, (n,) or (n, h, w).
                Defaults to None.
            avg_factor (float, optional): Divisor that replaces the number of
                pixels under 'mean'. Defaults to None.
            reduction_override (str, optional): Replaces ``reduction`` in
                this call. Defaults to None.

        Returns:
            Tensor: The loss, see :func:`spatial_confidence_bce`.

        Raises:
            ValueError: If shapes, ranges, classes or the reduction do not
                fit, or a head calls that is none of RoI masks.
        """
        logits = _logits_of_labels(pred, label)
        loss = spatial_confidence_bce(
            logits,
            target,
            confidence,
            weight,
            reduction_override or self.reduction,
            avg_factor,
        )
        return self.loss_weight * loss

    def extra_repr(self) -> str:
        """Arguments in ``print(model)``."""
        return f'reduction={self.reduction!r}, loss_weight={self.loss_weight}'


def _logits_of_labels(pred: Tensor, label: Tensor | None) -> Tensor:
    if pred.ndim != 4 or label is None:
        labels = 'no `label`' if label is None else '`label`'
        raise ValueError(
            'Expected argument `pred` to be of shape (n, C, h, w) and `label` '
            f'to be the class of each mask, but got {tuple(pred.shape)} and '
            f'{labels}. {HEADS}.'
        )
    number, classes = pred.shape[:2]
    if label.shape != (number,) or label.is_floating_point():
        raise ValueError(
            f'Expected argument `label` to be {number} integers, but got '
            f'shape {tuple(label.shape)} of {label.dtype}.'
        )
    if (
        number
        and label.device.type == 'cpu'
        and not 0 <= label.min() <= label.max() < classes
    ):
        raise ValueError(
            f'Expected argument `label` to lie in [0, {classes}), but got '
            f'values from {label.min()} to {label.max()}.'
        )
    return pred[torch.arange(number, device=pred.device), label.long()]


def _product(
    confidence: Tensor | None, weight: Tensor | None, logits: Tensor
) -> Tensor | None:
    """All pixel weights in one map, or None for 1 everywhere."""
    if weight is None:
        return confidence
    if weight.shape == logits.shape[:1]:
        weight = weight[:, None, None].expand_as(logits)
    elif weight.shape != logits.shape:
        raise ValueError(
            f'Expected argument `weight` to be of shape '
            f'{tuple(logits.shape[:1])} or {tuple(logits.shape)}, but got '
            f'{tuple(weight.shape)}.'
        )
    return weight if confidence is None else weight * confidence


def _check_map(name: str, values: Tensor, logits: Tensor) -> None:
    if logits.ndim != 3 or values.shape != logits.shape:
        raise ValueError(
            f'Expected argument `{name}` to be of the shape (n, h, w) of the '
            f'logits {tuple(logits.shape)}, but got {tuple(values.shape)}.'
        )
    check_unit_range(name, values)


def _check_reduction(reduction: str) -> None:
    if reduction not in get_args(Reduction):
        raise ValueError(
            f'Expected argument `reduction` to be one of '
            f'{get_args(Reduction)}, but got {reduction!r}.'
        )
