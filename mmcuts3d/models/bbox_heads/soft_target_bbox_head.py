"""Box heads with soft targets (CuVLER, Arica et al., 2024).

For every stage of Cascade R-CNN and for StandardRoIHead. Scores come from
``gt_instances.scores``; OverlapRandomSampler, which stands in
``train_cfg.rcnn``, brings them here.
"""

from typing import Any, Literal, get_args

import torch
from mmdet.models.roi_heads.bbox_heads import (
    ConvFCBBoxHead,
    Shared2FCBBoxHead,
)
from mmdet.models.task_modules.samplers import SamplingResult
from mmengine.config import ConfigDict
from torch import Tensor

from mmcuts3d.models.losses import SoftTargetLoss
from mmcuts3d.registry import MODELS

from .drop_loss_bbox_head import _DropLossMixin

Regression = Literal['weight', 'plain']


class _SoftTargetMixin(_DropLossMixin):
    """Takes the scores of pseudo-labels to both losses of the box head."""

    loss_cls_type = SoftTargetLoss

    def __init__(
        self, *args: Any, regression: Regression = 'weight', **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if regression not in get_args(Regression):
            raise ValueError(
                'Expected argument `regression` to be one of '
                f'{get_args(Regression)}, but got {regression!r}.'
            )
        self.regression = regression

    def get_targets(
        self,
        sampling_results: list[SamplingResult],
        rcnn_train_cfg: ConfigDict,
        concat: bool = True,
    ) -> tuple:
        """mmdet's targets, the weights of boxes times the scores.

        Args:
            sampling_results (list[SamplingResult]): One per image.
            rcnn_train_cfg (ConfigDict): ``train_cfg`` of this stage.
            concat (bool): Whether targets of the images are concatenated.
                Defaults to True.

        Returns:
            tuple: Labels, their weights, box targets and their weights.

        Raises:
            ValueError: If a sampling result has no ``gt_scores``.
        """
        labels, label_weights, targets, weights = super().get_targets(
            sampling_results, rcnn_train_cfg, concat=concat
        )
        if self.regression == 'weight':
            scores = [roi_scores(result) for result in sampling_results]
            if concat:
                weights = weights * torch.cat(scores).to(weights)[:, None]
            else:
                weights = [
                    of_image * score.to(of_image)[:, None]
                    for of_image, score in zip(weights, scores, strict=True)
                ]
        return labels, label_weights, targets, weights

    def loss_cls_inputs(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor | None,
        sampling_results: list[SamplingResult],
    ) -> dict[str, Tensor]:
        """What the classification loss asks for: scores, and overlaps too."""
        inputs = {}
        if self.loss_cls.drops:
            inputs = super().loss_cls_inputs(
                cls_score, bbox_pred, sampling_results
            )
        scores = [roi_scores(result) for result in sampling_results]
        return {**inputs, 'scores': torch.cat(scores)}


@MODELS.register_module()
class SoftTargetBBoxHead(_SoftTargetMixin, Shared2FCBBoxHead):
    """mmdet's ``Shared2FCBBoxHead`` with soft targets.

    Needs ``sampler=dict(type='mmcuts3d.OverlapRandomSampler', ...)`` in
    ``train_cfg.rcnn``. An image whose ``gt_instances`` have no ``scores``
    counts with scores of 1. Other arguments are those of
    :class:`DropLossBBoxHead`, with ``loss_cls`` a
    :class:`mmcuts3d.models.losses.SoftTargetLoss`, which defaults to
    ``dict(type='mmcuts3d.SoftTargetLoss')``.

    Args:
        regression (str): 'weight', the box regression of a RoI counts as
            much as the score of its pseudo-label (CuVLER's code), or
            'plain', it counts fully. Defaults to 'weight'.

    Raises:
        ValueError: If ``loss_cls`` is another loss, or ``regression`` is
            unknown.
    """


@MODELS.register_module()
class SoftTargetConvFCBBoxHead(_SoftTargetMixin, ConvFCBBoxHead):
    """mmdet's ``ConvFCBBoxHead`` with soft targets, see SoftTargetBBoxHead."""


def roi_scores(result: SamplingResult) -> Tensor:
    """Score of the pseudo-label of each sampled RoI of an image.

    Args:
        result (SamplingResult): With ``gt_scores``, as OverlapRandomSampler
            leaves it.

    Returns:
        Tensor: Scores of shape (n,), those of the positives first, in the
        order of ``priors``; 1 for negatives.

    Raises:
        ValueError: If there are no ``gt_scores``.
    """
    if not hasattr(result, 'gt_scores'):
        raise ValueError(
            'Expected every sampling result to have `gt_scores`, but got one '
            "without: write sampler=dict(type='mmcuts3d."
            "OverlapRandomSampler', ...) in `train_cfg.rcnn`, in each stage."
        )
    scores = result.gt_scores.new_ones(len(result.priors))
    positive = len(result.pos_inds)
    scores[:positive] = result.gt_scores[result.pos_assigned_gt_inds]
    return scores
