"""Spatial Confidence beside the ground-truth masks, as mask heads need it.

PackPseudoLabels makes ``gt_instances.confidences``: a level for each pixel,
240 being a confidence of 1 (CutS3D, Sec. 3.4). Heads work with the doubt, 240
less the level: it is 0 outside of a mask and in padding, so that resizing
cannot make doubt where there is none.
"""

import numpy as np
import numpy.typing as npt
import torch
from mmdet.structures.mask import BitmapMasks
from mmengine.structures import InstanceData
from torch import Tensor

from mmcuts3d.labels import CONFIDENCE_SCALE


def have_confidences(batch_gt_instances: list[InstanceData]) -> bool:
    """Whether any image of a batch has confidences.

    Args:
        batch_gt_instances (list[InstanceData]): One per image.

    Returns:
        bool: False if every pixel counts with a confidence of 1.

    Raises:
        ValueError: If masks carry levels that nobody took along.
    """
    for gt_instances in batch_gt_instances:
        masks = gt_instances.get('masks')
        if 'confidences' not in gt_instances and hasattr(masks, 'levels'):
            raise ValueError(
                'Expected `gt_instances` of a sample whose masks carry '
                'confidence levels to have `confidences`, but got none: end '
                "the pipeline with dict(type='mmcuts3d.PackPseudoLabels') in "
                "place of mmdet's PackDetInputs."
            )
    return any('confidences' in gt for gt in batch_gt_instances)


def doubts_of(
    gt_instances: InstanceData, frame: tuple[int, int], device: torch.device
) -> Tensor:
    """The doubt of each pixel of an image's ground-truth masks.

    Args:
        gt_instances (InstanceData): With ``confidences`` (BitmapMasks of
            levels), or without: no doubt anywhere.
        frame (tuple[int, int]): Height and width of the padded masks.
        device (torch.device): Where the heads work.

    Returns:
        Tensor: uint8 of shape (n, *frame), in [0, 239], 240 less the level.

    Raises:
        ValueError: If there are not as many confidences as instances, or
            they are larger than the frame.
    """
    number = len(gt_instances)
    if 'confidences' not in gt_instances:
        return torch.zeros((number, *frame), dtype=torch.uint8, device=device)
    levels = levels_in_frame(gt_instances.confidences, number, frame)
    return send(np.uint8(CONFIDENCE_SCALE) - levels.masks, device)


def send(values: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    """Send bytes to the device while the host goes on.

    Args:
        values (array): uint8 of any shape.
        device (torch.device): Where to.

    Returns:
        Tensor: The same values there.
    """
    tensor = torch.from_numpy(values)
    if device.type == 'cuda':
        # Pageable memory would be copied before the host goes on.
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def levels_in_frame(
    levels: BitmapMasks, number: int, frame: tuple[int, int]
) -> BitmapMasks:
    """Levels in the frame of the masks, which mmdet pads to the batch.

    Args:
        levels (BitmapMasks): Confidence levels.
        number (int): How many masks there are.
        frame (tuple[int, int]): Height and width of the masks.

    Returns:
        BitmapMasks: Levels in that frame; padding has a confidence of 1.

    Raises:
        ValueError: If there are not as many levels as masks, or they are
            larger than the frame.
    """
    if len(levels) != number:
        raise ValueError(
            f'Expected `confidences` of all {number} masks, but got '
            f'{len(levels)}.'
        )
    size = (levels.height, levels.width)
    if size == frame:
        return levels
    if size[0] > frame[0] or size[1] > frame[1]:
        raise ValueError(
            f'Expected `confidences` in the frame {frame} of the masks, but '
            f'got {size}: what resizes or crops a whole batch leaves them '
            'behind.'
        )
    return levels.pad(frame, pad_val=CONFIDENCE_SCALE)
