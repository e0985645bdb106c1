"""Predicted instances on their way out of a model: small, on the CPU, with
masks as run-length codes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mmcuts3d.labels import encode_mask
from mmcuts3d.labels.coco import check_run_length


@dataclass
class Predictions:
    """Instances of one image, by falling score.

    Attributes:
        bboxes (np.ndarray): (N, 4) float, x1, y1, x2, y2 in pixels.
        scores (np.ndarray): (N,) float.
        masks (list[dict], optional): N run-length codes; None if the model
            gives no masks.
        confidences (np.ndarray, optional): (N, h, w) float; None if the
            model gives no Spatial Confidence.
    """

    bboxes: np.ndarray
    scores: np.ndarray
    masks: list[dict[str, Any]] | None
    confidences: np.ndarray | None

    def __len__(self) -> int:
        return len(self.scores)


def unpack_predictions(
    data_sample: dict, score_thr: float, max_per_image: int
) -> Predictions:
    """Take the instances out of a data sample.

    Args:
        data_sample (dict): With ``pred_instances`` (``bboxes``, ``scores``
            and perhaps ``masks``, ``confidences``) and ``ori_shape``.
        score_thr (float): Instances with a lower score are left out.
        max_per_image (int): Only so many of the highest score are kept; of
            equal scores the first.

    Returns:
        Predictions: The instances; masks are in the frame of ``ori_shape``.

    Raises:
        ValueError: If masks are of another size than ``ori_shape``, or
            run-length codes are broken.
    """
    instances = data_sample['pred_instances']
    scores = to_numpy(instances['scores']).astype(np.float64)
    order = np.argsort(-scores, kind='stable')
    order = order[scores[order] >= score_thr][:max_per_image]
    masks = instances.get('masks')
    confidences = instances.get('confidences')
    if masks is not None:
        masks = [_run_length(masks[index]) for index in order]
        check_sizes(masks, data_sample['ori_shape'], data_sample)
        masks = [_checked(mask, data_sample) for mask in masks]
    if confidences is not None:
        confidences = to_numpy(confidences)[order]
    bboxes = to_numpy(instances['bboxes']).reshape(-1, 4)[order]
    return Predictions(
        bboxes.astype(np.float64), scores[order], masks, confidences
    )


def check_sizes(
    masks: list[dict[str, Any]], shape: tuple[int, int], data_sample: dict
) -> None:
    """Check that masks lie in the frame of the image as it is stored.

    Args:
        masks (list[dict]): Run-length codes.
        shape (tuple[int, int]): Height and width of the image.
        data_sample (dict): The sample, for the message.

    Raises:
        ValueError: If they do not. pycocotools would silently find no
            overlap.
    """
    for mask in masks:
        if tuple(mask['size']) != tuple(shape):
            raise ValueError(
                f'Expected masks of size {tuple(shape)} as image '
                f'{data_sample.get("img_path", data_sample["img_id"])}, but '
                f'got {tuple(mask["size"])}.'
            )


def to_numpy(values: Any) -> np.ndarray:
    """Bring a tensor, mmdet boxes or an array to numpy.

    Args:
        values (Any): The values.

    Returns:
        np.ndarray: The same values.
    """
    values = getattr(values, 'tensor', values)
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values)


def _checked(mask: dict[str, Any], data_sample: dict) -> dict[str, Any]:
    """A code of a model of other people, which may be broken."""
    try:
        return check_run_length(mask, *mask['size'])
    except ValueError as error:
        raise ValueError(
            f'{data_sample.get("img_path", data_sample["img_id"])}: {error}'
        ) from error


def _run_length(mask: Any) -> dict[str, Any]:
    if isinstance(mask, dict):
        return mask
    return encode_mask(to_numpy(mask))
