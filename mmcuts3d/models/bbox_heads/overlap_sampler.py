"""A RoI sampler whose result keeps all ground truths of the image.

mmdet's SamplingResult carries ground truth for positive RoIs only, so that a
box head cannot know which negatives touch an object, which DropLoss asks for;
and no scores of ground truth, which soft targets ask for.
"""

from typing import Any

from mmdet.models.task_modules.assigners import AssignResult
from mmdet.models.task_modules.samplers import RandomSampler, SamplingResult
from mmdet.structures.bbox import bbox_overlaps, get_box_tensor
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.registry import TASK_UTILS


@TASK_UTILS.register_module()
class OverlapRandomSampler(RandomSampler):
    """mmdet's ``RandomSampler``, whose result has two fields more.

    ``gt_bboxes`` (Tensor) of shape (k, 4), xyxy: all ground truths of the
    image, sampled or not, with which overlaps are measured; and ``gt_scores``
    (Tensor) of shape (k,), their scores as pseudo-labels, 1 where they have
    none. Arguments and sampling are those of ``RandomSampler``.
    """

    def sample(
        self,
        assign_result: AssignResult,
        pred_instances: InstanceData,
        gt_instances: InstanceData,
        **kwargs: Any,
    ) -> SamplingResult:
        """Sample RoIs, and keep the ground truths.

        Args:
            assign_result (AssignResult): What the assigner returned.
            pred_instances (InstanceData): Holds ``priors``, the proposals,
                shape (n, 4), xyxy in pixels of the network's input.
            gt_instances (InstanceData): Holds ``bboxes`` (k, 4) in the same
                frame, ``labels`` (k,) and perhaps ``scores`` (k,).
            **kwargs: Passed on to ``RandomSampler``.

        Returns:
            SamplingResult: Of the sampled RoIs, with ``gt_bboxes`` and
            ``gt_scores``.
        """
        result = super().sample(
            assign_result, pred_instances, gt_instances, **kwargs
        )
        result.gt_bboxes = get_box_tensor(gt_instances.bboxes)
        result.gt_scores = (
            gt_instances.scores.to(result.gt_bboxes)
            if 'scores' in gt_instances
            else result.gt_bboxes.new_ones(len(result.gt_bboxes))
        )
        return result


def max_overlaps(boxes: Tensor, gt_bboxes: Tensor) -> Tensor:
    """IoU of each box with the ground truth that it overlaps most.

    Args:
        boxes (Tensor): Boxes of shape (n, 4), xyxy.
        gt_bboxes (Tensor): Ground truths of shape (k, 4), xyxy.

    Returns:
        Tensor: Maxima of shape (n,), in [0, 1]; 0 where k = 0.
    """
    if len(gt_bboxes) == 0:
        return boxes.new_zeros(len(boxes))
    return bbox_overlaps(boxes, gt_bboxes.to(boxes)).amax(dim=1)
