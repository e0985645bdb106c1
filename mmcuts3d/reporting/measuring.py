"""All metrics of one or two runs, with intervals, and each image's own."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmcuts3d.evaluation.functional import image_statistics, quality_groups
from mmcuts3d.evaluation.functional.bootstrap import (
    Comparison,
    Interval,
    bootstrap,
)
from mmcuts3d.evaluation.functional.groups import ImageStatistics, IoUType
from mmcuts3d.evaluation.statistics import Measure

from .runs import Run


@dataclass
class ImageMetrics:
    """How one image fared.

    Args:
        image (dict): Row of COCO's ``images``.
        num_instances (int): True ones, without crowds.
        num_predictions (dict[str, int]): Of each run.
        best_iou (dict[str, float]): Of each run: mean over the instances of
            the highest IoU with any prediction, in percent; empty without
            instances.
    """

    image: dict[str, Any]
    num_instances: int
    num_predictions: dict[str, int]
    best_iou: dict[str, float]


@dataclass
class LabelEvaluation:
    """What was measured.

    Args:
        runs (list[Run]): One or two; the second is compared with the first.
        iou_types (tuple[str, ...]): Of 'bbox' and 'segm'.
        measures (dict[str, Measure]): Names to declarations, of all that any
            run has, in the order of the tables.
        metrics (dict): Name of a run to name of a measure to
            :class:`~mmcuts3d.evaluation.functional.bootstrap.Interval`.
            Values are NaN where there is nothing to measure, ends where
            there is no interval.
        comparisons (dict[str, Comparison]): Second run to first, by measure;
            empty for one run.
        images (list[ImageMetrics]): In the order of the ground truth.
        num_samples (int): Bootstrap samples.
        level (float): Of the intervals.
        notes (list[str]): What a reader must know.
    """

    runs: list[Run]
    iou_types: tuple[IoUType, ...]
    measures: dict[str, Measure]
    metrics: dict[str, dict[str, Interval]]
    comparisons: dict[str, Comparison]
    images: list[ImageMetrics]
    num_samples: int
    level: float
    notes: list[str] = field(default_factory=list)


def evaluate_labels(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    runs: Sequence[Run],
    num_samples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> LabelEvaluation:
    """Measure one run, or two on the same bootstrap samples of the images.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations, as
            :func:`~mmcuts3d.evaluation.load_ground_truth` makes them.
        runs (Sequence[Run]): Of different names.
        num_samples (int): Bootstrap samples. Defaults to 1000.
        level (float): Of the intervals. Defaults to 0.95.
        seed (int): Of the samples. Defaults to 0.

    Returns:
        LabelEvaluation: The metrics.

    Raises:
        ValueError: If there are no images, or the samples are too few.
    """
    if not images:
        raise ValueError(
            'Expected argument `images` to hold an image, but got none.'
        )
    iou_types, notes = _iou_types(ground_truth, runs)
    statistics = {
        run.name: image_statistics(
            quality_groups(ground_truth, run.predictions, iou_types),
            images,
            ground_truth,
            run.predictions,
        )
        for run in runs
    }
    resampled = bootstrap(
        statistics, num_samples, level, seed, baseline=runs[0].name
    )
    if len(images) == 1:
        notes.append('One image: no intervals.')
    if all(row.get('iscrowd', 0) for row in ground_truth):
        notes.append('The ground truth has no instances to be found.')
    second = runs[1].name if len(runs) > 1 else None
    return LabelEvaluation(
        runs=list(runs),
        iou_types=iou_types,
        measures={
            measure.name: measure
            for found in statistics.values()
            for measure in found.measures
        },
        metrics=resampled.runs,
        comparisons=resampled.comparisons[second] if second else {},
        images=_image_metrics(
            images, ground_truth, runs, statistics, iou_types[-1]
        ),
        num_samples=num_samples,
        level=level,
        notes=notes,
    )


def _iou_types(
    ground_truth: Sequence[dict], runs: Sequence[Run]
) -> tuple[tuple[IoUType, ...], list[str]]:
    """Masks are measured if everybody has them."""
    boxes_only = [run.name for run in runs if not run.has_masks]
    if not all(row.get('segmentation') for row in ground_truth):
        boxes_only.insert(0, 'the ground truth')
    if not boxes_only:
        return ('bbox', 'segm'), []
    names = ' and '.join(boxes_only)
    return ('bbox',), [f'Only boxes are measured: no masks in {names}.']


def _image_metrics(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    runs: Sequence[Run],
    statistics: Mapping[str, ImageStatistics],
    iou_type: IoUType,
) -> list[ImageMetrics]:
    instances = Counter(
        row['image_id'] for row in ground_truth if not row.get('iscrowd', 0)
    )
    numbers = {
        run.name: Counter(row['image_id'] for row in run.predictions)
        for run in runs
    }
    best = {
        name: found.per_image(f'{iou_type}_best_IoU')
        for name, found in statistics.items()
    }
    return [
        ImageMetrics(
            image=image,
            num_instances=instances[image['id']],
            num_predictions={
                name: count[image['id']] for name, count in numbers.items()
            },
            best_iou={
                name: values[image['id']]
                for name, values in best.items()
                if not math.isnan(values.get(image['id'], math.nan))
            },
        )
        for image in images
    ]
