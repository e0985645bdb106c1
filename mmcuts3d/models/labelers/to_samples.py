"""Between tensors and samples of mmdet and the arrays of the cuts."""

from dataclasses import replace

import cv2
import numpy as np
import torch
from mmengine.structures import InstanceData

from mmcuts3d.cuts import PseudoInstances, box_of


def at_size(found: PseudoInstances, shape: tuple[int, int]) -> PseudoInstances:
    """Pseudo-instances on an image of another size.

    Args:
        found (PseudoInstances): On an image of any size.
        shape (tuple[int, int]): (H, W) to give the masks.

    Returns:
        PseudoInstances: An instance whose mask vanishes at that size is left
        out.
    """
    masks = np.zeros((len(found), *shape), bool)
    for target, mask in zip(masks, found.masks, strict=True):
        target[:] = _resize_mask(mask, shape)
    kept = masks.any(axis=(1, 2))
    boxes = np.zeros((int(kept.sum()), 4), np.float32)
    for box, mask in zip(boxes, masks[kept], strict=True):
        box[:] = box_of(mask)
    return replace(found[kept], masks=masks[kept], boxes=boxes)


def to_instance_data(
    found: PseudoInstances, device: torch.device | str = 'cpu'
) -> InstanceData:
    """Pseudo-instances as mmdet's ``pred_instances``.

    Args:
        found (PseudoInstances): See :func:`at_size`.
        device (torch.device): Defaults to 'cpu'.

    Returns:
        InstanceData: See :meth:`BaseLabeler.predict`.
    """
    data = InstanceData(
        bboxes=torch.tensor(found.boxes, device=device),
        labels=torch.zeros(len(found), dtype=torch.long, device=device),
        scores=torch.tensor(found.scores, device=device),
        masks=torch.tensor(found.masks, device=device),
    )
    if found.confidences is not None:
        data.confidences = torch.tensor(found.confidences, device=device)
    return data


def to_pixels(image: torch.Tensor) -> np.ndarray:
    """(3, H, W) in [0, 255] to (H, W, 3) uint8."""
    pixels = image.round().clamp(0, 255).byte().permute(1, 2, 0)
    return pixels.cpu().numpy()


def _resize_mask(mask: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if mask.shape == tuple(shape):
        return mask
    size = (shape[1], shape[0])
    return cv2.resize(mask.astype(np.float32), size) >= 0.5
