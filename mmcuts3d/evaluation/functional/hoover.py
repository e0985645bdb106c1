"""Hoover's classes of regions: correct, over-, under-segmented, missed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from .overlaps import mask_shares

# One instance of a class: its mean measure, its name, which masks and which
# instances take part.
_Group = tuple[float, str, list[int], list[int]]


def hoover_classes(
    found: Sequence[dict[str, Any]],
    truth: Sequence[dict[str, Any]],
    tolerance: float = 0.8,
) -> tuple[list[str], list[str]]:
    """Classify the regions of an image (Hoover et al., TPAMI 1996).

    "An Experimental Comparison of Range Image Segmentation Algorithms", with
    tolerance T:

    - correct: a mask and an instance share T of the one and T of the other;
    - over-segmented: two or more masks lie in one instance with T of each,
      and together cover T of it;
    - under-segmented: two or more instances lie in one mask with T of each,
      and together cover T of it;
    - what takes part in none of these is missed (an instance) or noise (a
      mask).

    A region that could take part in several is counted in the one with the
    highest mean of the two shares, that of the parts and that of the whole.
    The paper's regions are disjoint; where masks overlap, the area of
    several is that of their union. So of masks that are the instance itself,
    one is correct and the others are noise; masks that are near it and differ
    from each other over-segment it if their union fits it better than each
    alone, as two do that each leave out another tenth of it.

    Args:
        found (Sequence[dict]): P masks as run-length codes.
        truth (Sequence[dict]): G instances of the same image as run-length
            codes.
        tolerance (float): T, in (0.5, 1]. Defaults to 0.8; the paper varies
            it.

    Returns:
        tuple[list[str], list[str]]: For each instance, and for each mask,
        'correct', 'over', 'under' or 'none'.

    Raises:
        ValueError: If the tolerance is out of range.
    """
    check_tolerance(tolerance)
    of_mask, of_instance = mask_shares(found, truth)
    in_instance = of_mask >= tolerance
    in_mask = of_instance >= tolerance
    groups: list[_Group] = [
        ((of_mask[m, n] + of_instance[m, n]) / 2, 'correct', [m], [n])
        for m, n in np.argwhere(in_instance & in_mask).tolist()
    ]
    for n, whole in enumerate(truth):
        parts = np.flatnonzero(in_instance[:, n]).tolist()
        measures = _joint_shares([found[m] for m in parts], whole)
        if min(measures) >= tolerance:
            groups.append((sum(measures) / 2, 'over', parts, [n]))
    for m, whole in enumerate(found):
        parts = np.flatnonzero(in_mask[m]).tolist()
        measures = _joint_shares([truth[n] for n in parts], whole)
        if min(measures) >= tolerance:
            groups.append((sum(measures) / 2, 'under', [m], parts))
    return _settle(groups, len(found), len(truth))


def check_tolerance(tolerance: float) -> None:
    """Check a tolerance of :func:`hoover_classes`.

    Args:
        tolerance (float): T.

    Raises:
        ValueError: If it is not in (0.5, 1].
    """
    if not 0.5 < tolerance <= 1:
        raise ValueError(
            'Expected argument `tolerance` to be in (0.5, 1], but got '
            f'{tolerance}.'
        )


def _joint_shares(
    parts: list[dict[str, Any]], whole: dict[str, Any]
) -> tuple[float, float]:
    """Shares of two or more parts and of the whole that they have in common.

    (0, 0) for less than two.
    """
    if len(parts) < 2:
        return 0.0, 0.0
    union = coco_mask.merge(parts)
    of_union, of_whole = mask_shares([union], [whole])
    return float(of_union[0, 0]), float(of_whole[0, 0])


def _settle(
    groups: list[_Group], num_found: int, num_truth: int
) -> tuple[list[str], list[str]]:
    """Give each region one class, the best groups first."""
    of_truth, of_found = ['none'] * num_truth, ['none'] * num_found
    # Sorting is stable: of equal measures, correct goes first.
    for _, name, masks, instances in sorted(
        groups, key=lambda group: group[0], reverse=True
    ):
        taken = [of_found[m] for m in masks] + [of_truth[n] for n in instances]
        if any(kind != 'none' for kind in taken):
            continue
        for m in masks:
            of_found[m] = name
        for n in instances:
            of_truth[n] = name
    return of_truth, of_found
