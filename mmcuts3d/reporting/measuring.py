"""All figures of one or two runs, with intervals, and each image's own."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mmcuts3d.evaluation.functional.bootstrap import (
    BootstrapResult,
    Comparison,
    Interval,
    bootstrap,
)
from mmcuts3d.evaluation.functional.quality import label_quality
from mmcuts3d.evaluation.functional.quality_tables import (
    best_overlaps,
    quality_tables,
)

from .figures import LOWER_IS_BETTER, MAIN, is_correlation
from .runs import Run


@dataclass
class ImageFigures:
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
        figures (dict): Name of a run to name of a figure to
            :class:`~mmcuts3d.evaluation.functional.bootstrap.Interval`, in
            the order of the table. Ends are NaN where there is no interval.
        comparisons (dict[str, Comparison]): Second run to first, by figure;
            empty for one run.
        images (list[ImageFigures]): In the order of the ground truth.
        num_samples (int): Draws of the bootstrap.
        level (float): Of the intervals.
        notes (list[str]): What a reader must know.
    """

    runs: list[Run]
    iou_types: tuple[str, ...]
    figures: dict[str, dict[str, Interval]]
    comparisons: dict[str, Comparison]
    images: list[ImageFigures]
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
    """Measure one run, or two on the same draws of images.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations, as
            :func:`~mmcuts3d.evaluation.load_ground_truth` makes them.
        runs (Sequence[Run]): Of different names.
        num_samples (int): Draws of the bootstrap. Defaults to 1000.
        level (float): Of the intervals. Defaults to 0.95.
        seed (int): Of the draws. Defaults to 0.

    Returns:
        LabelEvaluation: The figures.

    Raises:
        ValueError: If there are no images, or the draws are too few.
    """
    iou_types, notes = _iou_types(ground_truth, runs)
    drawn = bootstrap(
        {
            run.name: quality_tables(
                images, ground_truth, run.predictions, iou_types
            )
            for run in runs
        },
        num_samples,
        level,
        seed,
        baseline=runs[0].name,
        lower_is_better=LOWER_IS_BETTER,
    )
    figures = {
        run.name: _figures(images, ground_truth, run, iou_types, drawn)
        for run in runs
    }
    if len(images) == 1:
        notes.append('One image: no intervals.')
    if all(row.get('iscrowd', 0) for row in ground_truth):
        notes.append('The ground truth has no instances to be found.')
    return LabelEvaluation(
        runs=list(runs),
        iou_types=iou_types,
        figures=figures,
        comparisons=drawn.comparisons[runs[1].name] if len(runs) > 1 else {},
        images=_image_figures(images, ground_truth, runs, iou_types[-1]),
        num_samples=num_samples,
        level=level,
        notes=notes,
    )


def _iou_types(
    ground_truth: Sequence[dict], runs: Sequence[Run]
) -> tuple[tuple[str, ...], list[str]]:
    """Masks are measured if everybody has them."""
    boxes_only = [run.name for run in runs if not run.has_masks]
    if not all(row.get('segmentation') for row in ground_truth):
        boxes_only.insert(0, 'the ground truth')
    if not boxes_only:
        return ('bbox', 'segm'), []
    names = ' and '.join(boxes_only)
    return ('bbox',), [f'Only boxes are measured: no masks in {names}.']


def _figures(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    run: Run,
    iou_types: Sequence[str],
    drawn: BootstrapResult,
) -> dict[str, Interval]:
    """Figures with an interval, then those without."""
    found = dict(drawn.runs[run.name])
    values = label_quality(images, ground_truth, run.predictions, iou_types)
    for name, value in values.items():
        # -1 says that there is nothing to measure, but for a correlation.
        known = is_correlation(name) or value != -1
        value = value if known else math.nan
        found.setdefault(name, Interval(value, math.nan, math.nan))
    order = [*MAIN, *values, *found]
    return {
        name: found[name] for name in dict.fromkeys(order) if name in found
    }


def _image_figures(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    runs: Sequence[Run],
    iou_type: str,
) -> list[ImageFigures]:
    instances = Counter(
        row['image_id'] for row in ground_truth if not row.get('iscrowd', 0)
    )
    numbers = {
        run.name: Counter(row['image_id'] for row in run.predictions)
        for run in runs
    }
    best = {
        run.name: best_overlaps(
            images, ground_truth, run.predictions, iou_type
        )
        for run in runs
    }
    return [
        ImageFigures(
            image=image,
            num_instances=instances[image['id']],
            num_predictions={
                name: count[image['id']] for name, count in numbers.items()
            },
            best_iou={
                name: values[image['id']]
                for name, values in best.items()
                if image['id'] in values
            },
        )
        for image in images
    ]
