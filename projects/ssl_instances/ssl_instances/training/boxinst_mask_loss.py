"""BoxInst's loss for masks that are there, but not to be trusted."""

from collections.abc import Callable

import torch
from mmdet.models.losses import DiceLoss
from mmengine.logging import MessageHub
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .pairwise_loss import pairwise_loss


@MODELS.register_module()
class BoxInstMaskLoss(nn.Module):
    r"""Projections and pairs of pixels, in the place of a mask's own pixels.

    .. math::

        L = L_{max} + \alpha L_{avg} + w L_{pairs} + \beta L_{mask}

    Each part but the pairs is a Dice loss. :math:`L_{max}` compares the
    largest values of rows and of columns: the box of the mask (BoxInst, Tian
    et al., CVPR 2021, Sec. 3.1). :math:`L_{avg}` compares the means of rows
    and of columns (FreeSOLO, Wang et al., CVPR 2022, whose losses
    Engstler et al. take over). :math:`L_{pairs}` is, over the pairs of
    neighbours of one colour inside the box, the mean of -log of the
    probability that both are on one side (BoxInst, Sec. 3.2).
    :math:`L_{mask}` is SOLOv2's own loss.

    BoxInst takes the mean of pairs over a batch; here it is taken for each
    mask, so that a large one does not weigh more.

    Args:
        average_weight (float): :math:`\alpha`. Defaults to 0.1 (FreeSOLO).
        pairwise_weight (float): :math:`w` after the warm-up. Defaults to 1.0
            (BoxInst).
        mask_weight (float): :math:`\beta`. Defaults to 0: the pixels of the
            proposals are not trusted.
        warmup_iters (int): Steps in which :math:`w` rises from 0. Defaults to
            10000 (BoxInst).
        pairwise_dilation (int): As the preprocessor has it. Defaults to 2.
        loss_weight (float): Of all. Defaults to 3.0, as SOLOv2 has it.

    Raises:
        ValueError: On a weight below 0, or steps or dilation below their
            least.
    """

    def __init__(
        self,
        average_weight: float = 0.1,
        pairwise_weight: float = 1.0,
        mask_weight: float = 0.0,
        warmup_iters: int = 10_000,
        pairwise_dilation: int = 2,
        loss_weight: float = 3.0,
    ) -> None:
        super().__init__()
        least = {
            'average_weight': (average_weight, 0),
            'pairwise_weight': (pairwise_weight, 0),
            'mask_weight': (mask_weight, 0),
            'warmup_iters': (warmup_iters, 0),
            'pairwise_dilation': (pairwise_dilation, 1),
            'loss_weight': (loss_weight, 0),
        }
        for name, (value, bound) in least.items():
            if not value >= bound:
                raise ValueError(
                    f'Expected argument `{name}` to be at least {bound}, but '
                    f'got {value}.'
                )
        self.average_weight = average_weight
        self.pairwise_weight = pairwise_weight
        self.mask_weight = mask_weight
        self.warmup_iters = warmup_iters
        self.loss_weight = loss_weight
        self.dice = DiceLoss(activate=False, reduction='none')
        self.pairwise_dilation = pairwise_dilation

    def forward(
        self,
        pred: Tensor,
        target: Tensor,
        reduction_override: str | None = None,
    ) -> Tensor:
        """Losses of masks.

        Args:
            pred (Tensor): (P, h, w) logits.
            target (Tensor): (P, 2, h, w) uint8: the mask, 0 or 1, and the
                pairs of one colour, see :func:`.pack_pairs`.
            reduction_override (str, optional): 'none' or, by default, their
                'mean'.

        Returns:
            Tensor: (P,), or () reduced.
        """
        mask = target[:, 0].to(pred.dtype)
        chance = pred.sigmoid()
        losses = self._projections(chance, mask, torch.amax)
        if self.average_weight:
            average = self._projections(chance, mask, torch.mean)
            losses = losses + self.average_weight * average
        weight = self.pairwise_weight * self._warmed_up()
        if weight:
            losses = losses + weight * self._pairs(pred, mask, target[:, 1])
        if self.mask_weight:
            losses = losses + self.mask_weight * self.dice(chance, mask)
        losses = self.loss_weight * losses
        return losses if reduction_override == 'none' else losses.mean()

    def _projections(
        self, chance: Tensor, mask: Tensor, along: Callable[..., Tensor]
    ) -> Tensor:
        """(P,) Dice losses of rows and of columns, added."""
        return sum(
            self.dice(along(chance, dim=dim), along(mask, dim=dim))
            for dim in (1, 2)
        )

    def _pairs(self, pred: Tensor, mask: Tensor, packed: Tensor) -> Tensor:
        """(P,) mean over the pairs of one colour inside the box of a mask."""
        box = mask.amax(1, keepdim=True) * mask.amax(2, keepdim=True) > 0
        return pairwise_loss(pred, packed, box, self.pairwise_dilation)

    def _warmed_up(self) -> float:
        """How far the warm-up is, in [0, 1]; 1 without a runner."""
        done = MessageHub.get_current_instance().get_info('iter')
        if done is None or not self.warmup_iters:
            return 1.0
        return min(done / self.warmup_iters, 1.0)
