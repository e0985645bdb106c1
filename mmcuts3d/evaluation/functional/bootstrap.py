"""How sure a measured value is: the bootstrap over images.

Percentile intervals of the bootstrap (Efron & Tibshirani, An Introduction to
the Bootstrap, 1993, Sec. 13.3). Images are resampled, not instances:
instances of one image are not independent. Several runs are measured on the
same samples, so that what is hard for all of them cancels out of their
difference.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..statistics import Measure
from .overlaps import check_ids

#: Differences below are of rounding.
_ROUNDING = 1e-9


class Statistics(Protocol):
    """Anything that can be measured on a sample of its images.

    See :class:`~.groups.ImageStatistics`.
    """

    @property
    def image_ids(self) -> list:
        """I ids."""

    @property
    def measures(self) -> Sequence[Measure]:
        """The declarations of what is measured."""

    def compute(
        self, counts: np.ndarray, names: Collection[str]
    ) -> dict[str, float]:
        """Values with each image taken ``counts`` (I,) times, or NaN."""


@dataclass(frozen=True)
class Interval:
    """A value and its interval.

    Args:
        value (float): On the images as they are; NaN where it does not
            exist, e.g. AP without ground truth.
        low (float): Lower end; NaN without an interval.
        high (float): Upper end; NaN without an interval.
        undefined (int): Samples in which the value does not exist. The
            interval is that of the others.
    """

    value: float
    low: float
    high: float
    undefined: int = 0


@dataclass(frozen=True)
class Comparison:
    """A run's value beside the baseline's, on the same samples.

    Args:
        difference (Interval): Run minus baseline.
        ratio (Interval): Run over baseline; infinite where only the baseline
            is 0, NaN where both are.
        better (float): Share of the samples in which the run is better, in
            [0, 1]; NaN if the value exists in none, or the measure has no
            direction.
        equal (float): Share of the samples in which both are the same.
    """

    difference: Interval
    ratio: Interval
    better: float
    equal: float


@dataclass(frozen=True)
class BootstrapResult:
    """Values of all runs with intervals.

    Args:
        runs (dict): Name of a run to name of a measure to :class:`Interval`,
            without ends for measures that get none.
        comparisons (dict): The same of :class:`Comparison`, of all runs but
            the baseline, for measures with an interval that both have; empty
            without a baseline.
        num_images (int): Images of a sample.
        num_samples (int): Bootstrap samples.
        level (float): Of the intervals.
        baseline (str, optional): Name of the run to compare with.
    """

    runs: dict[str, dict[str, Interval]]
    comparisons: dict[str, dict[str, Comparison]]
    num_images: int
    num_samples: int
    level: float
    baseline: str | None = None


def bootstrap(
    runs: Mapping[str, Statistics],
    num_samples: int = 1000,
    level: float = 0.95,
    seed: int | np.random.Generator = 0,
    baseline: str | None = None,
) -> BootstrapResult:
    """Measure runs on the same bootstrap samples of the images.

    Answers for what has none:

    - One image: each sample is that image, so there is no interval (NaN).
    - No ground truth: every value is NaN and each sample ``undefined``. A
      sample may lack it though the set has some; it is left out and counted.
    - The baseline is 0: the ratio is infinite, or NaN if the run is 0 too.
      Samples with an infinite ratio count in its interval, whose upper end
      may be infinite; samples with 0 over 0 are ``undefined``.

    Args:
        runs (Mapping): Name to :class:`~.groups.ImageStatistics` or the like.
        num_samples (int): Samples, of as many images as there are. Defaults
            to 1000.
        level (float): Share of the samples inside the intervals, in (0, 1).
            Defaults to 0.95.
        seed (int | Generator): Of the samples. Defaults to 0.
        baseline (str, optional): Run to compare the others with. Defaults to
            None: no comparison.

    Returns:
        BootstrapResult: The values, in the order of the measures.

    Raises:
        ValueError: If there is no run, the runs are not of the same images,
            an image is listed twice, the baseline is none of them, or the
            samples are too few for the level.
    """
    number = _check(runs, num_samples, level, baseline)
    columns = _resample(runs, number, num_samples, np.random.default_rng(seed))
    intervals = {
        name: {
            measure: percentile_interval(values[0], values[1:], level)
            for measure, values in table.items()
        }
        for name, table in columns.items()
    }
    comparisons: dict[str, dict[str, Comparison]] = {}
    for name in columns if baseline is not None else ():
        if name != baseline:
            comparisons[name] = {
                measure.name: compare(
                    columns[name][measure.name],
                    columns[baseline][measure.name],
                    level,
                    measure.higher_is_better,
                )
                for measure in runs[name].measures
                if measure.interval and measure.name in columns[baseline]
            }
    return BootstrapResult(
        intervals, comparisons, number, num_samples, level, baseline
    )


def percentile_interval(
    value: float, draws: np.ndarray, level: float
) -> Interval:
    """The interval that holds the middle share of the samples.

    Of B values in order, its ends are the k-th and the (B + 1 - k)-th, with
    k the whole part of (B + 1) (1 - level) / 2 (Efron & Tibshirani, 1993,
    Sec. 12.5 and 13.3): values that were seen, so that they may be infinite.

    Args:
        value (float): The value itself.
        draws (np.ndarray): (B,) the value on the samples, NaN where it does
            not exist.
        level (float): The share, in (0, 1).

    Returns:
        Interval: The interval; its ends are NaN if the value exists in too
        few samples.
    """
    ordered = np.sort(draws[~np.isnan(draws)])
    undefined = len(draws) - len(ordered)
    place = _place(len(ordered), level)
    if place < 1:
        return Interval(float(value), math.nan, math.nan, undefined)
    low, high = ordered[place - 1], ordered[-place]
    return Interval(float(value), float(low), float(high), undefined)


def compare(
    values: np.ndarray,
    baseline: np.ndarray,
    level: float,
    higher_is_better: bool | None = True,
) -> Comparison:
    """Compare a value of two runs sample by sample.

    Args:
        values (np.ndarray): (1 + B,) of the run: the value itself, then on
            the samples, not negative.
        baseline (np.ndarray): (1 + B,) of the baseline.
        level (float): Of the intervals.
        higher_is_better (bool, optional): The direction; None: neither.
            Defaults to True.

    Returns:
        Comparison: The comparison.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = values / baseline
    difference = values - baseline
    # Sums in another order are not another value.
    difference[np.abs(difference) < _ROUNDING] = 0
    known = difference[1:][~np.isnan(difference[1:])]
    gain = -known if higher_is_better is False else known
    judged = len(gain) and higher_is_better is not None
    return Comparison(
        percentile_interval(difference[0], difference[1:], level),
        percentile_interval(ratio[0], ratio[1:], level),
        float(np.mean(gain > 0)) if judged else math.nan,
        float(np.mean(gain == 0)) if len(gain) else math.nan,
    )


