"""What AP and AR need of each image, matched once and measured often."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval, Params

from .coco_backends import index_rows, with_area
from .overlaps import check_ids, known_truth

_EVERY_AREA = [0.0, 1e10]


@dataclass(frozen=True)
class CocoTables:
    """Predictions of a set of images, matched with its ground truth.

    Args:
        image_ids (list): (I,) ids, rising. Images are numbered by their place
            here.
        num_truths (np.ndarray): (I,) int, ground truths without crowds.
        images (np.ndarray): (N,) int, number of the image of each
            prediction; by falling score, equal scores by image and then as
            they came.
        scores (np.ndarray): (N,) float, falling.
        matched (np.ndarray): (T, N) bool, whether a ground truth was found
            at each of the IoU thresholds 0.50:0.05:0.95.
        ignored (np.ndarray): (T, N) bool, whether the prediction counts
            neither as found nor as false, since it fell to a crowd.
        max_det (int): Predictions of an image that were looked at.
    """

    image_ids: list
    num_truths: np.ndarray
    images: np.ndarray
    scores: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
    max_det: int = 100
    # Equal scores of one image; copies of the image repeat them as a whole.
    _starts: np.ndarray = field(init=False, repr=False)
    _lengths: np.ndarray = field(init=False, repr=False)
    # All but those that are false at every threshold, which are only counted.
    _telling: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        number = len(self.scores)
        new = np.ones(number, bool)
        new[1:] = (self.scores[1:] != self.scores[:-1]) | (
            self.images[1:] != self.images[:-1]
        )
        starts = np.flatnonzero(new)
        object.__setattr__(self, '_starts', starts)
        object.__setattr__(self, '_lengths', np.diff(starts, append=number))
        telling = (self.matched | self.ignored).any(axis=0)
        object.__setattr__(self, '_telling', telling)

    def figures(self, counts: np.ndarray) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int, how often each image is in the
                sample.

        Returns:
            dict[str, float]: ``AP``, ``AP50``, ``AP75``, ``AR`` with
            ``max_det``, in percent; NaN without ground truth.
        """
        thresholds = Params('segm').iouThrs
        total = int(self.num_truths @ counts)
        if not total:
            precision = recall = np.full(len(thresholds), np.nan)
        else:
            precision, recall = self._curves(self._sample(counts), total)
        return {
            'AP': 100 * float(precision.mean()),
            'AP50': 100 * float(precision[np.isclose(thresholds, 0.5)][0]),
            'AP75': 100 * float(precision[np.isclose(thresholds, 0.75)][0]),
            f'AR{self.max_det}': 100 * float(recall.mean()),
        }

    def _sample(self, counts: np.ndarray) -> np.ndarray:
        """Indices of the predictions of a sample, by falling score.

        As if each copy were an image of its own beside the first: equal
        scores go copy by copy, no sorting needed.
        """
        copies = counts[self.images[self._starts]]
        lengths = np.repeat(self._lengths, copies)
        begins = np.cumsum(lengths) - lengths
        shift = np.repeat(self._starts, copies) - begins
        return np.repeat(shift, lengths) + np.arange(lengths.sum())

    def _curves(
        self, index: np.ndarray, total: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean precision over recalls and greatest recall, (T,) each.

        The arithmetic of ``COCOeval.accumulate``, for one class. Between two
        hits precision only falls, so that other predictions need no place on
        the curve.
        """
        places = np.flatnonzero(self._telling[index])
        kept = index[places]
        matched, ignored = self.matched[:, kept], self.ignored[:, kept]
        if not len(kept):
            return np.zeros(len(matched)), np.zeros(len(matched))
        found = np.cumsum(matched & ~ignored, axis=1, dtype=float)
        false = places + 1 - found - np.cumsum(ignored, axis=1)
        recall = found / total
        precision = found / (false + found + np.spacing(1))
        # The greatest precision at this recall or a higher one, and none
        # beyond the last.
        envelope = np.zeros((len(matched), len(kept) + 1))
        envelope[:, :-1] = np.maximum.accumulate(precision[:, ::-1], 1)[
            :, ::-1
        ]
        recalls = Params('segm').recThrs
        means = [
            row[np.searchsorted(reached, recalls)].mean()
            for row, reached in zip(envelope, recall, strict=True)
        ]
        return np.array(means), recall[:, -1]


def coco_tables(
    images: Sequence[dict],
    ground_truth: Sequence[dict],
    predictions: Sequence[dict],
    iou_type: str,
    max_det: int = 100,
) -> CocoTables:
    """Match predictions with ground truth, by pycocotools.

    Matching goes image by image, so that it need not be done again when
    images are drawn anew (:func:`average_precision`,
    :func:`~mmcuts3d.evaluation.functional.bootstrap.bootstrap`).

    Args:
        images (Sequence[dict]): See :func:`evaluate_coco`.
        ground_truth (Sequence[dict]): See there.
        predictions (Sequence[dict]): See there.
        iou_type (str): 'bbox' or 'segm'.
        max_det (int): Predictions an image that are looked at. Defaults to
            100.

    Returns:
        CocoTables: The tables; images by rising id.

    Raises:
        ValueError: If there are no images, one is listed twice, or the IoU
            type is another.
    """
    if iou_type not in ('bbox', 'segm'):
        raise ValueError(
            "Expected argument `iou_type` to be 'bbox' or 'segm', but got "
            f'{iou_type!r}.'
        )
    if not images:
        raise ValueError(
            'Expected argument `images` to hold an image, but got none.'
        )
    ids = sorted(image['id'] for image in images)
    check_ids(ids)
    numbers = {image_id: index for index, image_id in enumerate(ids, start=1)}
    found = [with_area(row, iou_type) for row in predictions]
    # pycocotools reports on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(
            index_rows(
                COCO(), images, known_truth(ground_truth, iou_type), numbers
            ),
            index_rows(COCO(), images, found, numbers),
            iou_type,
        )
        evaluation.params.maxDets = [max_det]
        evaluation.params.areaRng = [_EVERY_AREA]
        evaluation.params.areaRngLbl = ['all']
        evaluation.evaluate()
    return _gather(
        ids,
        evaluation.evalImgs,
        len(evaluation.params.iouThrs),
        max_det,
    )


def average_precision(
    tables: CocoTables, indices: Sequence[int] | np.ndarray | None = None
) -> dict[str, float]:
    """AP and AR of a sample of the images.

    Args:
        tables (CocoTables): See :func:`coco_tables`.
        indices (Sequence[int], optional): Numbers of the images, in
            ``tables.image_ids``; an image that comes twice counts as two
            images, side by side. Their order plays no part. Defaults to
            None: each image once, as :func:`evaluate_coco` has it.

    Returns:
        dict[str, float]: ``AP``, ``AP50``, ``AP75``, ``AR100`` (or another
        ``max_det``) in percent; -1 where there is no ground truth to measure
        against, as pycocotools has it.

    Raises:
        ValueError: If an index is none of an image.
    """
    number = len(tables.image_ids)
    if indices is None:
        counts = np.ones(number, int)
    else:
        indices = np.asarray(indices, int)
        if len(indices) and not 0 <= indices.min() <= indices.max() < number:
            raise ValueError(
                f'Expected argument `indices` to be in [0, {number}), but got '
                f'{indices.min()} to {indices.max()}.'
            )
        counts = np.bincount(indices, minlength=number)
    values = tables.figures(counts)
    return {
        name: -1.0 if np.isnan(value) else value
        for name, value in values.items()
    }


def _gather(
    image_ids: list,
    matches: Sequence[dict | None],
    num_thresholds: int,
    max_det: int,
) -> CocoTables:
    """All images' predictions in one order, by falling score."""
    truths = np.zeros(len(image_ids), int)
    images = [np.zeros(0, int)]
    scores = [np.zeros(0)]
    flags = [np.zeros((2, num_thresholds, 0), bool)]
    for number, match in enumerate(matches):
        if match is None:  # neither ground truth nor predictions
            continue
        truths[number] = np.sum(np.asarray(match['gtIgnore']) == 0)
        images.append(np.full(len(match['dtScores']), number))
        scores.append(np.asarray(match['dtScores'], float))
        # An id where there is a match, else 0.
        flags.append(np.array([match['dtMatches'] > 0, match['dtIgnore'] > 0]))
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind='stable')
    matched, ignored = np.concatenate(flags, axis=2)[:, :, order]
    return CocoTables(
        image_ids=image_ids,
        num_truths=truths,
        images=np.concatenate(images)[order],
        scores=all_scores[order],
        matched=matched,
        ignored=ignored,
        max_det=max_det,
    )
