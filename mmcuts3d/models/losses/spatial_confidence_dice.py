"""Dice loss whose pixels count by Spatial Confidence (CutS3D, Sec. 3.4).

Eq. 6 is a binary cross-entropy. Heads that predict masks without RoIs train
with Dice, where the confidence weighs each pixel in every sum. Ours, in no
paper.
"""

from typing import Any

import torch
from mmdet.models.losses import DiceLoss
from mmdet.models.losses.utils import weight_reduce_loss
from torch import Tensor

from mmcuts3d.labels import CONFIDENCE_SCALE
from mmcuts3d.registry import MODELS

from .spatial_confidence_bce import Reduction


def spatial_confidence_dice(
    pred: Tensor,
    target: Tensor,
    confidence: Tensor,
    weight: Tensor | None = None,
    eps: float = 1e-3,
    reduction: Reduction = 'mean',
    naive_dice: bool = False,
    avg_factor: float | Tensor | None = None,
) -> Tensor:
    """Dice loss in which each pixel counts as much as its confidence.

    With p the prediction, t the target and c the confidence,

        L = 1 - 2 * sum(c p t) / (sum(c p p) + sum(c t t) + 2 eps)

    and with ``naive_dice``

        L = 1 - (2 * sum(c p t) + eps) / (sum(c p) + sum(c t) + eps).

    A confidence of 1 everywhere gives mmdet's ``dice_loss`` to the digit.

    Args:
        pred (Tensor): Probabilities of shape ``(n, *)``, in [0, 1].
        target (Tensor): Pseudo-masks of the same shape, in [0, 1].
        confidence (Tensor): Spatial Confidence of the same shape, in [0, 1];
            it is data, no gradient flows into it.
        weight (Tensor, optional): Weights of whole masks, shape (n,).
            Defaults to None.
        eps (float): What keeps the divisor above 0. Defaults to 1e-3, as in
            mmdet.
        reduction (str): 'none', 'mean' or 'sum' over the masks. Defaults to
            'mean'.
        naive_dice (bool): Whether the divisor has first powers. Defaults to
            False.
        avg_factor (float or Tensor, optional): Divisor that replaces the
            number of masks under 'mean'. Defaults to None.

    Returns:
        Tensor: A scalar, or (n,) under 'none'.

    Raises:
        ValueError: If shapes do not fit.
    """
    for name, values in (('target', target), ('confidence', confidence)):
        if values.shape != pred.shape:
            raise ValueError(
                f'Expected argument `{name}` to be of the shape '
                f'{tuple(pred.shape)} of the prediction, but got '
                f'{tuple(values.shape)}.'
            )
    if weight is not None and weight.shape != pred.shape[:1]:
        raise ValueError(
            f'Expected argument `weight` to be of shape '
            f'{tuple(pred.shape[:1])}, but got {tuple(weight.shape)}.'
        )
    pred, target = pred.flatten(1), target.flatten(1).float()
    confidence = confidence.detach().flatten(1)
    # The products of mmdet first, so that halves round as they do there.
    overlap = (confidence * (pred * target)).sum(1)
    if naive_dice:
        total = (confidence * pred).sum(1) + (confidence * target).sum(1)
        dice = (2 * overlap + eps) / (total + eps)
    else:
        predicted = (confidence * (pred * pred)).sum(1) + eps
        labeled = (confidence * (target * target)).sum(1) + eps
        dice = 2 * overlap / (predicted + labeled)
    return weight_reduce_loss(1 - dice, weight, reduction, avg_factor)


def signed_levels(masks: Tensor, doubts: Tensor) -> Tensor:
    """Masks and their confidence in one map, for SpatialConfidenceDice.

    The sign is the mask, the size is the level. So the confidence goes with
    the mask through what a head of mmdet does to its targets: indexing,
    slicing, concatenation.

    Args:
        masks (Tensor): Masks of any shape, bool, or 0 and 1.
        doubts (Tensor): 240 less the confidence level, same shape, uint8 in
            [0, 239].

    Returns:
        Tensor: int16 of the same shape: the level, 1 to 240, inside of the
        mask, and its negative outside.
    """
    levels = CONFIDENCE_SCALE - doubts.to(torch.int16)
    return torch.where(masks > 0, levels, -levels)


@MODELS.register_module()
class SpatialConfidenceDice(DiceLoss):
    """mmdet's ``DiceLoss``, in which pixels count by Spatial Confidence.

    For SpatialConfidenceCondInstMaskHead, SpatialConfidenceSOLOV2Head,
    SpatialConfidenceRTMDetInsHead and SpatialConfidenceMask2FormerHead;
    mmdet's own heads give it no confidences. Without them it is mmdet's loss
    to the digit.

    Args:
        **kwargs (Any): Those of ``DiceLoss``: ``use_sigmoid``, ``activate``,
            ``reduction``, ``naive_dice``, ``loss_weight`` and ``eps``.

    Raises:
        ValueError: If predictions are to be activated by a softmax, which
            mmdet does not have.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.activate and not self.use_sigmoid:
            raise ValueError(
                'Expected argument `use_sigmoid` to be True where `activate` '
                'is, but got False: masks have no softmax.'
            )

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction_override: Reduction | None = None,
        avg_factor: float | Tensor | None = None,
        confidence: Tensor | None = None,
    ) -> Tensor:
        """Dice loss of masks, or of points of masks.

        Args:
            pred (Tensor): Logits of shape ``(n, *)``; probabilities if
                ``activate`` is False.
            target (Tensor): Masks of the same shape, in [0, 1]. int16 stands
                for :func:`signed_levels`: masks with their confidence.
            weight (Tensor, optional): Weights of whole masks, shape (n,).
                Defaults to None.
            reduction_override (str, optional): Replaces ``reduction`` in
                this call. Defaults to None.
            avg_factor (float or Tensor, optional): Divisor that replaces the
                number of masks under 'mean'. Defaults to None.
            confidence (Tensor, optional): Spatial Confidence of the same
                shape, in [0, 1]. Defaults to None: what ``target`` carries,
                or 1 everywhere.

        Returns:
            Tensor: The loss, see :func:`spatial_confidence_dice`.

        Raises:
            ValueError: If shapes do not fit, or there are two confidences.
        """
        if target.dtype == torch.int16:
            if confidence is not None:
                raise ValueError(
                    'Expected argument `target` to be masks beside a '
                    '`confidence`, but got int16: levels with a sign.'
                )
            confidence = target.abs() / CONFIDENCE_SCALE
            target = target > 0
        if confidence is None:
            return super().forward(
                pred, target, weight, reduction_override, avg_factor
            )
        if self.activate:
            pred = pred.sigmoid()
        return self.loss_weight * spatial_confidence_dice(
            pred,
            target,
            confidence,
            weight,
            self.eps,
            reduction_override or self.reduction,
            self.naive_dice,
            avg_factor,
        )

    def extra_repr(self) -> str:
        """Arguments in ``print(model)``."""
        return (
            f'reduction={self.reduction!r}, naive_dice={self.naive_dice}, '
            f'loss_weight={self.loss_weight}'
        )