def _resample(
    runs: Mapping[str, Statistics],
    number: int,
    num_samples: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, np.ndarray]]:
    """Each value of each run on the images themselves, then on the samples.

    Measures without an interval have the first alone. One image is not
    resampled: all samples would be that image.
    """
    names = {
        name: ([m.name for m in run.measures if m.interval], run)
        for name, run in runs.items()
    }
    whole = np.ones(number, int)
    values = {
        name: run.compute(whole, [m.name for m in run.measures])
        for name, run in runs.items()
    }
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for _ in range(num_samples if number > 1 else 0):
        drawn = rng.integers(0, number, number)
        counts = np.bincount(drawn, minlength=number)
        for name, (wanted, run) in names.items():
            samples[name].append(run.compute(counts, wanted))
    return {
        name: {
            measure: np.array(
                [value, *(s[measure] for s in samples[name] if measure in s)]
            )
            for measure, value in table.items()
        }
        for name, table in values.items()
    }


def _place(number: int, level: float) -> int:
    """Place from either end, counted from 1; 0 if there are too few."""
    # (1 - 0.95) / 2 is not quite 0.025.
    return math.floor((number + 1) * (1 - level) / 2 + 1e-9)


def _check(
    runs: Mapping[str, Statistics],
    num_samples: int,
    level: float,
    baseline: str | None,
) -> int:
    """Check the arguments of :func:`bootstrap`, and count the images."""
    if not runs:
        raise ValueError(
            'Expected argument `runs` to hold the statistics of a run, but '
            'got none.'
        )
    if not 0 < level < 1:
        raise ValueError(
            f'Expected argument `level` to be in (0, 1), but got {level}.'
        )
    if _place(num_samples, level) < 1:
        least = math.ceil(2 / (1 - level) - 1e-6) - 1
        raise ValueError(
            f'Expected argument `num_samples` to be at least {least} for '
            f'intervals of level {level}, but got {num_samples}.'
        )
    if baseline is not None and baseline not in runs:
        raise ValueError(
            f'Expected argument `baseline` to be one of {list(runs)}, but '
            f'got {baseline!r}.'
        )
    ids = {name: list(run.image_ids) for name, run in runs.items()}
    first = next(iter(ids))
    check_ids(ids[first])
    for name, others in ids.items():
        if others != ids[first]:
            raise ValueError(
                'Expected all runs to be of the same images, but got '
                f'{len(ids[first])} of {first} and {len(others)} of {name}'
                f'{_example(ids[first], others)}.'
            )
    return len(ids[first])


def _example(left: list, right: list) -> str:
    """An image that only one of two lists has, for the message."""
    lone = [*set(left) ^ set(right)]
    return f'; only one has image {lone[0]}' if lone else ''
