"""Boundaries of masks (Boundary IoU, Cheng et al., CVPR 2021)."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_mask

DILATION_RATIO = 0.02
"""Width of a boundary, as a share of the diagonal of the image."""


def mask_boundary(
    mask: np.ndarray, dilation_ratio: float = DILATION_RATIO
) -> np.ndarray:
    """The pixels of a mask that lie close to its contour.

    These are the pixels with a pixel outside the mask within d rows and d
    columns, d being ``dilation_ratio`` of the diagonal of the image, rounded,
    and at least 1. What lies outside the image is outside the mask.

    Args:
        mask (np.ndarray): Mask of shape (H, W), nonzero inside.
        dilation_ratio (float): Defaults to 0.02, as the paper has it.

    Returns:
        np.ndarray: Boundary of shape (H, W), bool.

    Raises:
        ValueError: If the ratio is not positive.
    """
    if not dilation_ratio > 0:
        raise ValueError(
            'Expected argument `dilation_ratio` to be positive, but got '
            f'{dilation_ratio}.'
        )
    mask = np.asarray(mask) != 0
    width = max(1, round(dilation_ratio * float(np.hypot(*mask.shape))))
    boundary = np.zeros_like(mask)
    rows, columns = (
        mask.any(axis=1).nonzero()[0],
        mask.any(axis=0).nonzero()[0],
    )
    if not len(rows):
        return boundary
    # Outside the bounds of the mask there is nothing to erode.
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    padded = np.pad(mask[part].astype(np.uint8), 1)
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.erode(padded, kernel, iterations=width)[1:-1, 1:-1]
    boundary[part] = mask[part] & (inner == 0)
    return boundary


def boundary_of(
    segmentation: dict[str, Any], dilation_ratio: float = DILATION_RATIO
) -> dict[str, Any]:
    """:func:`mask_boundary` from run-length code to run-length code.

    Args:
        segmentation (dict): Run-length code of a mask.
        dilation_ratio (float): See :func:`mask_boundary`.

    Returns:
        dict: Run-length code of the boundary.
    """
    mask = coco_mask.decode(segmentation)
    return encode_mask(mask_boundary(mask, dilation_ratio))


def boundary_iou(
    found: Sequence[dict[str, Any]],
    truth: Sequence[dict[str, Any]],
    dilation_ratio: float = DILATION_RATIO,
) -> np.ndarray:
    """Intersection over union of the boundaries of masks.

    Args:
        found (Sequence[dict]): P run-length codes.
        truth (Sequence[dict]): G run-length codes of the same image.
        dilation_ratio (float): See :func:`mask_boundary`.

    Returns:
        np.ndarray: (P, G) in [0, 1]; 0 where both are empty.
    """
    edges = [
        [boundary_of(mask, dilation_ratio) for mask in masks]
        for masks in (found, truth)
    ]
    return _iou(*edges)


def row_boundary_iou(
    found: Sequence[dict[str, Any]], truth: Sequence[dict[str, Any]]
) -> np.ndarray:
    """:func:`boundary_iou` of rows with a ``segmentation``.

    Args:
        found (Sequence[dict]): P rows, with ``boundary`` from
            :func:`with_boundaries` or without.
        truth (Sequence[dict]): G such rows of the same image.

    Returns:
        np.ndarray: (P, G) in [0, 1].
    """
    rows = (with_boundaries(found), with_boundaries(truth))
    return _iou(*([row['boundary'] for row in group] for group in rows))


def with_boundaries(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that know their boundaries, for several measures to use.

    Args:
        rows (Sequence[dict]): Rows with ``segmentation``.

    Returns:
        list[dict]: The same with ``boundary``, a run-length code.
    """
    return [
        row
        if 'boundary' in row
        else {**row, 'boundary': boundary_of(row['segmentation'])}
        for row in rows
    ]


def _iou(
    found: list[dict[str, Any]], truth: list[dict[str, Any]]
) -> np.ndarray:
    if not found or not truth:
        return np.zeros((len(found), len(truth)))
    return np.asarray(coco_mask.iou(found, truth, [0] * len(truth)))
