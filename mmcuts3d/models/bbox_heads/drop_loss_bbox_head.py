"""Box heads that train with DropLoss (CutLER, Sec. 3.3).

For every stage of Cascade R-CNN and for StandardRoIHead. The ground truths to
measure with come from OverlapRandomSampler, which stands in
``train_cfg.rcnn``.
"""

from typing import Any, Literal, get_args

import torch
from mmdet.models.losses import accuracy
from mmdet.models.roi_heads.bbox_heads import (
    ConvFCBBoxHead,
    Shared2FCBBoxHead,
)
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.structures.bbox import get_box_tensor
from mmengine.config import ConfigDict
from torch import Tensor

from mmcuts3d.models.losses import DropLoss
from mmcuts3d.registry import MODELS

from .overlap_sampler import max_overlaps

OverlapOf = Literal['decoded', 'proposal']


class _DropLossMixin:
    """Takes the overlaps of the sampled RoIs to the classification loss."""

    #: The one loss that the head calls.
    loss_cls_type: type = DropLoss

    def __init__(
        self, *args: Any, overlap_of: OverlapOf = 'decoded', **kwargs: Any
    ) -> None:
        wanted = self.loss_cls_type.__name__
        kwargs.setdefault('loss_cls', {'type': f'mmcuts3d.{wanted}'})
        super().__init__(*args, **kwargs)
        if overlap_of not in get_args(OverlapOf):
            raise ValueError(
                'Expected argument `overlap_of` to be one of '
                f'{get_args(OverlapOf)}, but got {overlap_of!r}.'
            )
        if overlap_of == 'decoded' and not self.with_reg:
            raise ValueError(
                "Expected argument `overlap_of` to be 'proposal' for a head "
                "without box regression, but got 'decoded'."
            )
        self.overlap_of = overlap_of
        if not isinstance(self.loss_cls, self.loss_cls_type):
            raise ValueError(
                f'Expected argument `loss_cls` to be a {wanted}, but got '
                f'{type(self.loss_cls).__name__}: write '
                f"loss_cls=dict(type='mmcuts3d.{wanted}', loss=...)."
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
                ``gt_bboxes``, as OverlapRandomSampler leaves it.
            rcnn_train_cfg (ConfigDict): ``train_cfg`` of this stage.
            concat (bool): Whether targets of the images are concatenated.
                Defaults to True.
            reduction_override (str, optional): Reduction in place of the
                losses' own. Defaults to None.

        Returns:
            dict: ``loss_bbox`` (dict of losses) and ``bbox_targets``.

        Raises:
            ValueError: If a sampling result has no ``gt_bboxes``.
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
                **self.loss_cls_inputs(cls_score, bbox_pred, sampling_results),
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

    def loss_cls_inputs(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor | None,
        sampling_results: list[SamplingResult],
    ) -> dict[str, Tensor]:
        """What the classification loss asks for beside mmdet's targets."""
        overlaps = self.overlaps(cls_score, bbox_pred, sampling_results)
        return {'max_overlaps': overlaps}

    @torch.no_grad()
    def overlaps(
        self,
        cls_score: Tensor,
        bbox_pred: Tensor | None,
        sampling_results: list[SamplingResult],
    ) -> Tensor:
        """Maximum IoU of each sampled RoI with the labels of its image.

        Args:
            cls_score (Tensor): Class scores of shape (n, C + 1).
            bbox_pred (Tensor, optional): Box deltas of shape (n, 4) or
                (n, 4 * C).
            sampling_results (list[SamplingResult]): One per image, each with
                ``gt_bboxes``.

        Returns:
            Tensor: Overlaps of shape (n,), in [0, 1], in the order of the
            images and of their ``priors``; 0 in an image without labels.

        Raises:
            ValueError: If a sampling result has no ``gt_bboxes``.
        """
        if not all(hasattr(one, 'gt_bboxes') for one in sampling_results):
            raise ValueError(
                'Expected every sampling result to have `gt_bboxes`, but got '
                "one without: write sampler=dict(type='mmcuts3d."
                "OverlapRandomSampler', ...) in `train_cfg.rcnn`, in each "
                'stage.'
            )
        priors = [get_box_tensor(one.priors) for one in sampling_results]
        numbers = [len(boxes) for boxes in priors]
        boxes = torch.cat(priors)
        if self.overlap_of == 'decoded':
            boxes = self._decode(boxes, cls_score, bbox_pred)
        return torch.cat(
            [
                max_overlaps(of_image, result.gt_bboxes)
                for of_image, result in zip(
                    boxes.split(numbers), sampling_results, strict=True
                )
            ]
        )

    def _decode(
        self, priors: Tensor, cls_score: Tensor, bbox_pred: Tensor
    ) -> Tensor:
        """This stage's boxes, those of the likeliest class."""
        # In mixed precision deltas are halves, too coarse for overlaps.
        bbox_pred = bbox_pred.to(priors)
        if not self.reg_class_agnostic:
            best = cls_score[:, : self.num_classes].argmax(dim=1)
            deltas = bbox_pred.reshape(len(priors), self.num_classes, -1)
            bbox_pred = deltas[torch.arange(len(priors)), best]
        return get_box_tensor(self.bbox_coder.decode(priors, bbox_pred))


@MODELS.register_module()
class DropLossBBoxHead(_DropLossMixin, Shared2FCBBoxHead):
    """mmdet's ``Shared2FCBBoxHead`` with DropLoss.

    Needs ``sampler=dict(type='mmcuts3d.OverlapRandomSampler', ...)`` in
    ``train_cfg.rcnn``. Other arguments are those of ``Shared2FCBBoxHead``,
    with ``loss_cls`` a :class:`mmcuts3d.models.losses.DropLoss`, which
    defaults to ``dict(type='mmcuts3d.DropLoss')``.

    Args:
        overlap_of (str): What DropLoss measures the overlap of: 'decoded',
            the box that this stage makes of each RoI, as CutLER does, or
            'proposal', the RoI itself. Defaults to 'decoded'.

    Raises:
        ValueError: If ``loss_cls`` is another loss, or ``overlap_of`` is
            unknown or needs a box regression that is not there.
    """


@MODELS.register_module()
class DropLossConvFCBBoxHead(_DropLossMixin, ConvFCBBoxHead):
    """mmdet's ``ConvFCBBoxHead`` with DropLoss, see DropLossBBoxHead."""
