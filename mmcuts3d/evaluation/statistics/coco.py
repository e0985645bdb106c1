"""AP and AR from matches of each image, measured often on one matching."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from pycocotools.cocoeval import Params

from .measure import Measure

Area = Literal['all', 'small', 'medium', 'large']
AREAS: tuple[Area, ...] = ('all', 'small', 'medium', 'large')


@dataclass(frozen=True)
class CocoMeasure(Measure):
    """The declaration of an AP or AR.

    Args:
        curve (str): 'precision', averaged over recalls, or 'recall', the
            greatest. Defaults to 'precision'.
        iou_thr (float, optional): The one IoU threshold; None: the mean over
            0.50:0.05:0.95. Defaults to None.
        area (str): Of the instances, see COCO. Defaults to 'all'.
        max_det (int): Predictions per image. Defaults to 100.
    """

    curve: Literal['precision', 'recall'] = 'precision'
    iou_thr: float | None = None
    area: Area = 'all'
    max_det: int = 100


@dataclass(frozen=True)
class CocoMatches:
    """Predictions of one image, matched with its ground truth.

    Args:
        num_truths (np.ndarray): (A,) int, instances of each of ``AREAS``
            without crowds.
        scores (np.ndarray): (D,) float, falling; no more than the greatest
            ``max_det``.
        matched (np.ndarray): (A, T, D) bool, whether an instance was found
            at each of the IoU thresholds 0.50:0.05:0.95.
        ignored (np.ndarray): (A, T, D) bool, whether the prediction counts
            neither as found nor as false, since it fell to a crowd or is of
            another area.
    """

    num_truths: np.ndarray
    scores: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray


@dataclass(frozen=True)
class CocoStatistics:
    """Matches of I images in one order.

    Args:
        measures (tuple[CocoMeasure, ...]): The declarations.
        num_truths (np.ndarray): (A, I) int, see :class:`CocoMatches`.
        images (np.ndarray): (N,) int, place of the image of each prediction;
            by falling score, equal scores by image and then as they came.
        ranks (np.ndarray): (N,) int, place of each prediction in its image.
        scores (np.ndarray): (N,) float, falling.
        matched (np.ndarray): (A, T, N) bool, see :class:`CocoMatches`.
        ignored (np.ndarray): (A, T, N) bool.
    """

    measures: tuple[CocoMeasure, ...]
    num_truths: np.ndarray
    images: np.ndarray
    ranks: np.ndarray
    scores: np.ndarray
    matched: np.ndarray
    ignored: np.ndarray
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
        telling = (self.matched | self.ignored).any(axis=1)
        object.__setattr__(self, '_telling', telling)

    @classmethod
    def gather(
        cls, measures: Sequence[CocoMeasure], updates: Sequence[CocoMatches]
    ) -> 'CocoStatistics':
        """Bring all images' predictions into one order, by falling score.

        Args:
            measures (Sequence[CocoMeasure]): The declarations.
            updates (Sequence[CocoMatches]): Of each image.

        Returns:
            CocoStatistics: Those of all images.
        """
        numbers = [len(update.scores) for update in updates]
        scores = np.concatenate([[], *(u.scores for u in updates)])
        order = np.argsort(-scores, kind='stable')
        shape = (len(AREAS), len(Params('segm').iouThrs), 0)
        flags = (
            np.concatenate(
                [np.zeros(shape, bool), *(getattr(u, name) for u in updates)],
                axis=2,
            )[:, :, order]
            for name in ('matched', 'ignored')
        )
        truths = np.array([u.num_truths for u in updates], int)
        ranks = [np.zeros(0, int), *(np.arange(number) for number in numbers)]
        return cls(
            tuple(measures),
            truths.reshape(-1, len(AREAS)).T,
            np.repeat(np.arange(len(updates)), numbers)[order],
            np.concatenate(ranks)[order],
            scores[order],
            *flags,
        )

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Measure with each image taken so many times.

        Args:
            counts (np.ndarray): (I,) int, how often each image is in the
                sample.
            names (Collection[str]): Measures to compute.

        Returns:
            dict[str, float]: Those of ``names`` that are among
            ``measures``, in percent; NaN without ground truth.
        """
        thresholds = Params('segm').iouThrs
        sample = self._sample(counts)
        curves: dict[tuple[str, int], dict[str, np.ndarray]] = {}
        values = {}
        for measure in self.measures:
            if measure.name not in names:
                continue
            key = (measure.area, measure.max_det)
            if key not in curves:
                curves[key] = self._curves(sample, counts, *key)
            curve = curves[key][measure.curve]
            if measure.iou_thr is not None:
                curve = curve[np.isclose(thresholds, measure.iou_thr)]
            values[measure.name] = 100 * float(curve.mean())
        return values

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
        self, index: np.ndarray, counts: np.ndarray, area: Area, max_det: int
    ) -> dict[str, np.ndarray]:
        """Mean precision over recalls and greatest recall, (T,) each.

        The arithmetic of ``COCOeval.accumulate``, for one class. Between two
        hits precision only falls, so that other predictions need no place on
        the curve.
        """
        place = AREAS.index(area)
        matched, ignored = self.matched[place], self.ignored[place]
        total = int(self.num_truths[place] @ counts)
        number = len(matched)
        if not total:
            nothing = np.full(number, np.nan)
            return {'precision': nothing, 'recall': nothing}
        index = index[self.ranks[index] < max_det]
        places = np.flatnonzero(self._telling[place][index])
        kept = index[places]
        if not len(kept):
            nothing = np.zeros(number)
            return {'precision': nothing, 'recall': nothing}
        matched, ignored = matched[:, kept], ignored[:, kept]
        found = np.cumsum(matched & ~ignored, axis=1, dtype=float)
        false = places + 1 - found - np.cumsum(ignored, axis=1)
        recall = found / total
        precision = found / (false + found + np.spacing(1))
        # The greatest precision at this recall or a higher one, and none
        # beyond the last.
        envelope = np.zeros((number, len(kept) + 1))
        envelope[:, :-1] = np.maximum.accumulate(precision[:, ::-1], 1)[
            :, ::-1
        ]
        recalls = Params('segm').recThrs
        means = [
            row[np.searchsorted(reached, recalls)].mean()
            for row, reached in zip(envelope, recall, strict=True)
        ]
        return {'precision': np.array(means), 'recall': recall[:, -1]}
