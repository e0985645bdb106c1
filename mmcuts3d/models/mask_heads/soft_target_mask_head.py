"""Mask heads with the soft target loss (CuVLER, Arica et al., 2024).

The mask loss of a positive RoI counts as much as the score of its
pseudo-label, ``gt_instances.scores``, all pixels alike.
"""

import torch
from mmdet.models.task_modules.samplers import SamplingResult
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.models.losses import check_scores
from mmcuts3d.registry import MODELS

from .spatial_confidence_mask_head import (
    SpatialConfidenceHTCMaskHead,
    SpatialConfidenceMaskHead,
)


class _SoftTargetMixin:
    """Takes the scores of the positive RoIs to the mask loss."""

    def get_weights(
        self,
        sampling_results: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
    ) -> Tensor | None:
        """Score of the pseudo-label of each positive RoI.

        Args:
            sampling_results (list[SamplingResult]): One per image.
            batch_gt_instances (list[InstanceData]): One per image, perhaps
                with ``scores``, shape (k,), in [0, 1].

        Returns:
            Tensor | None: Scores of shape (n,), 1 in an image without; None
            when no image has any.

        Raises:
            ValueError: If a score lies outside [0, 1].
        """
        if not any('scores' in gt for gt in batch_gt_instances):
            return None
        weights = []
        for result, gt in zip(
            sampling_results, batch_gt_instances, strict=True
        ):
            inds = result.pos_assigned_gt_inds
            scores = result.pos_priors.new_ones(len(inds))
            if 'scores' in gt and len(inds):
                scores = check_scores(gt.scores, len(gt))[inds].to(scores)
            weights.append(scores)
        return torch.cat(weights).detach()


@MODELS.register_module()
class SoftTargetMaskHead(_SoftTargetMixin, SpatialConfidenceMaskHead):
    """mmdet's ``FCNMaskHead``, weighted by the scores of pseudo-labels.

    For Mask R-CNN and Cascade Mask R-CNN. Labels that carry confidence maps
    are weighted by both, a map times its score; CuVLER's have none. With no
    maps and scores of 1 it is mmdet's head. Arguments are those of
    :class:`SpatialConfidenceMaskHead`.

    Raises:
        ValueError: If ``loss_mask`` is another loss, or the head stands in
            HTC, which wants SoftTargetHTCMaskHead.
    """


@MODELS.register_module()
class SoftTargetHTCMaskHead(_SoftTargetMixin, SpatialConfidenceHTCMaskHead):
    """mmdet's ``HTCMaskHead``, weighted as SoftTargetMaskHead is."""
