"""DropLoss: no punishment for finding what labels miss.

Pseudo-labels miss objects. A RoI whose box overlaps no pseudo-label may hold
one of those, so its classification loss is dropped (CutLER, Sec. 3.3). The
box heads say which box that is, see ``overlap_of`` there. The mask losses of
query heads are dropped likewise (UnScene3D, Sec. 4.3).
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .checks import number_of_rois


def overlap_keep(max_overlaps: Tensor, iou_thr: float = 0.01) -> Tensor:
    """The indicator of DropLoss, 1(max IoU > threshold).

    Args:
        max_overlaps (Tensor): IoU of each box with the ground truth that it
            overlaps most, of all ground truths of its image, shape (n,), in
            [0, 1]; 0 where the image has none.
        iou_thr (float): A RoI at or below it is dropped. Defaults to 0.01,
            CutLER's value.

    Returns:
        Tensor: 1 for a RoI that keeps its loss, else 0, shape (n,), float.

    Raises:
        ValueError: If the overlaps are not of shape (n,).
    """
    if max_overlaps.ndim != 1:
        raise ValueError(
            'Expected argument `max_overlaps` to be of shape (n,), but got '
            f'{tuple(max_overlaps.shape)}.'
        )
    return (max_overlaps > iou_thr).to(torch.float32)


@MODELS.register_module()
class DropLoss(nn.Module):
    """A loss without the RoIs, or queries, that overlap no ground truth.

    The divisor stays that of all RoIs, dropped ones included: DropLoss is
    the mean over all proposals. To leave them out of the divisor as well
    would make the loss of the others grow with every RoI that is dropped.

    Args:
        loss (dict, optional): The loss to wrap, one that returns a tensor
            and takes ``weight``, ``avg_factor`` and ``reduction_override``.
            Defaults to None: ``dict(type='mmdet.CrossEntropyLoss')``, the
            softmax cross-entropy of mmdet's box heads.
        iou_thr (float): A RoI whose maximum IoU is at or below it is
            dropped. Defaults to 0.01, CutLER's value.
        loss_weight (float): Factor of the wrapped loss. Defaults to 1.0.
        weights (str): What the wrapped loss takes as ``weight``: 'row', one
            for each RoI (softmax cross-entropy, Dice), or 'element', one for
            each element of the prediction (binary cross-entropy of masks).
            Defaults to 'row'.
        use_sigmoid (bool): Always False. Like ``loss_weight`` it stands in
            the ``loss_cls`` of mmdet's base configs, which a config inherits
            when it names another loss. Defaults to False.

    Raises:
        ValueError: If the threshold is not in [0, 1), ``weights`` has no
            such name or ``use_sigmoid`` is True.
    """

    def __init__(
        self,
        loss: dict[str, Any] | None = None,
        iou_thr: float = 0.01,
        loss_weight: float = 1.0,
        weights: Literal['row', 'element'] = 'row',
        use_sigmoid: bool = False,
    ) -> None:
        super().__init__()
        if weights not in ('row', 'element'):
            raise ValueError(
                "Expected argument `weights` to be 'row' or 'element', but "
                f'got {weights!r}.'
            )
        if not 0 <= iou_thr < 1:
            raise ValueError(
                'Expected argument `iou_thr` to be in [0, 1), but got '
                f'{iou_thr}.'
            )
        if use_sigmoid:
            raise ValueError(
                'Expected argument `use_sigmoid` to be False, but got True: '
                'give the loss to wrap as `loss`.'
            )
        self.iou_thr = iou_thr
        self.loss_weight = loss_weight
        self.weights = weights
        self.loss = MODELS.build(loss or {'type': 'mmdet.CrossEntropyLoss'})

    def forward(
        self,
        cls_score: Tensor,
        label: Tensor,
        weight: Tensor | None = None,
        avg_factor: float | Tensor | None = None,
        reduction_override: str | None = None,
        *,
        max_overlaps: Tensor,
    ) -> Tensor:
        """The wrapped loss of the RoIs that are kept.

        Args:
            cls_score (Tensor): Class scores of shape (n, C), or masks of
                shape (n, ...).
            label (Tensor): Classes of shape (n,), or masks.
            weight (Tensor, optional): Weights of shape (n,), or of the
                prediction's where they are those of its elements. Defaults
                to None: 1.
            avg_factor (float, optional): Divisor of the mean. Defaults to
                None: the number of weights above 0 before any is dropped.
            reduction_override (str, optional): 'none', 'mean' or 'sum' in
                place of the wrapped loss's. Defaults to None.
            max_overlaps (Tensor): Maximum IoU of each RoI with all ground
                truths of its image, shape (n,).

        Returns:
            Tensor: The loss.

        Raises:
            ValueError: If there is not one overlap for each RoI.
        """
        if max_overlaps.shape != cls_score.shape[:1]:
            raise ValueError(
                'Expected argument `max_overlaps` to be of shape '
                f'{tuple(cls_score.shape[:1])}, but got '
                f'{tuple(max_overlaps.shape)}.'
            )
        if weight is None:
            rows = self.weights == 'row'
            shape = cls_score.shape[:1] if rows else cls_score.shape
            weight = cls_score.new_ones(shape)
        reduction = reduction_override or getattr(
            self.loss, 'reduction', 'mean'
        )
        if avg_factor is None and reduction == 'mean':
            avg_factor = number_of_rois(weight)
        keep = overlap_keep(max_overlaps, self.iou_thr).to(weight)
        keep = keep.reshape(-1, *(1,) * (weight.ndim - 1))
        loss = self.loss(
            cls_score,
            label,
            weight * keep,
            avg_factor=avg_factor,
            reduction_override=reduction_override,
        )
        return self.loss_weight * loss

    def extra_repr(self) -> str:
        """Arguments in ``print(model)``."""
        return f'iou_thr={self.iou_thr}, loss_weight={self.loss_weight}'
