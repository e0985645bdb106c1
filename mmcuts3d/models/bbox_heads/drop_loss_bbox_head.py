"""Box heads that train with DropLoss (CutLER, Sec. 3.3).

For every stage of Cascade R-CNN and for StandardRoIHead. The overlaps come
from OverlapRandomSampler, which stands in ``train_cfg.rcnn``.
"""

import torch
from mmdet.models.losses import accuracy
from mmdet.models.roi_heads.bbox_heads import (
    ConvFCBBoxHead,
    Shared2FCBBoxHead,
)
from mmdet.models.task_modules.samplers import SamplingResult
from mmengine.config import ConfigDict
from torch import Tensor

from mmcuts3d.models.losses import DropLoss
from mmcuts3d.registry import MODELS


class _DropLossMixin:
    """Takes the overlaps of the sampled RoIs to the classification loss."""

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault('loss_cls', {'type': 'mmcuts3d.DropLoss'})
        super().__init__(*args, **kwargs)
        if not isinstance(self.loss_cls, DropLoss):
            raise ValueError(
                'Expected argument `loss_cls` to be a DropLoss, but got '
                f'{type(self.loss_cls).__name__}: write '
                "loss_cls=dict(type='mmcuts3d.DropLoss', loss=...)."
            )

    def loss_and_target(
        self,
        cls_score: Tensor | None,
        bbox_pred: Tensor | None,
        rois: Tensor,
        sampling_results: list[SamplingResult],
        rcnn_train_cfg: ConfigDict,
        concat: bool = True,
        reduction_override: str | None = None,
    ) -> dict:
        """Losses of a batch, with the RoIs in mmdet's order.

        Args:
            cls_score (Tensor, optional): Class scores of shape (n, C + 1).
            bbox_pred (Tensor, optional): Box deltas of shape (n, 4) or
                (n, 4 * C).
            rois (Tensor): RoIs of shape (n, 5): image index, xyxy.
            sampling_results (list[SamplingResult]): One per image, each with
                ``max_overlaps``, as OverlapRandomSampler leaves it.
            rcnn_train_cfg (ConfigDict): ``train_cfg`` of this stage.
            concat (bool): Whether targets of the images are concatenated.
                Defaults to True.
            reduction_override (str, optional): Reduction in place of the
                losses' own. Defaults to None.

        Returns:
            dict: ``loss_bbox`` (dict of losses) and ``bbox_targets``.

        Raises:
            ValueError: If a sampling result has no ``max_overlaps``.
        """
        targets = self.get_targets(
            sampling_results, rcnn_train_cfg, concat=concat
        )
        losses = {}
        if cls_score is not None and cls_score.numel() > 0:
            labels, label_weights = targets[:2]
            losses['loss_cls'] = self.loss_cls(
                cls_score,
                labels,
                label_weights,
                reduction_override=reduction_override,
                max_overlaps=_overlaps_of(sampling_results),
            )
            losses['acc'] = accuracy(cls_score, labels)
        # Without scores mmdet's loss is the box regression alone: it counts
        # positives only, and those overlap a ground truth by definition.
        losses.update(
            self.loss(
                None,
                bbox_pred,
                rois,
                *targets,
                reduction_override=reduction_override,
            )
        )
        return {'loss_bbox': losses, 'bbox_targets': targets}


def _overlaps_of(sampling_results: list[SamplingResult]) -> Tensor:
    overlaps = [
        getattr(result, 'max_overlaps', None) for result in sampling_results
    ]
    if any(values is None for values in overlaps):
        raise ValueError(
            'Expected every sampling result to have `max_overlaps`, but got '
            "one without: write sampler=dict(type='mmcuts3d."
            "OverlapRandomSampler', ...) in `train_cfg.rcnn`, in each stage."
        )
    return torch.cat(overlaps)


@MODELS.register_module()
class DropLossBBoxHead(_DropLossMixin, Shared2FCBBoxHead):
    """mmdet's ``Shared2FCBBoxHead`` with DropLoss.

    Needs ``sampler=dict(type='mmcuts3d.OverlapRandomSampler', ...)`` in
    ``train_cfg.rcnn``. Arguments are those of ``Shared2FCBBoxHead``, with
    ``loss_cls`` a :class:`mmcuts3d.models.losses.DropLoss`, which defaults
    to ``dict(type='mmcuts3d.DropLoss')``.

    Raises:
        ValueError: If ``loss_cls`` is another loss.
    """


@MODELS.register_module()
class DropLossConvFCBBoxHead(_DropLossMixin, ConvFCBBoxHead):
    """mmdet's ``ConvFCBBoxHead`` with DropLoss, see DropLossBBoxHead."""
