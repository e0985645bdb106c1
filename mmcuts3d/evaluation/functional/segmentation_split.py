"""Over- and under-segmentation: what is merged, what is split."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .hoover import hoover_classes
from .overlaps import ImageRows, iou_matrix, mask_shares, rows_by_image


def segmentation_split(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    share: float = 0.5,
    iou_thr: float = 0.5,
    tolerance: float = 0.8,
) -> dict[str, float]:
    """How many instances a mask merges, how many masks split an instance.

    A mask merges the instances that lie in it with at least ``share`` of
    their pixels; an instance is split into the masks that lie in it with at
    least ``share`` of theirs. Both are counted for each mask and each
    instance by itself, so they suit masks that overlap.
    :func:`hoover_classes` adds a classification from the literature, which
    also asks how well merged or split parts cover what they stand for.

    Crowds are no instances. Masks without a pixel count as masks that meet
    nothing.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations with ``segmentation`` as a
            run-length code.
        predictions (Sequence[dict]): ``image_id``, ``score`` and
            ``segmentation``.
        share (float): In (0, 1]. Defaults to 0.5.
        iou_thr (float): IoU of a mask that finds an instance, in (0, 1].
            Defaults to 0.5.
        tolerance (float): See :func:`hoover_classes`.

    Returns:
        dict[str, float]: In percent of all masks: ``merging_masks``, which
        merge two instances or more. ``merged_per_mask``: mean number of
        instances in a mask that holds one at least. In percent of all
        instances: ``split_instances``, split into two masks or more;
        ``found_once``, ``found_again``, ``missed``, met by exactly one mask,
        by more, by none; ``hoover_correct``, ``hoover_over``,
        ``hoover_under``, ``hoover_missed``; in percent of all masks
        ``hoover_noise``. -1 where there is nothing to count.

    Raises:
        ValueError: If an argument is out of range.
    """
    for name, value in (('share', share), ('iou_thr', iou_thr)):
        if not 0 < value <= 1:
            raise ValueError(
                f'Expected argument `{name}` to be in (0, 1], but got {value}.'
            )
    tables = [
        _count(rows, share, iou_thr, tolerance)
        for rows in rows_by_image(images, ground_truth, predictions, 'segm')
    ]
    counts = {
        name: np.concatenate([[], *(table[name] for table in tables)])
        for name in ('merged', 'parts', 'hits', 'truth', 'found')
    }
    merged, hits, classes = counts['merged'], counts['hits'], counts['truth']
    holding = merged[merged > 0]
    return {
        'merging_masks': _percent(merged >= 2),
        'merged_per_mask': float(holding.mean()) if holding.size else -1.0,
        'split_instances': _percent(counts['parts'] >= 2),
        'found_once': _percent(hits == 1),
        'found_again': _percent(hits >= 2),
        'missed': _percent(hits == 0),
        'hoover_correct': _percent(classes == 'correct'),
        'hoover_over': _percent(classes == 'over'),
        'hoover_under': _percent(classes == 'under'),
        'hoover_missed': _percent(classes == 'none'),
        'hoover_noise': _percent(counts['found'] == 'none'),
    }


def _count(
    rows: ImageRows, share: float, iou_thr: float, tolerance: float
) -> dict[str, Any]:
    found, truth = (
        [row['segmentation'] for row in group]
        for group in (rows.found, rows.truth)
    )
    of_mask, of_instance = mask_shares(found, truth)
    of_truth, of_found = hoover_classes(found, truth, tolerance)
    return {
        'merged': (of_instance >= share).sum(axis=1),
        'parts': (of_mask >= share).sum(axis=0),
        'hits': (iou_matrix(rows.found, rows.truth, 'segm') >= iou_thr).sum(0),
        'truth': of_truth,
        'found': of_found,
    }


def _percent(hits: np.ndarray) -> float:
    return float(np.mean(hits) * 100) if np.size(hits) else -1.0
