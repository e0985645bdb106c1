"""How sure a measured figure is: images drawn anew, many times.

Percentile intervals of the bootstrap (Efron & Tibshirani, An Introduction to
the Bootstrap, 1993, Sec. 13.3). What is drawn is images, not instances:
instances of one image are not independent. Several runs are measured on the
same draws, so that what is hard for all of them cancels out of their
difference.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .coco_tables import average_precision, coco_tables
from .overlaps import check_ids

__all__ = [
    'BootstrapResult',
    'Comparison',
    'Interval',
    'Tables',
    'average_precision',
    'bootstrap',
    'coco_tables',
]


class Tables(Protocol):
    """Anything that can be measured on a sample of its images."""

    image_ids: list

    def figures(self, counts: np.ndarray) -> dict[str, float]:
        """Figures with each image taken ``counts`` (I,) times, or NaN."""


@dataclass(frozen=True)
class Interval:
    """A figure and where it may lie.

    Args:
        value (float): On the images as they are; NaN where the figure does
            not exist, e.g. AP without ground truth.
        low (float): Lower end; NaN without an interval.
        high (float): Upper end; NaN without an interval.
        undefined (int): Draws in which the figure does not exist. The
            interval is that of the others.
    """

    value: float
    low: float
    high: float
    undefined: int = 0


@dataclass(frozen=True)
class Comparison:
    """A run's figure beside the baseline's, on the same draws.

    Args:
        difference (Interval): Run minus baseline.
        ratio (Interval): Run over baseline; infinite where only the baseline
            is 0, NaN where both are.
        better (float): Share of the draws in which the run is better, in
            [0, 1]; NaN if the figure exists in none.
        equal (float): Share of the draws in which both are the same.
    """

    difference: Interval
    ratio: Interval
    better: float
    equal: float


@dataclass(frozen=True)
class BootstrapResult:
    """Figures of all runs with intervals.

    Args:
        runs (dict): Name of a run to name of a figure to :class:`Interval`.
        comparisons (dict): The same of :class:`Comparison`, of all runs but
            the baseline; empty without one.
        num_images (int): Images of a draw.
        num_samples (int): Draws.
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
    runs: Mapping[str, Tables | Mapping[str, Tables]],
    num_samples: int = 1000,
    level: float = 0.95,
    seed: int | np.random.Generator = 0,
    baseline: str | None = None,
    lower_is_better: Collection[str] = (),
) -> BootstrapResult:
    """Measure runs on the same draws of images.

    Answers for what has none:

    - One image: each draw is that image, so there is no interval (NaN).
    - No ground truth: every figure is NaN and each draw ``undefined``. A draw
      may lack it though the set has some; it is left out and counted.
    - The baseline is 0: the ratio is infinite, or NaN if the run is 0 too.
      Draws with an infinite ratio count in its interval, whose upper end may
      be infinite; draws with 0 over 0 are ``undefined``.

    Args:
        runs (Mapping): Name to :class:`~.coco_tables.CocoTables` or anything
            with ``image_ids`` and ``figures(counts)``; or to a mapping of
            prefixes to those, whose figures are then called
            ``prefix_figure``, e.g. ``bbox_AP``.
        num_samples (int): Draws, of as many images as there are. Defaults to
            1000.
        level (float): Share of the draws inside the intervals, in (0, 1).
            Defaults to 0.95.
        seed (int | Generator): Of the draws. Defaults to 0.
        baseline (str, optional): Run to compare the others with. Defaults to
            None: no comparison.
        lower_is_better (Collection[str]): Figures of which less is more, for
            ``better``. Defaults to ().

    Returns:
        BootstrapResult: The figures.

    Raises:
        ValueError: If there is no run, the runs are not of the same images,
            an image is listed twice, the baseline is none of them, or the
            draws are too few for the level.
    """
    parts = {name: _parts(tables) for name, tables in runs.items()}
    number = _check(parts, num_samples, level, baseline)
    columns = _draw(parts, number, num_samples, np.random.default_rng(seed))
    intervals = {
        name: {
            figure: percentile_interval(values[0], values[1:], level)
            for figure, values in figures.items()
        }
        for name, figures in columns.items()
    }
    comparisons = {}
    for name in columns if baseline is not None else ():
        if name != baseline:
            comparisons[name] = {
                figure: compare(
                    values,
                    columns[baseline][figure],
                    level,
                    figure in lower_is_better,
                )
                for figure, values in columns[name].items()
                if figure in columns[baseline]
            }
    return BootstrapResult(
        intervals, comparisons, number, num_samples, level, baseline
    )


