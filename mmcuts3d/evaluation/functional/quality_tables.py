"""Measures that are a sum over a sum, image by image, to be drawn anew."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .bootstrap import Tables
from .coco_tables import coco_tables
from .confidence_quality import score_quality
from .corloc import correct_localization
from .instance_recall import same_class_recall
from .overlaps import ImageRows, check_ids, iou_matrix, rows_by_image
from .segmentation_split import segmentation_split

#: Shares of masks; the other shares of ``segmentation_split`` are of
#: instances.
_OF_MASKS = ('merging_masks', 'hoover_noise')


@dataclass(frozen=True)
class RatioTables:
    """Figures that are a mean over instances, masks or images.

    Args:
        image_ids (list): (I,) ids, rising.
        sums (dict[str, np.ndarray]): Name of a figure to (I,) sums over what
            it counts in each image.
        counts (dict[str, np.ndarray]): The same, to (I,) numbers of what it
            counts.
    """

    image_ids: list
    sums: dict[str, np.ndarray]
    counts: dict[str, np.ndarray]

    def figures(self, counts: np.ndarray) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int.

        Returns:
            dict[str, float]: The means; NaN of nothing.
        """
        values = {}
        for name, sums in self.sums.items():
            number = float(self.counts[name] @ counts)
            values[name] = sums @ counts / number if number else np.nan
        return values


def quality_tables(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_types: Sequence[str] = ('bbox', 'segm'),
    max_det: int = 100,
) -> dict[str, Tables]:
    """The figures of ``label_quality`` that can be drawn anew quickly.

    That is AP, AR, recall by number of same-class instances, mean IoU, CorLoc
    and the shares of segmentation split. In addition ``best_IoU``: the mean
    over instances of the highest IoU with any prediction.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): ``image_id``, ``score``, ``bbox`` and,
            for 'segm', ``segmentation``.
        iou_types (Sequence[str]): Of 'bbox' and 'segm'. Defaults to both.
        max_det (int): Predictions an image for AP and AR. Defaults to 100.

    Returns:
        dict[str, Tables]: Prefixes to tables, as
        :func:`~.bootstrap.bootstrap` takes them, which then names the figures
        as ``label_quality`` does.

    Raises:
        ValueError: If there are no images, or one is listed twice.
    """
    check_ids([image['id'] for image in images])
    data = (images, ground_truth, predictions)
    tables: dict[str, Tables] = {
        kind: coco_tables(*data, kind, max_det) for kind in iou_types
    }
    cells: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ordered = sorted(images, key=lambda image: image['id'])
    for rows in rows_by_image(ordered, ground_truth, predictions):
        for name, value, weight in _image_figures(rows, iou_types):
            # -1 says that there is nothing to count.
            cells[name].append((value * weight if weight else 0.0, weight))
    columns = {name: np.array(column).T for name, column in cells.items()}
    tables[''] = RatioTables(
        [image['id'] for image in ordered],
        {name: column[0] for name, column in columns.items()},
        {name: column[1] for name, column in columns.items()},
    )
    return tables


def best_overlaps(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str = 'segm',
) -> dict[int | str, float]:
    """How well each image is explained, for choosing which to look at.

    Args:
        images (Sequence[dict]): COCO images.
        ground_truth (Sequence[dict]): Annotations.
        predictions (Sequence[dict]): Predictions.
        iou_type (str): 'bbox' or 'segm'. Defaults to 'segm'.

    Returns:
        dict: Image id to the mean over its instances of the highest IoU with
        any prediction, in percent; images without instances are not in it.
        Crowds are no instances.
    """
    return {
        rows.image['id']: _best(rows, iou_type)
        for rows in rows_by_image(images, ground_truth, predictions, iou_type)
        if rows.truth
    }


def _image_figures(
    rows: ImageRows, iou_types: Sequence[str]
) -> Iterator[tuple[str, float, int]]:
    """Name, value and weight of each figure of one image."""
    data = ([rows.image], [*rows.truth, *rows.crowds], rows.found)
    num_masks = len(rows.found)
    for kind in iou_types:
        known = next(rows_by_image(*data, kind))
        num_truths = len(known.truth)
        yield f'{kind}_best_IoU', _best(known, kind), num_truths
        mean = score_quality(*data, kind)['mean_IoU']
        yield f'{kind}_mean_IoU', mean, num_masks
        recalls = same_class_recall(*data, kind)
        sizes = _bucket_sizes(known.truth, recalls)
        for name, value in recalls.items():
            yield f'{kind}_{name}', value, sizes[name]
    if 'bbox' in iou_types:
        found = correct_localization(*data)['CorLoc']
        yield 'CorLoc', found, int(bool(rows.truth))
    if 'segm' in iou_types:
        known = next(rows_by_image(*data, 'segm'))
        num_truths = len(known.truth)
        for name, value in segmentation_split(*data).items():
            if name != 'merged_per_mask':
                weight = num_masks if name in _OF_MASKS else num_truths
                yield name, value, weight


def _best(rows: ImageRows, iou_type: str) -> float:
    overlap = iou_matrix(rows.found, rows.truth, iou_type)
    best = overlap.max(axis=0, initial=0)
    return 100 * float(best.mean()) if len(best) else -1.0


def _bucket_sizes(
    truth: Sequence[dict], buckets: Mapping[str, float]
) -> dict[str, int]:
    """Instances in each bucket of ``same_class_recall``."""
    classes = [
        row.get('original_category_id', row.get('category_id'))
        for row in truth
    ]
    numbers = Counter(classes)
    sizes = dict.fromkeys(buckets, 0)
    names = list(buckets)
    for name in classes:
        sizes[names[min(numbers[name], len(names)) - 1]] += 1
    return sizes
