"""Counts and histograms of labels, added up shard by shard."""

import math
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from .confidence import CONFIDENCE_SCALE, decode_levels
from .records import ImageRecord

#: Equal bins over [0, 1].
SCORE_BINS = 20
#: Upper ends of the bins of a mask's share of its image.
AREA_EDGES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
#: Masks of an image that a histogram tells apart; more are one bin.
MOST_MASKS = 10
#: Reasons that are told apart; the rest are counted together.
MAX_REASONS = 200
OTHER_REASONS = 'other reasons'


@dataclass(frozen=True)
class Histogram:
    """Counts of bins with what they stand for.

    Attributes:
        title (str): What is counted, with its unit.
        unit (str): Of which each bin has a part: 'images', 'masks' or
            'patches'.
        bins (list[str]): Names of the bins.
        counts (list[int]): As many.
    """

    title: str
    unit: str
    bins: list[str]
    counts: list[int]

    @property
    def shares(self) -> list[float]:
        """Parts of the whole, in [0, 1]; zeros where there is nothing."""
        total = sum(self.counts) or 1
        return [count / total for count in self.counts]


def _zeros(number: int) -> list[int]:
    return [0] * number


@dataclass
class LabelStatistics:
    """Sums over images; two of them can be added.

    Attributes:
        num_images (int): Images that have labels.
        num_masks (int): Their masks.
        score_sum (float): Sum of the scores.
        share_sum (float): Sum of the masks' shares of their images.
        masks_per_image (Counter): Number of masks to number of images.
        scores (list[int]): Masks in 20 equal bins of the score.
        areas (list[int]): Masks by share of the image, see ``AREA_EDGES``.
        levels (Counter): Patches inside masks by confidence level, 1 to 240;
            masks without a map are not in it.
        num_maps (int): Masks with a confidence map.
        reasons (Counter): Failed images by reason; names and numbers in the
            messages are left out.
    """

    num_images: int = 0
    num_masks: int = 0
    score_sum: float = 0.0
    share_sum: float = 0.0
    masks_per_image: Counter[int] = field(default_factory=Counter)
    scores: list[int] = field(default_factory=lambda: _zeros(SCORE_BINS))
    areas: list[int] = field(default_factory=lambda: _zeros(len(AREA_EDGES)))
    levels: Counter[int] = field(default_factory=Counter)
    num_maps: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def num_errors(self) -> int:
        """Images that failed."""
        return self.reasons.total()

    @property
    def mean_score(self) -> float:
        """Of the masks; NaN without masks."""
        return self.score_sum / self.num_masks if self.num_masks else math.nan

    @property
    def mean_area_share(self) -> float:
        """Mask area over image area, mean over masks; NaN without masks."""
        return self.share_sum / self.num_masks if self.num_masks else math.nan

    @property
    def mean_confidence(self) -> float:
        """Of patches inside masks that have a map; NaN without maps."""
        total = self.levels.total()
        levels = sum(level * n for level, n in self.levels.items())
        return levels / total / CONFIDENCE_SCALE if total else math.nan

    def to_numbers(self) -> dict[str, Any]:
        """The numbers that a run logs.

        Returns:
            dict: ``num_images``, ``num_masks``, ``num_empty_images``,
            ``masks_per_image`` (number of masks to number of images,
            sorted), ``mean_score`` and ``mean_area_share`` (mask area over
            image area, mean over masks); both are NaN without masks.
        """
        return {
            'num_images': self.num_images,
            'num_masks': self.num_masks,
            'num_empty_images': self.masks_per_image[0],
            'masks_per_image': dict(sorted(self.masks_per_image.items())),
            'mean_score': self.mean_score,
            'mean_area_share': self.mean_area_share,
        }

    def histograms(self) -> list[Histogram]:
        """What a table or a picture shows.

        Returns:
            list[Histogram]: Masks per image, their areas, scores, and the
            confidences of their patches.
        """
        numbers = [self.masks_per_image[n] for n in range(MOST_MASKS)]
        more = self.masks_per_image.total() - sum(numbers)
        ends = [f'{100 * edge:g}' for edge in (0.0, *AREA_EDGES)]
        levels = np.zeros(CONFIDENCE_SCALE + 1, int)
        for level, number in self.levels.items():
            levels[level] = number
        tenths = [f'{n / 10:g} to {(n + 1) / 10:g}' for n in range(10)]
        return [
            Histogram(
                'masks in an image',
                'images',
                [*map(str, range(MOST_MASKS)), f'{MOST_MASKS}+'],
                [*numbers, more],
            ),
            Histogram(
                'area of a mask, % of its image',
                'masks',
                [f'{a} to {b}' for a, b in pairwise(ends)],
                list(self.areas),
            ),
            Histogram(
                'score of a mask',
                'masks',
                tenths,
                np.reshape(self.scores, (10, -1)).sum(1).tolist(),
            ),
            Histogram(
                'confidence of a patch inside a mask',
                'patches',
                tenths,
                levels[1:].reshape(10, -1).sum(1).tolist(),
            ),
        ]

    def add_record(self, record: ImageRecord) -> None:
        """Count an image.

        Args:
            record (ImageRecord): Its labels.
        """
        rows = record.annotations
        size = record.height * record.width
        self.add_image(
            np.array([row.get('score', 1.0) for row in rows], np.float64),
            np.array([row['area'] for row in rows], np.float64) / size,
        )
        for row in rows:
            if row.get('confidence') is not None:
                self.add_map(decode_levels(row['confidence']))

    def add_image(
        self,
        scores: npt.NDArray[np.float64],
        shares: npt.NDArray[np.float64],
    ) -> None:
        """Count an image by the numbers of its masks.

        Args:
            scores (ndarray): (M,), in [0, 1].
            shares (ndarray): (M,), mask area over image area.
        """
        self.num_images += 1
        self.num_masks += len(scores)
        self.masks_per_image[len(scores)] += 1
        self.score_sum += float(scores.sum())
        self.share_sum += float(shares.sum())
        bins = np.minimum((scores * SCORE_BINS).astype(int), SCORE_BINS - 1)
        for place in bins:
            self.scores[place] += 1
        places = np.searchsorted(AREA_EDGES, shares)
        for place in np.minimum(places, len(AREA_EDGES) - 1):
            self.areas[place] += 1

    def add_map(self, levels: npt.NDArray[np.uint8]) -> None:
        """Count a confidence map.

        Args:
            levels (ndarray): Levels of any shape, uint8; 0 is outside.
        """
        self.num_maps += 1
        self.add_levels(levels)

    def add_levels(self, levels: npt.NDArray[np.uint8]) -> None:
        """Count the patches of maps.

        Args:
            levels (ndarray): Levels of any shape, uint8; 0 is outside.
        """
        counts = np.bincount(levels.reshape(-1), minlength=256)
        for level in np.flatnonzero(counts[1:]) + 1:
            self.levels[int(level)] += int(counts[level])

    def add_error(self, name: str, message: str) -> None:
        """Count an image that failed.

        Args:
            name (str): Its file name.
            message (str): What went wrong.
        """
        self._add_reasons(Counter([_reason(name, message)]))

    def __iadd__(self, other: 'LabelStatistics') -> 'LabelStatistics':
        for name in ('num_images', 'num_masks', 'num_maps'):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.score_sum += other.score_sum
        self.share_sum += other.share_sum
        self.masks_per_image.update(other.masks_per_image)
        self.levels.update(other.levels)
        for name in ('scores', 'areas'):
            pairs = zip(getattr(self, name), getattr(other, name), strict=True)
            setattr(self, name, [a + b for a, b in pairs])
        self._add_reasons(other.reasons)
        return self

    def _add_reasons(self, reasons: Counter[str]) -> None:
        for reason, number in reasons.items():
            if reason not in self.reasons and (
                len(self.reasons) >= MAX_REASONS
            ):
                reason = OTHER_REASONS
            self.reasons[reason] += number

    def to_sums(self) -> dict[str, Any]:
        """The sums as a dict that JSON can hold; see :meth:`from_sums`."""
        sums = asdict(self)
        for name in ('masks_per_image', 'levels', 'reasons'):
            sums[name] = sorted(getattr(self, name).items())
        return sums

    @classmethod
    def from_sums(cls, sums: dict[str, Any]) -> 'LabelStatistics':
        """Undo :meth:`to_sums`.

        Args:
            sums (dict): What it gave.

        Returns:
            LabelStatistics: The same sums.
        """
        counters = {
            name: Counter(dict(sums[name]))
            for name in ('masks_per_image', 'levels', 'reasons')
        }
        return cls(**{**sums, **counters})


def _reason(name: str, message: str) -> str:
    """A message without what differs between images of one fault."""
    text = message.replace(name, 'IMAGE')
    text = re.sub(r'[^\s\'"(]*IMAGE', 'IMAGE', text)
    text = re.sub(r'0x[0-9a-fA-F]+|\d+', 'N', text)
    return ' '.join(text.split())[:300]