def percentile_interval(
    value: float, draws: np.ndarray, level: float
) -> Interval:
    """The interval that holds the middle share of the draws.

    Of B draws in order, its ends are the k-th and the (B + 1 - k)-th, with
    k the whole part of (B + 1) (1 - level) / 2 (Efron & Tibshirani, 1993,
    Sec. 12.5 and 13.3): values that were seen, so that they may be infinite.

    Args:
        value (float): The figure itself.
        draws (np.ndarray): (B,) the figure on the draws, NaN where it does
            not exist.
        level (float): The share, in (0, 1).

    Returns:
        Interval: The interval; its ends are NaN if too few draws have the
        figure.
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
    lower_is_better: bool = False,
) -> Comparison:
    """Compare a figure of two runs draw by draw.

    Args:
        values (np.ndarray): (1 + B,) of the run: the figure itself, then on
            the draws, not negative.
        baseline (np.ndarray): (1 + B,) of the baseline.
        level (float): Of the intervals.
        lower_is_better (bool): Whether less is more. Defaults to False.

    Returns:
        Comparison: The comparison.
    """
    with np.errstate(divide='ignore', invalid='ignore'):
        ratio = values / baseline
    difference = values - baseline
    known = difference[1:][~np.isnan(difference[1:])]
    gain = -known if lower_is_better else known
    return Comparison(
        percentile_interval(difference[0], difference[1:], level),
        percentile_interval(ratio[0], ratio[1:], level),
        float(np.mean(gain > 0)) if len(gain) else math.nan,
        float(np.mean(gain == 0)) if len(gain) else math.nan,
    )


def _draw(
    parts: Mapping[str, Mapping[str, Tables]],
    number: int,
    num_samples: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, np.ndarray]]:
    """Each figure of each run on the images themselves, then on the draws.

    One image is not drawn from: all draws would be that image.
    """
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in parts}
    for draw in range(1 + num_samples if number > 1 else 1):
        drawn = rng.integers(0, number, number) if draw else np.arange(number)
        counts = np.bincount(drawn, minlength=number)
        for name, run in parts.items():
            rows[name].append(_figures(run, counts))
    return {
        name: {
            figure: np.array([row[figure] for row in table])
            for figure in table[0]
        }
        for name, table in rows.items()
    }


def _parts(tables: Any) -> dict[str, Tables]:
    return dict(tables) if isinstance(tables, Mapping) else {'': tables}


def _figures(
    parts: Mapping[str, Tables], counts: np.ndarray
) -> dict[str, float]:
    return {
        f'{prefix}_{name}' if prefix else name: value
        for prefix, tables in parts.items()
        for name, value in tables.figures(counts).items()
    }


def _place(number: int, level: float) -> int:
    """Place from either end, counted from 1; 0 if there are too few."""
    # (1 - 0.95) / 2 is not quite 0.025.
    return math.floor((number + 1) * (1 - level) / 2 + 1e-9)


def _check(
    parts: Mapping[str, Mapping[str, Tables]],
    num_samples: int,
    level: float,
    baseline: str | None,
) -> int:
    """Check the arguments of :func:`bootstrap`, and count the images."""
    if not parts or not all(parts.values()):
        raise ValueError(
            'Expected argument `runs` to hold the tables of a run, but got '
            f'{ {name: list(run) for name, run in parts.items()} }.'
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
    if baseline is not None and baseline not in parts:
        raise ValueError(
            f'Expected argument `baseline` to be one of {list(parts)}, but '
            f'got {baseline!r}.'
        )
    ids = {
        f'{name} {prefix}'.strip(): list(tables.image_ids)
        for name, run in parts.items()
        for prefix, tables in run.items()
    }
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
