"""Correct localisation: does the first box of an image hit an object?"""

from collections.abc import Sequence

from ..statistics import Measure
from .groups import RatioGroup
from .overlaps import ImageRows, iou_matrix


def correct_localization(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_thr: float = 0.5,
    with_ignored: bool = False,
) -> dict[str, float]:
    """CorLoc, the measure of single-object discovery.

    The share of images whose prediction of the highest score has an IoU of
    at least ``iou_thr`` with the box of any instance (Deselaers, Alexe,
    Ferrari, IJCV 2012; as in LOST, Siméoni et al., BMVC 2021, and TokenCut,
    Wang et al., CVPR 2022). Images without instances are left out; one
    without predictions is missed.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations with ``bbox``.
        predictions (Sequence[dict]): ``image_id``, ``score``, ``bbox``; of
            equal scores the first in the list counts.
        iou_thr (float): In (0, 1]. Defaults to 0.5.
        with_ignored (bool): Whether annotations with ``iscrowd`` are
            instances, as objects that VOC calls difficult are to LOST.
            Defaults to False.

    Returns:
        dict[str, float]: ``CorLoc`` in percent, -1 if no image has an
        instance.

    Raises:
        ValueError: If the threshold is out of range.

    Examples:
        >>> from mmcuts3d.evaluation import correct_localization
        >>> images = [{'id': 1, 'height': 8, 'width': 8}]
        >>> truth = [{'image_id': 1, 'id': 1, 'bbox': [0, 0, 4, 4]}]
        >>> predictions = [{'image_id': 1, 'score': 0.9, 'bbox': [0, 0, 4, 3]}]
        >>> correct_localization(images, truth, predictions)
        {'CorLoc': 100.0}
    """
    group = CorLoc(iou_thr, with_ignored)
    return group(images, ground_truth, predictions)


class CorLoc(RatioGroup):
    """:func:`correct_localization` image by image.

    Args:
        iou_thr (float): See there.
        with_ignored (bool): See there.

    Raises:
        ValueError: If the threshold is out of range.
    """

    measures = (Measure('CorLoc', 'CorLoc'),)
    iou_type = 'bbox'

    def __init__(self, iou_thr: float = 0.5, with_ignored: bool = False):
        if not 0 < iou_thr <= 1:
            raise ValueError(
                'Expected argument `iou_thr` to be in (0, 1], but got '
                f'{iou_thr}.'
            )
        self.iou_thr = iou_thr
        self.with_ignored = with_ignored

    def update(self, rows: ImageRows) -> dict[str, tuple[float, float]]:
        """See :class:`~.groups.RatioGroup`."""
        truth, ious = rows.truth, rows.ious('bbox')[:1]
        if self.with_ignored and rows.crowds:
            truth = truth + rows.crowds
            ious = iou_matrix(rows.found[:1], truth, 'bbox')
        hit = bool((ious >= self.iou_thr).any())
        return {'CorLoc': (float(hit), float(bool(truth)))}
