"""Cascade R-CNN with one mask head: detectron2's, which CutLER trains.

CutS3D takes CutLER's detector (supplement, E.2). Its rules are those of the
class CascadeROIHeads of detectron2 0.6; mmdet's differ.
"""

from typing import Any

import torch
from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.models.utils import empty_instances
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi
from mmengine.model import ModuleList
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class SingleMaskCascadeRoIHead(CascadeRoIHead):
    """mmdet's ``CascadeRoIHead`` by the rules of detectron2.

    - One mask head. It trains on the RoIs that were sampled for the first
      stage, and predicts in the final boxes. mmdet has one in each stage and
      averages what they predict.
    - The gradient that box features pass back to the FPN is divided by the
      number of stages, that of mask features is not. So the losses of the
      stages count alike: write ``stage_loss_weights=[1, 1, 1]``.
    - Ground truths that were among the proposals of a stage go on to the next
      one, as boxes that the stage made of them. mmdet drops them there.
    - The score of a box is the mean of its probabilities in the stages. mmdet
      takes the mean of the logits.

    The rest of detectron2's rules are settings of a config: ``train_cfg.rcnn``
    of later stages with a sampler of ``pos_fraction=1.0`` and
    ``add_gt_as_proposals=False`` takes all boxes of the stage before and no
    others; ``loss_bbox=dict(type='L1Loss')`` is its box regression, whose
    divisor is the number of all sampled RoIs in both. Boxes without an area
    stay negatives here, where detectron2 leaves them out.

    Works with DropLoss heads, whose overlaps are those of each stage's own
    boxes, and with SpatialConfidenceMaskHead. Arguments are those of
    ``CascadeRoIHead``, except:

    Args:
        mask_head (dict or list[dict], optional): The mask head; a list of
            one where a config inherits a list. Defaults to None: no masks.
        mask_roi_extractor (dict or list[dict], optional): Its RoI extractor,
            in the same way. Defaults to None: that of the first box head.

    Raises:
        ValueError: If there is more than one mask head, or more than one
            extractor of its RoIs, or a box head whose scores are not a
            softmax (SeesawLoss).
    """

    def init_bbox_head(
        self,
        bbox_roi_extractor: dict | list[dict],
        bbox_head: dict | list[dict],
    ) -> None:
        """Build the box heads of the stages and their RoI extractors.

        Args:
            bbox_roi_extractor (dict or list[dict]): One for all stages, or
                one for each.
            bbox_head (dict or list[dict]): In the same way.

        Raises:
            ValueError: If the scores of a head are not a softmax.
        """
        super().init_bbox_head(bbox_roi_extractor, bbox_head)
        for head in self.bbox_head:
            if head.custom_cls_channels:
                raise ValueError(
                    'Expected argument `bbox_head` to have a `loss_cls` whose '
                    'scores are a softmax, of which SingleMaskCascadeRoIHead '
                    f'takes the mean, but got {type(head.loss_cls).__name__}.'
                )

    def init_mask_head(
        self,
        mask_roi_extractor: dict | list[dict] | None,
        mask_head: dict | list[dict],
    ) -> None:
        """Build the mask head and its RoI extractor, in lists of one.

        Args:
            mask_roi_extractor (dict or list[dict], optional): See the class.
            mask_head (dict or list[dict]): See the class.

        Raises:
            ValueError: If there is more than one of a kind.
        """
        self.mask_head = ModuleList(
            [MODELS.build(_only('mask_head', mask_head))]
        )
        self.share_roi_extractor = mask_roi_extractor is None
        if mask_roi_extractor is None:
            self.mask_roi_extractor = self.bbox_roi_extractor
            return
        extractor = _only('mask_roi_extractor', mask_roi_extractor)
        self.mask_roi_extractor = ModuleList([MODELS.build(extractor)])

    def bbox_loss(
        self,
        stage: int,
        x: tuple[Tensor, ...],
        sampling_results: list[SamplingResult],
    ) -> dict[str, Any]:
        """Box losses of a stage, whose boxes all go on to the next.

        Args:
            stage (int): The stage, from 0.
            x (tuple[Tensor]): Features, a level each, (n, C, h, w).
            sampling_results (list[SamplingResult]): One per image. No RoI of
                theirs counts as ground truth afterwards.

        Returns:
            dict: As of ``CascadeRoIHead``.
        """
        results: dict[str, Any] = super().bbox_loss(stage, x, sampling_results)
        for result in sampling_results:
            result.pos_is_gt = torch.zeros_like(result.pos_is_gt)
        return results

    def mask_loss(
        self,
        stage: int,
        x: tuple[Tensor, ...],
        sampling_results: list[SamplingResult],
        batch_gt_instances: list[InstanceData],
    ) -> dict[str, Any]:
        """Mask loss of the first stage's positive RoIs.

        Args:
            stage (int): The stage, from 0.
            x (tuple[Tensor]): Features, a level each, (n, C, h, w).
            sampling_results (list[SamplingResult]): One per image.
            batch_gt_instances (list[InstanceData]): One per image.

        Returns:
            dict: As of ``CascadeRoIHead``; without losses after stage 0.
        """
        if stage > 0:
            return {'loss_mask': {}}
        results: dict[str, Any] = super().mask_loss(
            stage, x, sampling_results, batch_gt_instances
        )
        return results

    def predict_mask(
        self,
        x: tuple[Tensor, ...],
        batch_img_metas: list[dict],
        results_list: list[InstanceData],
        rescale: bool = False,
    ) -> list[InstanceData]:
        """Masks of the detected boxes.

        Args:
            x (tuple[Tensor]): Features, a level each, (n, C, h, w).
            batch_img_metas (list[dict]): One per image.
            results_list (list[InstanceData]): One per image, with ``bboxes``
                (k, 4), xyxy in pixels of the network's input.
            rescale (bool): Whether boxes and masks are those of the original
                image. Defaults to False.

        Returns:
            list[InstanceData]: With ``masks`` (k, H, W), bool.
        """
        rois = bbox2roi([results.bboxes for results in results_list])
        if len(rois) == 0:
            return empty_instances(
                batch_img_metas,
                rois.device,
                task_type='mask',
                instance_results=results_list,
                mask_thr_binary=self.test_cfg.mask_thr_binary,
            )
        mask_preds = self._mask_forward(0, x, rois)['mask_preds']
        return self.mask_head[0].predict_by_feat(
            mask_preds=mask_preds.split([len(one) for one in results_list]),
            results_list=results_list,
            batch_img_metas=batch_img_metas,
            rcnn_test_cfg=self.test_cfg,
            rescale=rescale,
        )

    def forward(
        self,
        x: tuple[Tensor, ...],
        rpn_results_list: list[InstanceData],
        batch_data_samples: list[DetDataSample],
    ) -> tuple:
        """What the heads answer, without post-processing.

        Args:
            x (tuple[Tensor]): Features, a level each, (n, C, h, w).
            rpn_results_list (list[InstanceData]): Proposals, one per image.
            batch_data_samples (list[DetDataSample]): One per image.

        Returns:
            tuple: For each image class scores and box deltas of the last
            stage, and, if there is a mask head, mask probabilities.
        """
        proposals = [results.bboxes for results in rpn_results_list]
        numbers = tuple(len(boxes) for boxes in proposals)
        rois, *answers = self._refine_roi(
            x,
            bbox2roi(proposals),
            [sample.metainfo for sample in batch_data_samples],
            numbers,
        )
        if self.with_mask:
            masks = self._mask_forward(0, x, torch.cat(rois))['mask_preds']
            answers.append(masks.sigmoid().split(numbers))
        return tuple(answers)

    def _bbox_forward(
        self,
        stage: int,
        x: tuple[Tensor, ...],
        rois: Tensor,
        probabilities: bool = False,
    ) -> dict[str, Tensor]:
        results: dict[str, Tensor] = super()._bbox_forward(stage, x, rois)
        features = results['bbox_feats']
        if features.requires_grad:
            scale = 1 / self.num_stages
            features.register_hook(lambda gradient: gradient * scale)
        if probabilities:
            results['cls_score'] = results['cls_score'].float().softmax(dim=-1)
        return results

    def _refine_roi(
        self,
        x: tuple[Tensor, ...],
        rois: Tensor,
        batch_img_metas: list[dict],
        num_proposals_per_img: tuple[int, ...],
        **kwargs: Any,
    ) -> tuple:
        """mmdet's mean over the stages, here of probabilities."""
        refined, scores, deltas = super()._refine_roi(
            x,
            rois,
            batch_img_metas,
            num_proposals_per_img,
            probabilities=True,
            **kwargs,
        )
        # The box head takes a softmax of them; of logarithms of probabilities
        # it is these probabilities.
        return refined, [score.log() for score in scores], deltas


def _only(name: str, config: dict | list[dict]) -> dict:
    """The one config of a list of one."""
    if not isinstance(config, (list, tuple)):
        return config
    if len(config) != 1:
        raise ValueError(
            f'Expected argument `{name}` to be one config, for all stages of '
            f'SingleMaskCascadeRoIHead, but got {len(config)}.'
        )
    return config[0]
