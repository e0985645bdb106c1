"""Over- and under-segmentation: what is merged, what is split."""

from collections.abc import Sequence
from typing import Any

from ..statistics import Measure
from .groups import RatioGroup
from .hoover import check_tolerance, hoover_classes
from .overlaps import ImageRows, mask_shares

_LOWER: dict[str, Any] = {'higher_is_better': False}


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
    group = SegmentationSplit(share, iou_thr, tolerance)
    return group(images, ground_truth, predictions)


class SegmentationSplit(RatioGroup):
    """:func:`segmentation_split` image by image.

    Args:
        share (float): See there.
        iou_thr (float): See there.
        tolerance (float): See there.

    Raises:
        ValueError: If an argument is out of range.
    """

    measures = (
        Measure('merging_masks', 'masks that merge instances', **_LOWER),
        Measure('merged_per_mask', 'instances per mask', 'count', False),
        Measure('split_instances', 'split instances', **_LOWER),
        Measure('found_once', 'instances found by one mask'),
        Measure('found_again', 'instances found by several masks', **_LOWER),
        Measure('missed', 'missed instances', **_LOWER),
        Measure('hoover_correct', 'Hoover: correct instances'),
        Measure('hoover_over', 'Hoover: over-segmented instances', **_LOWER),
        Measure('hoover_under', 'Hoover: under-segmented instances', **_LOWER),
        Measure('hoover_missed', 'Hoover: missed instances', **_LOWER),
        Measure('hoover_noise', 'Hoover: noise masks', **_LOWER),
    )

    def __init__(
        self, share: float = 0.5, iou_thr: float = 0.5, tolerance: float = 0.8
    ):
        for name, value in (('share', share), ('iou_thr', iou_thr)):
            if not 0 < value <= 1:
                raise ValueError(
                    f'Expected argument `{name}` to be in (0, 1], but got '
                    f'{value}.'
                )
        check_tolerance(tolerance)
        self.share = share
        self.iou_thr = iou_thr
        self.tolerance = tolerance

    def update(self, rows: ImageRows) -> dict[str, tuple[float, float]]:
        """See :class:`~.groups.RatioGroup`."""
        found, truth = (
            [row['segmentation'] for row in group]
            for group in (rows.found, rows.truth)
        )
        of_mask, of_instance = mask_shares(found, truth)
        merged = (of_instance >= self.share).sum(axis=1)
        parts = (of_mask >= self.share).sum(axis=0)
        hits = (rows.ious('segm') >= self.iou_thr).sum(axis=0)
        of_truth, of_found = hoover_classes(found, truth, self.tolerance)
        return {
            'merging_masks': (float((merged >= 2).sum()), len(found)),
            'merged_per_mask': (float(merged.sum()), int((merged > 0).sum())),
            'split_instances': (float((parts >= 2).sum()), len(truth)),
            'found_once': (float((hits == 1).sum()), len(truth)),
            'found_again': (float((hits >= 2).sum()), len(truth)),
            'missed': (float((hits == 0).sum()), len(truth)),
            'hoover_correct': (of_truth.count('correct'), len(truth)),
            'hoover_over': (of_truth.count('over'), len(truth)),
            'hoover_under': (of_truth.count('under'), len(truth)),
            'hoover_missed': (of_truth.count('none'), len(truth)),
            'hoover_noise': (of_found.count('none'), len(found)),
        }
