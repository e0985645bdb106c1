"""A teacher's masks among the pseudo-labels of a training sample."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData

from mmcuts3d.cuts import box_of
from mmcuts3d.labels import CONFIDENCE_SCALE, encode_mask, largest_iou

Masks = npt.NDArray[np.uint8]
Prefer = Literal['teacher', 'labels']


def kept_masks(
    found: InstanceData, score_thr: float, max_per_image: int
) -> tuple[Masks, npt.NDArray[np.float32]]:
    """The masks of a prediction that are taken, the surest first.

    Args:
        found (InstanceData): ``masks`` (N, H, W) bool and ``scores`` (N,).
        score_thr (float): Masks with a higher score are taken.
        max_per_image (int): At most so many.

    Returns:
        tuple[ndarray, ndarray]: Masks (M, H, W) uint8, 0 or 1, none empty,
        and scores (M,) float32.
    """
    scores = found.scores.cpu().numpy().astype(np.float32)
    order = np.argsort(-scores, kind='stable')
    order = order[scores[order] > score_thr][:max_per_image]
    masks = np.asarray(found.masks[order.tolist()].cpu(), dtype=np.uint8)
    whole = masks.any(axis=(1, 2))
    return masks[whole], scores[order][whole]


def merge_instances(
    labels: InstanceData,
    masks: Masks,
    confidence: npt.NDArray[np.float32],
    iou_thr: float,
    prefer: Prefer = 'teacher',
) -> InstanceData:
    """Masks of a teacher and labels, one of those that are the same.

    With `prefer` 'teacher' the rule is that of a round, see
    :func:`mmcuts3d.labels.merge_rounds`.

    Args:
        labels (InstanceData): ``bboxes``, ``labels``, ``masks`` (BitmapMasks
            of 0 and 1) and perhaps ``confidences`` (BitmapMasks of levels)
            and ``scores``.
        masks (ndarray): The teacher's, (M, H, W) uint8, 0 or 1.
        confidence (ndarray): Of each of them, (M,) in [0, 1].
        iou_thr (float): A label and a mask of the teacher are the same where
            their IoU is this or higher.
        prefer (str): Which of them stays. Defaults to 'teacher'.

    Returns:
        InstanceData: The masks that stay, then the labels that stay, with
        ``confidences`` where the labels have them or one of the masks is in
        doubt.

    Raises:
        ValueError: If the masks have another size than the labels.
    """
    if not len(masks):
        return labels
    own = labels.masks
    frame = (own.height, own.width)
    if masks.shape[1:] != frame:
        raise ValueError(
            f'Expected masks of the size of the labels {frame}, but got '
            f'{masks.shape[1:]}.'
        )
    old = [encode_mask(mask) for mask in own.masks]
    new = [encode_mask(mask) for mask in masks]
    stay = np.arange(len(old))
    if prefer == 'teacher':
        stay = stay[np.asarray(largest_iou(old, new)) < iou_thr]
    else:
        adds = np.asarray(largest_iou(new, old)) < iou_thr
        masks, confidence = masks[adds], confidence[adds]
        if not len(masks):
            return labels
    merged = InstanceData()
    boxes = torch.from_numpy(np.stack([box_of(mask > 0) for mask in masks]))
    kept_boxes = labels.bboxes[stay.tolist()]
    tensor = getattr(kept_boxes, 'tensor', kept_boxes)
    joined = torch.cat([boxes.to(tensor), tensor])
    if kept_boxes is not tensor:
        joined = type(kept_boxes)(joined)
    merged.bboxes = joined
    new_labels = labels.labels.new_zeros(len(masks))
    merged.labels = torch.cat([new_labels, labels.labels[stay.tolist()]])
    both = np.concatenate([masks, own.masks[stay]])
    merged.masks = BitmapMasks(both, *frame)
    if 'confidences' in labels or (confidence < 1).any():
        levels = _levels(masks, confidence)
        before = (
            labels.confidences.masks[stay]
            if 'confidences' in labels
            else np.full((len(stay), *frame), CONFIDENCE_SCALE, np.uint8)
        )
        merged.confidences = BitmapMasks(
            np.concatenate([levels, before]), *frame
        )
    if 'scores' in labels:
        new_scores = torch.from_numpy(confidence).to(labels.scores)
        merged.scores = torch.cat([new_scores, labels.scores[stay.tolist()]])
    return merged


def _levels(masks: Masks, confidence: npt.NDArray[np.float32]) -> Masks:
    """(M, H, W) uint8: the level of each mask inside it, 240 outside."""
    inside = np.rint(confidence * CONFIDENCE_SCALE).clip(1, CONFIDENCE_SCALE)
    level = inside.astype(np.uint8)[:, None, None]
    return np.where(masks > 0, level, np.uint8(CONFIDENCE_SCALE))
