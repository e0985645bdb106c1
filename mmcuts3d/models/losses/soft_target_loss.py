"""Soft target loss of the box head (CuVLER, Arica et al., 2024).

A pseudo-label with a score below 1 is an object with that probability. The
box heads say which score belongs to a RoI; the mask and the box regression
of a RoI are weighted by it.
"""

from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .checks import check_unit_range, number_of_rois
from .drop_loss import DropLoss

Rule = Literal['soft', 'weight']


@MODELS.register_module()
class SoftTargetLoss(nn.Module):
    """Classification loss whose targets are as sure as the pseudo-labels.

    With L the wrapped loss and s the score of the pseudo-label of a RoI,
    s · L(label) + (1 − s) · L(background): of a softmax cross-entropy that is
    the one with the soft target (s, 1 − s). A RoI of the background has s =
    1. The divisor is that of the RoIs, whatever their scores.

    Args:
        loss (dict, optional): The loss to wrap, one that returns a tensor
            and takes ``weight``, ``avg_factor`` and ``reduction_override``.
            Defaults to None: ``dict(type='mmcuts3d.DropLoss')``, as CuVLER
            trains.
        rule (str): 'soft', as above (CuVLER's code), or 'weight', which is
            s · L(label) alone: doubt makes the loss smaller and pulls
            nothing to the background. Defaults to 'soft'.
        loss_weight (float): Factor of the wrapped loss. Defaults to 1.0.
        use_sigmoid (bool): Always False. Like ``loss_weight`` it stands in
            the ``loss_cls`` of mmdet's base configs, which a config inherits
            when it names another loss. Defaults to False.

    Raises:
        ValueError: If the rule is unknown or ``use_sigmoid`` is True.
    """

    def __init__(
        self,
        loss: dict[str, Any] | None = None,
        rule: Rule = 'soft',
        loss_weight: float = 1.0,
        use_sigmoid: bool = False,
    ) -> None:
        super().__init__()
        if rule not in get_args(Rule):
            raise ValueError(
                f'Expected argument `rule` to be one of {get_args(Rule)}, '
                f'but got {rule!r}.'
            )
        if use_sigmoid:
            raise ValueError(
                'Expected argument `use_sigmoid` to be False, but got True: '
                'give the loss to wrap as `loss`.'
            )
        self.rule = rule
        self.loss_weight = loss_weight
        self.loss = MODELS.build(loss or {'type': 'mmcuts3d.DropLoss'})

    @property
    def drops(self) -> bool:
        """Whether the wrapped loss asks for ``max_overlaps``."""
        return isinstance(self.loss, DropLoss)

    def forward(
        self,
        cls_score: Tensor,
        label: Tensor,
        weight: Tensor | None = None,
        avg_factor: float | Tensor | None = None,
        reduction_override: str | None = None,
        *,
        scores: Tensor,
        **kwargs: Any,
    ) -> Tensor:
        """The wrapped loss with soft targets.

        Args:
            cls_score (Tensor): Class scores of shape (n, C + 1), the
                background last.
            label (Tensor): Classes of shape (n,), C being the background.
            weight (Tensor, optional): Weights of shape (n,). Defaults to
                None.
            avg_factor (float, optional): Divisor of the mean. Defaults to
                None: the number of RoIs with a weight above 0.
            reduction_override (str, optional): 'none', 'mean' or 'sum' in
                place of the wrapped loss's. Defaults to None.
            scores (Tensor): Score of the pseudo-label of each RoI, shape
                (n,), in [0, 1]; 1 for a RoI of the background. No gradient
                flows into it.
            **kwargs (Any): Of the wrapped loss, such as ``max_overlaps``.

        Returns:
            Tensor: The loss. With scores of 1 it is the wrapped loss, to the
            digit.

        Raises:
            ValueError: If there is not one score in [0, 1] for each RoI.
        """
        check_scores(scores, len(cls_score))
        if weight is None:
            weight = cls_score.new_ones(len(cls_score))
        reduction = reduction_override or _reduction_of(self.loss)
        if avg_factor is None and reduction == 'mean':
            avg_factor = number_of_rois(weight)
        settings = {
            'avg_factor': avg_factor,
            'reduction_override': reduction_override,
            **kwargs,
        }
        share = scores.detach().to(weight)
        loss = self.loss(cls_score, label, weight * share, **settings)
        if self.rule == 'soft':
            background = torch.full_like(label, cls_score.shape[1] - 1)
            loss = loss + self.loss(
                cls_score, background, weight * (1 - share), **settings
            )
        return self.loss_weight * loss

    def extra_repr(self) -> str:
        """Arguments in ``print(model)``."""
        return f'rule={self.rule!r}, loss_weight={self.loss_weight}'


def check_scores(scores: Tensor, number: int) -> Tensor:
    """Check the scores of pseudo-labels.

    Args:
        scores (Tensor): To be of shape (n,), in [0, 1].
        number (int): n.

    Returns:
        Tensor: The same.

    Raises:
        ValueError: If they are anything else.
    """
    if scores.shape != (number,):
        raise ValueError(
            f'Expected argument `scores` to be of shape ({number},), but got '
            f'{tuple(scores.shape)}.'
        )
    check_unit_range('scores', scores)
    return scores


def _reduction_of(loss: nn.Module) -> str:
    """'none', 'mean' or 'sum', also of a loss inside of another."""
    while isinstance(loss, DropLoss):
        loss = loss.loss
    reduction: str = getattr(loss, 'reduction', 'mean')
    return reduction
