"""The loss of a set of masks, robust to what pseudo-masks miss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor

from mmcuts3d.models.losses import overlap_keep
from mmcuts3d.registry import MODELS

from .mask_decoder import MaskPredictions
from .matching import CostWeights, assign, dice_loss, matching_cost

_TERMS = ('no_object', 'matched')


@dataclass
class _SceneLayers:
    """One scene at all L layers, float32, without padding."""

    objectness: Tensor  # (L, Q)
    masks: Tensor  # (L, Q, s)
    targets: Tensor  # (N, s)
    share: Tensor  # (s,), of sum 1


@MODELS.register_module()
class SegmentSetLoss(BaseModule):
    """Matching, cross-entropy and dice, with DropLoss (Sec. 4.3, 4.4).

    A query whose mask overlaps no pseudo-mask by more than the threshold is
    not punished: it may have found what the pseudo-masks miss. It takes part
    in the matching all the same. The divisors stay those of all queries.

    Args:
        objectness_weight (float): Defaults to 2.0, as the next two from
            Mask3D.
        mask_weight (float): Of binary cross-entropy. Defaults to 5.0.
        dice_weight (float): Defaults to 2.0.
        no_object_weight (float): Of queries without a pseudo-mask. Defaults
            to 0.1.
        drop_iou_thr (float, optional): τ_drop, in [0, 1), of the IoU on
            vertices; None punishes all. The paper does not print it.
            Defaults to 0.01, CutLER's value.
        drop_terms (Sequence[str]): What a dropped query does not pay:
            'no_object', the cross-entropy of a query without a pseudo-mask;
            'matched', all terms of a query that has one. The paper's words
            take both in. With 'matched' a mask that became empty learns
            nothing more, and from random weights all masks become empty
            within some iterations. Defaults to ('no_object',).
        seed_weight (float): Of a loss that is ours: before the first look,
            each query is to predict the pseudo-mask in which it began, as
            its mask and dice terms say, whether matched or not. A short
            training learns from it which segments belong together. Defaults
            to 0.0.
        weigh_by_vertices (bool): Whether a segment counts as much as it has
            vertices; else all count the same, as in Mask3D. Defaults to
            False.
        init_cfg (dict, optional): Of mmengine. Defaults to None.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        objectness_weight: float = 2.0,
        mask_weight: float = 5.0,
        dice_weight: float = 2.0,
        no_object_weight: float = 0.1,
        drop_iou_thr: float | None = 0.01,
        drop_terms: Sequence[str] = ('no_object',),
        seed_weight: float = 0.0,
        weigh_by_vertices: bool = False,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if drop_iou_thr is not None and not 0 <= drop_iou_thr < 1:
            raise ValueError(
                'Expected argument `drop_iou_thr` to be in [0, 1) or None, '
                f'but got {drop_iou_thr}.'
            )
        if not set(drop_terms) <= set(_TERMS):
            raise ValueError(
                f'Expected argument `drop_terms` to be some of {_TERMS}, '
                f'but got {tuple(drop_terms)}.'
            )
        self.weights = CostWeights(objectness_weight, mask_weight, dice_weight)
        self.no_object_weight = no_object_weight
        self.drop_iou_thr = drop_iou_thr
        self.drop_terms = tuple(drop_terms)
        self.seed_weight = seed_weight
        self.weigh_by_vertices = weigh_by_vertices

    def forward(
        self,
        layers: Sequence[MaskPredictions],
        targets: Sequence[Tensor],
        sizes: Sequence[Tensor],
        names: Sequence[str],
    ) -> dict[str, Tensor]:
        """Losses of a batch.

        Args:
            layers (Sequence[MaskPredictions]): Of a decoder, the last one
                being the result.
            targets (Sequence[Tensor]): (N, s) bool, pseudo-masks of each
                scene; N may be 0.
            sizes (Sequence[Tensor]): (s,) numbers of vertices of each scene.
            names (Sequence[str]): Of the scenes, for messages.

        Returns:
            dict[str, Tensor]: ``loss_object``, ``loss_mask``, ``loss_dice``
            of the result, ``loss_layers``, the sum of those of the layers
            before, ``loss_seed`` where it has a weight, and ``dropped``, the
            share of queries without punishment.
        """
        scenes = [
            self._scene(layers, scene, target, size)
            for scene, (target, size) in enumerate(
                zip(targets, sizes, strict=True)
            )
        ]
        pairs = assign(
            [
                matching_cost(
                    scene.objectness.detach(),
                    scene.masks.detach(),
                    scene.targets,
                    scene.share,
                    self.weights,
                )
                for scene in scenes
            ],
            list(names),
        )
        parts = [
            self._scene_loss(
                scene, torch.as_tensor(pair, device=scene.masks.device)
            )
            for scene, pair in zip(scenes, pairs, strict=True)
        ]
        masks = max(sum(pair.shape[1] for pair in pairs), 1)
        queries = torch.stack([part['weight'] for part in parts]).sum(0)
        total = {
            'object': torch.stack([p['object'] for p in parts]).sum(0)
            / queries.clamp(min=1e-6)
            * self.weights.objectness,
            'mask': torch.stack([p['mask'] for p in parts]).sum(0)
            / masks
            * self.weights.mask,
            'dice': torch.stack([p['dice'] for p in parts]).sum(0)
            / masks
            * self.weights.dice,
        }
        losses = {f'loss_{key}': value[-1] for key, value in total.items()}
        losses['loss_layers'] = sum(v[:-1].sum() for v in total.values())
        losses['dropped'] = torch.stack([p['dropped'] for p in parts]).mean()
        if self.seed_weight and layers[0].seeds is not None:
            losses['loss_seed'] = self.seed_weight * self._seed_loss(
                scenes, layers[0].seeds
            )
        return losses

    def _seed_loss(self, scenes: list[_SceneLayers], seeds: Tensor) -> Tensor:
        """Mean over the queries that began in a pseudo-mask."""
        total, number = seeds.new_zeros((), dtype=torch.float32), 0
        for scene, seed in zip(scenes, seeds, strict=True):
            logits = scene.masks[0]
            total = total + 0 * logits.sum()
            if not len(scene.targets):
                continue
            # Where pseudo-masks overlap, the first one.
            owned, owner = scene.targets[:, seed[: len(logits)]].max(0)
            entropy, dice = _mask_terms(
                logits, scene.targets[owner], scene.share
            )
            terms = self.weights.mask * entropy + self.weights.dice * dice
            total = total + (terms * owned).sum()
            number = number + owned.sum()
        return total / torch.as_tensor(number).clamp(min=1)

    def _scene(
        self,
        layers: Sequence[MaskPredictions],
        scene: int,
        target: Tensor,
        size: Tensor,
    ) -> _SceneLayers:
        """Queries and segments of one scene, without the padding."""
        found = [layer.of_scene(scene) for layer in layers]
        share = size.float()
        if not self.weigh_by_vertices:
            share = torch.ones_like(share)
        return _SceneLayers(
            torch.stack([objectness for objectness, _ in found]),
            torch.stack([masks for _, masks in found]),
            target.float(),
            share / share.sum(),
        )

    def _scene_loss(
        self, scene: _SceneLayers, pairs: Tensor
    ) -> dict[str, Tensor]:
        """Sums over the queries of a scene, (L,) each."""
        keep = self.keep(scene.masks, scene.targets, scene.share)
        rows = torch.arange(len(keep), device=keep.device)[:, None]
        query, number = pairs[..., 0], pairs[..., 1]
        is_matched = torch.zeros_like(keep, dtype=torch.bool)
        is_matched[rows, query] = True
        if 'no_object' not in self.drop_terms:
            keep = keep.masked_fill(~is_matched, 1)
        if 'matched' not in self.drop_terms:
            keep = keep.masked_fill(is_matched, 1)
        weight = torch.where(is_matched, 1.0, self.no_object_weight)
        entropy = F.binary_cross_entropy_with_logits(
            scene.objectness, is_matched.float(), reduction='none'
        )
        logits, target = scene.masks[rows, query], scene.targets[number]
        kept = keep[rows, query]
        entropy_of_masks, dice = _mask_terms(logits, target, scene.share)
        return {
            'object': (entropy * weight * keep).sum(1),
            'mask': (entropy_of_masks * kept).sum(1),
            'dice': (dice * kept).sum(1),
            'weight': weight.sum(1),
            'dropped': 1 - keep.mean(),
        }

    @torch.no_grad()
    def keep(self, masks: Tensor, targets: Tensor, share: Tensor) -> Tensor:
        """The indicator of DropLoss for each query.

        Args:
            masks (Tensor): (L, Q, s) logits.
            targets (Tensor): (N, s) in {0, 1}, float.
            share (Tensor): (s,) weights of the segments.

        Returns:
            Tensor: (L, Q) float, 1 for a query whose mask overlaps a
            pseudo-mask by an IoU above the threshold, else 0.
        """
        if self.drop_iou_thr is None:
            return torch.ones_like(masks[..., 0])
        if not len(targets):
            return torch.zeros_like(masks[..., 0])
        inside = (masks > 0).to(share.dtype)
        both = inside @ (targets * share).T
        union = (inside @ share)[..., None] + targets @ share - both
        overlap = (both / union.clamp(min=1e-12)).amax(-1)
        kept = overlap_keep(overlap.flatten(), self.drop_iou_thr)
        return kept.reshape(overlap.shape)


def _mask_terms(
    logits: Tensor, target: Tensor, share: Tensor
) -> tuple[Tensor, Tensor]:
    """Cross-entropy and dice of masks, (...) each of (..., s)."""
    entropy = F.binary_cross_entropy_with_logits(
        logits, target, reduction='none'
    )
    p = logits.sigmoid()
    both, one, other = (p * target) @ share, p @ share, target @ share
    return entropy @ share, dice_loss(both, one, other, 1 / len(share))
