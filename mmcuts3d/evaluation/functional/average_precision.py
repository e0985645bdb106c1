"""Class-agnostic AP and AR on plain lists."""

from collections.abc import Sequence

import numpy as np

from ..statistics import AREAS, CocoMatches, CocoMeasure, CocoStatistics
from .coco_backends import (
    Backend,
    check_backend,
    faster_accumulate,
    match_image,
)
from .groups import (
    IOU_WORDS,
    Computable,
    IoUType,
    MeasureGroup,
    check_iou_type,
)
from .overlaps import ImageRows, rows_by_image


def evaluate_coco(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: IoUType,
    max_dets: Sequence[int] = (1, 10, 100),
    backend: Backend = 'pycocotools',
) -> dict[str, float]:
    """Measure predictions of one class against ground truth.

    Args:
        images (Sequence[dict]): COCO images, ``id`` at least; for masks also
            ``height`` and ``width``.
        ground_truth (Sequence[dict]): Annotations with ``image_id``,
            ``bbox`` (x, y, width, height), ``area``, ``iscrowd`` and, for
            masks, ``segmentation`` as a run-length code. Ids and categories
            are not looked at.
        predictions (Sequence[dict]): ``image_id``, ``score`` and, as the IoU
            type asks, ``bbox`` or ``segmentation``.
        iou_type (str): 'bbox', 'segm', or 'boundary': the lower of mask IoU
            and Boundary IoU (Cheng et al., CVPR 2021, boundaries of 2 % of
            the image's diagonal).
        max_dets (Sequence[int]): Numbers of predictions an image for AR, in
            rising order; AP is measured at the last. Defaults to
            (1, 10, 100).
        backend (str): 'pycocotools', or 'faster_coco_eval' (an own package,
            in C++), which gives the same values. Defaults to 'pycocotools'.

    Returns:
        dict[str, float]: ``AP`` (mean over IoU 0.50:0.05:0.95), ``AP50``,
        ``AP75``, ``AP_S``, ``AP_M``, ``AP_L`` (area up to 32², 96², above)
        and ``AR`` with each of ``max_dets``, in percent; -1 where there is
        no ground truth to measure against, as pycocotools has it.

    Raises:
        ImportError: If faster-coco-eval is asked for and not installed.
        ValueError: If the IoU type or the backend has no such name, or
            ``max_dets`` is empty or does not rise.
    """
    check_backend(backend)
    group = AveragePrecision(iou_type, max_dets, prefix=False)
    if backend == 'pycocotools':
        return group(images, ground_truth, predictions)
    truth: list[dict] = []
    for rows in rows_by_image(images, ground_truth, predictions):
        known = rows.of(iou_type)
        truth += [*known.truth, *known.crowds]
    numbers = list(max_dets)
    thresholds, precision, recall = faster_accumulate(
        images, truth, predictions, iou_type, numbers
    )
    values = {}
    for measure in group.measures:
        area, det = AREAS.index(measure.area), numbers.index(measure.max_det)
        curve = recall[:, area, det]
        if measure.curve == 'precision':
            curve = precision[:, :, area, det]
        if measure.iou_thr is not None:
            curve = curve[np.isclose(thresholds, measure.iou_thr)]
        curve = curve[curve > -1]
        mean = 100 * curve.mean() if curve.size else np.nan
        values[measure.name] = measure.reported(mean)
    return values


class AveragePrecision(MeasureGroup):
    """:func:`evaluate_coco` image by image, by pycocotools.

    Args:
        iou_type (str): See there.
        max_dets (Sequence[int]): See there.
        prefix (bool): Whether names begin with the IoU type. Defaults to
            True.

    Raises:
        ValueError: If the IoU type has no such name, or ``max_dets`` is
            empty or does not rise.
    """

    measures: tuple[CocoMeasure, ...]

    def __init__(
        self,
        iou_type: IoUType,
        max_dets: Sequence[int] = (1, 10, 100),
        prefix: bool = True,
    ):
        check_iou_type(iou_type)
        numbers = list(max_dets)
        if not numbers or numbers != sorted(set(numbers)) or numbers[0] < 1:
            raise ValueError(
                'Expected argument `max_dets` to be positive numbers in '
                f'rising order, but got {tuple(numbers)}.'
            )
        self.iou_type = iou_type
        self.max_det = numbers[-1]
        self.measures = _measures(iou_type, numbers, prefix)

    def update(self, rows: ImageRows) -> CocoMatches:
        """Match the predictions of one image.

        Args:
            rows (ImageRows): What belongs to the image.

        Returns:
            CocoMatches: The matches.
        """
        return match_image(rows, self.iou_type, self.max_det)

    def gather(self, updates: list) -> list[Computable]:
        """See :class:`~.groups.MeasureGroup`."""
        return [CocoStatistics.gather(self.measures, updates)]


def _measures(
    iou_type: IoUType, max_dets: list[int], prefix: bool
) -> tuple[CocoMeasure, ...]:
    start = f'{iou_type}_' if prefix else ''
    word, last = IOU_WORDS[iou_type], max_dets[-1]
    found = [
        CocoMeasure(
            f'{start}{name}',
            f'{word} {name}',
            main=True,
            iou_thr=iou_thr,
            max_det=last,
        )
        for name, iou_thr in (('AP', None), ('AP50', 0.5), ('AP75', 0.75))
    ]
    for area in AREAS[1:]:
        measure = CocoMeasure(
            f'{start}AP_{area[0].upper()}',
            f'{word} AP, {area} instances',
            interval=False,
            area=area,
            max_det=last,
        )
        found.append(measure)
    for number in max_dets:
        measure = CocoMeasure(
            f'{start}AR{number}',
            f'{word} AR{number}',
            main=number == last,
            interval=number == last,
            curve='recall',
            max_det=number,
        )
        found.append(measure)
    return tuple(found)
