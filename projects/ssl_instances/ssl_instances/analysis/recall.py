"""Recall of instances by how many of their class the image has (Table 1)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mmcuts3d.evaluation.functional import (
    BestIoU,
    SameClassRecall,
    bootstrap,
    image_statistics,
)
from mmcuts3d.evaluation.functional.bootstrap import Interval

from .images import StudyImages
from .job import SourceMasks

BUCKETS = ('1', '2', '3', '4', '5', '6+')
#: Fewer images have no interval: of one, every sample is that image.
MIN_IMAGES = 5
_ALL = 'AR_same1+'


@dataclass(frozen=True)
class RecallRow:
    """One source, measured.

    Args:
        title (str): Its name, marked where it stands in for another.
        recall (dict[str, Interval]): By bucket, in percent.
        overall (Interval): Of all instances, in percent.
        best_iou (Interval): Mean of the best IoU of each instance, in
            percent.
        masks (float): Masks of an image, on average.
        num_failed (int): Images that have none, for an error.
        num_flat (int): Images whose features have no structure.
    """

    title: str
    recall: dict[str, Interval]
    overall: Interval
    best_iou: Interval
    masks: float
    num_failed: int
    num_flat: int


@dataclass(frozen=True)
class RecallTable:
    """All sources on one set of images.

    Args:
        rows (list[RecallRow]): In the order of the sources.
        not_run (dict[str, str]): Why others were not, by title.
        instances (dict[str, int]): True instances of each bucket.
        bucket_images (dict[str, int]): Images that have them. Of fewer than
            ``MIN_IMAGES`` values have no interval.
        num_images (int): Images.
        level (float): Of the intervals.
    """

    rows: list[RecallRow]
    not_run: dict[str, str]
    instances: dict[str, int]
    bucket_images: dict[str, int]
    num_images: int
    level: float


def recall_table(
    images: StudyImages,
    runs: Sequence[SourceMasks],
    not_run: Mapping[str, str] | None = None,
    num_samples: int = 1000,
    level: float = 0.95,
) -> RecallTable:
    """Measure all sources on the same bootstrap samples of the images.

    An image that failed has no masks, and its instances count as missed.

    Args:
        images (StudyImages): With true instances.
        runs (Sequence[SourceMasks]): At least one.
        not_run (Mapping, optional): Why other sources were not run.
            Defaults to None.
        num_samples (int): Samples of the bootstrap. Defaults to 1000.
        level (float): Of the intervals. Defaults to 0.95.

    Raises:
        ValueError: If no instances are known, or there is no run.
    """
    if not images.has_truth:
        raise ValueError(
            'Expected argument `images` to have true instances, but got none.'
        )
    statistics = {
        run.source.title: image_statistics(
            [
                SameClassRecall(prefix=False),
                SameClassRecall(last_bucket=1, prefix=False),
                BestIoU('segm'),
            ],
            images.rows,
            images.truth,
            run.predictions,
        )
        for run in runs
    }
    found = bootstrap(statistics, num_samples, level).runs
    instances, bucket_images = count_instances(images)
    rows = []
    for run in runs:
        measured = found[run.source.title]
        (iou,) = (v for n, v in measured.items() if n.endswith('best_IoU'))
        rows.append(
            RecallRow(
                run.source.title,
                {
                    name: _with_images(measured[f'AR_same{name}'], number)
                    for name, number in bucket_images.items()
                },
                measured[_ALL],
                iou,
                len(run.predictions) / len(images),
                len(run.failed),
                run.num_flat,
            )
        )
    return RecallTable(
        rows,
        dict(not_run or {}),
        instances,
        bucket_images,
        len(images),
        level,
    )


def count_instances(
    images: StudyImages,
) -> tuple[dict[str, int], dict[str, int]]:
    """True instances by the number of their class in the image.

    Crowds and instances without a mask are not counted, as they are not
    measured.

    Args:
        images (StudyImages): With true instances.

    Returns:
        tuple[dict[str, int], dict[str, int]]: Instances of each bucket, and
        images that have any of it.
    """
    of_class = Counter(
        (row['image_id'], _category(row))
        for row in images.truth
        if not row.get('iscrowd') and not row.get('box_only')
    )
    instances = dict.fromkeys(BUCKETS, 0)
    having: dict[str, set] = {name: set() for name in BUCKETS}
    for (image_id, _), number in of_class.items():
        name = BUCKETS[min(number, len(BUCKETS)) - 1]
        instances[name] += number
        having[name].add(image_id)
    return instances, {name: len(ids) for name, ids in having.items()}


def _with_images(one: Interval, number: int) -> Interval:
    if number >= MIN_IMAGES:
        return one
    return replace(one, low=math.nan, high=math.nan)


def _category(row: dict) -> object:
    return row.get('original_category_id', row.get('category_id'))
