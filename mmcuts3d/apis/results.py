"""What the inferencer gives back: plain dicts, and files of them."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from mmengine.logging import print_log
from mmengine.structures import InstanceData

from mmcuts3d.cuts import PseudoInstances
from mmcuts3d.files import shown
from mmcuts3d.labels import (
    ImageRecord,
    encode_confidence,
    encode_mask,
    instance_to_annotation,
)

from .preparing import Prepared


def empty_sample(metainfo: dict[str, Any]) -> DetDataSample:
    """A data sample without instances, as a bad image leaves it."""
    height, width = metainfo.get('ori_shape', (1, 1))
    sample = DetDataSample(metainfo=metainfo)
    sample.pred_instances = InstanceData(
        bboxes=torch.zeros(0, 4),
        labels=torch.zeros(0, dtype=torch.long),
        scores=torch.zeros(0),
        masks=torch.zeros(0, height, width, dtype=torch.bool),
    )
    return sample


def finish(sample: DetDataSample, name: str) -> None:
    """Drop the maps that came with an image, and report its error."""
    for given in ('depth', 'features'):
        sample.pop(given, None)
    if sample.get('error') is not None:
        print_log(f'{shown(name)}: {sample.error}', 'current', logging.WARNING)


def sample_to_dict(sample: DetDataSample) -> dict[str, Any]:
    """A prediction that ``json.dump`` takes.

    Args:
        sample (DetDataSample): With ``pred_instances``.

    Returns:
        dict: ``img_path``, ``height``, ``width``, ``error`` (None or what
        was wrong), and lists as long as the instances: ``bboxes`` (x1, y1,
        x2, y2), ``scores``, ``labels``, ``masks`` (COCO RLE, if any) and
        ``confidences`` (see :mod:`mmcuts3d.labels`, if any).
    """
    instances = sample.pred_instances.cpu()
    height, width = sample.ori_shape[:2]
    result: dict[str, Any] = {
        'img_path': sample.get('img_path'),
        'height': int(height),
        'width': int(width),
        'error': sample.get('error'),
        'bboxes': instances.bboxes.tolist(),
        'scores': instances.scores.tolist(),
        'labels': instances.labels.tolist(),
    }
    if 'masks' in instances:
        masks = instances.masks.numpy().astype(bool)
        result['masks'] = [encode_mask(mask) for mask in masks]
    if 'confidences' in instances:
        maps = instances.confidences.numpy()
        result['confidences'] = [encode_confidence(map_) for map_ in maps]
    return result


def records_of(
    data: Sequence[Prepared], samples: Sequence[DetDataSample], first: int
) -> list[ImageRecord]:
    """Predictions as a label store keeps them.

    Args:
        data (Sequence[Prepared]): The images.
        samples (Sequence[DetDataSample]): Their predictions, with masks.
        first (int): Id of the first image.

    Returns:
        list[ImageRecord]: One an image, also one that failed, with the path
        relative to the folder that was given. Masks without a pixel are
        left out.
    """
    records = []
    for number, (one, sample) in enumerate(
        zip(data, samples, strict=True), first
    ):
        image, name = one.item.image, one.item.name
        if not isinstance(image, np.ndarray):
            name += Path(image).suffix
        height, width = sample.ori_shape[:2]
        record = ImageRecord(name, int(height), int(width), number)
        found = sample_to_instances(sample)
        maps = found.confidences
        for index, mask in enumerate(found.masks):
            if mask.any():
                record.annotations.append(
                    instance_to_annotation(
                        mask,
                        float(found.scores[index]),
                        None if maps is None else maps[index],
                    )
                )
        records.append(record)
    return records


def sample_to_instances(sample: DetDataSample) -> PseudoInstances:
    """The instances of a labeler's data sample, for pictures.

    Args:
        sample (DetDataSample): With masks predicted, and confidences if
            there are any.

    Returns:
        PseudoInstances: On the CPU.
    """
    instances = sample.pred_instances.cpu()
    masks = instances.masks.numpy().astype(bool)
    confidences = None
    if 'confidences' in instances:
        confidences = instances.confidences.numpy().astype(np.float32)
    return PseudoInstances(
        masks=masks,
        patch_masks=masks if confidences is None else confidences > 0,
        scores=instances.scores.numpy(),
        confidences=confidences,
        boxes=instances.bboxes.numpy(),
    )
