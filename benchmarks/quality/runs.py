"""Runs one setting over the images of a part: predictions and what went on."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from typing import Any

import cv2
import numpy as np
from cases import GRID, Case
from pycocotools import mask as coco_mask
from variants import VARIANTS

from mmcuts3d.cuts import CutS3D, MaskCut, PseudoInstances, pool_depth
from mmcuts3d.labels import encode_confidence, instance_to_annotation
from mmcuts3d.models.depth.normalise import normalise_depth


@dataclass(frozen=True)
class Setting:
    """A method, and how depth is brought to it.

    Attributes:
        method: MaskCut or CutS3D.
        depth: Arguments of ``normalise_depth`` besides those of the set;
            ``inverse=True`` takes 1/d first.
        variant: A name of ``VARIANTS``, what else was tried with depth.
    """

    method: MaskCut | CutS3D
    depth: dict[str, Any] = field(default_factory=dict)
    variant: str = ''


def read_depth_of(case: Case, options: dict[str, Any]) -> np.ndarray:
    """(H, W) float32 in [0, 1], 0 = nearest."""
    options = dict(options)
    depth, options_of_set = case.depth, {**case.depth_options}
    if options.pop('inverse', False):
        depth = depth.astype(np.float64)
        known = depth != case.depth_options.get('invalid', np.nan)
        # A network's relative depth has no zero; 0.1 stands for its offset.
        offset = 0.0 if 'invalid' in case.depth_options else 0.1 * depth.max()
        depth = np.where(known, 1 / (depth + offset + ~known), np.nan)
        options_of_set = {'direction': 'near_is_large'}
    return normalise_depth(depth, **{**options_of_set, **options})


def cut_case(case: Case, setting: Setting) -> PseudoInstances:
    """The pseudo-labels of one image, at 480x480."""
    method = setting.method
    if isinstance(method, MaskCut):
        return method(case.image, case.features)
    method = copy.copy(method)
    if setting.variant:
        VARIANTS[setting.variant](method, case)
    return method(case.image, case.features, grid_depth(case, method, setting))


def grid_depth(
    case: Case, cut: CutS3D, setting: Setting | None = None
) -> np.ndarray:
    """(60, 60) float32 in [0, 1], as the method pools it."""
    depth = read_depth_of(case, setting.depth if setting else {})
    return pool_depth(depth, (GRID, GRID), cut.local.pooling)


def predictions_of(case: Case, found: PseudoInstances) -> list[dict[str, Any]]:
    """COCO predictions at the size of the image."""
    height, width = case.size
    rows = []
    for index, mask in enumerate(found.masks):
        mask = cv2.resize(mask.astype(np.float32), (width, height)) >= 0.5
        if mask.any():
            row = instance_to_annotation(mask, float(found.scores[index]))
            row['image_id'] = case.entry['id']
            if found.confidences is not None:
                row['confidence'] = encode_confidence(found.confidences[index])
            rows.append(row)
    return rows


def label_case(case: Case, setting: Setting) -> list[dict[str, Any]]:
    """Cut one image; in a process of its own, so with one thread."""
    cv2.setNumThreads(1)
    return predictions_of(case, cut_case(case, setting))


def run(
    cases: Sequence[Case], setting: Setting, processes: int = 0
) -> list[dict[str, Any]]:
    """Predictions of a setting on all images.

    Args:
        cases: The images.
        setting: What is done with them.
        processes: Defaults to 0, one for each core.
    """
    pool = workers(processes or os.cpu_count() or 1)
    found = pool.map(label_case, cases, [setting] * len(cases), chunksize=2)
    return [row for rows in found for row in rows]


@cache
def workers(processes: int) -> ProcessPoolExecutor:
    """Processes with one thread each; not forked, for threads do not fork."""
    for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
        os.environ[name] = '1'
    return ProcessPoolExecutor(processes, mp_context=get_context('spawn'))


def mean_best_iou(cases: Sequence[Case], rows: list[dict[str, Any]]) -> float:
    """Mean over true masks of the best IoU with a prediction, percent."""
    best = []
    for case in cases:
        mine = [
            row['segmentation']
            for row in rows
            if row['image_id'] == case.entry['id']
        ]
        truth = [row['segmentation'] for row in case.annotations]
        if truth:
            ious = coco_mask.iou(mine, truth, [0] * len(truth))
            best += list(np.max(ious, axis=0) if mine else [0.0] * len(truth))
    return float(np.mean(best) * 100)
