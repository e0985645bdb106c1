"""What the stress axis reports of each method in each row, and at worst."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cases import Case

from mmcuts3d.evaluation.functional import (
    AveragePrecision,
    RatioGroup,
    image_statistics,
)
from mmcuts3d.evaluation.functional.bootstrap import (
    Comparison,
    Interval,
    bootstrap,
)
from mmcuts3d.evaluation.functional.overlaps import ImageRows
from mmcuts3d.evaluation.statistics import Measure

from .cutting import Found
from .methods import BASELINE, Method

METRICS = ('AP50', 'AP', 'AR10', 'AR100', 'masks', 'ended_early', 'left')
RATIOS = ('AP50', 'AP')
#: A row below this share of MaskCut's is one lost to it.
LEAST_RATIO = 0.97


class LeftOver(RatioGroup):
    """Steps that ended while large objects were left.

    Args:
        num_instances: N, the most masks of an image.
        min_area: Share of the image that a large object has at least; the
            cuts keep nothing smaller. Defaults to 0.01.
    """

    def __init__(self, num_instances: int, min_area: float = 0.01) -> None:
        self.num_instances = num_instances
        self.min_area = min_area
        self.measures = (
            Measure('masks', 'masks/image', 'count', None),
            Measure('ended_early', 'images ended early', 'percent', False),
            Measure('left', 'large objects left', 'percent', False),
        )

    def update(self, rows: ImageRows) -> dict[str, tuple[float, float]]:
        """Masks; whether fewer than N, and an object left; and how many.

        An object is left if it is large, has no mask of IoU 0.5 or more, and
        there are fewer than N masks.
        """
        pixels = rows.image['height'] * rows.image['width']
        best = rows.ious('segm').max(axis=0, initial=0)
        large = [row['area'] >= self.min_area * pixels for row in rows.truth]
        left = 0
        if len(rows.found) < self.num_instances:
            left = int(((best < 0.5) & large).sum())
        return {
            'masks': (len(rows.found), 1),
            'ended_early': (left > 0, 1),
            'left': (left, sum(large)),
        }


@dataclass(frozen=True)
class Cell:
    """One method in one row.

    Attributes:
        values: :class:`Interval` of each of ``METRICS``; its ends are NaN
            where none was asked for.
        ratios: Of each of ``RATIOS`` to MaskCut's in the same row; infinite
            where only MaskCut has 0, NaN where both have or MaskCut was not
            run.
    """

    values: dict[str, Interval]
    ratios: dict[str, Interval]


#: Cells by row and method.
Table = dict[str, dict[str, Cell]]


def measure(
    cases: Sequence[Case],
    found: Found,
    methods: Mapping[str, Method],
    intervals: bool,
) -> Table:
    """Measure predictions by row and method.

    Args:
        cases: The images.
        found: Their predictions.
        methods: Methods by name.
        intervals: Whether to give 95 % intervals of the bootstrap.
    """
    images = [case.entry for case in cases]
    truth = [row for case in cases for row in case.annotations]
    table: Table = {}
    for row, by_method in found.items():
        runs = {
            name: image_statistics(
                [
                    AveragePrecision('segm', (1, 10, 100), prefix=False),
                    LeftOver(methods[name].num_instances),
                ],
                images,
                truth,
                predictions,
            )
            for name, predictions in by_method.items()
        }
        baseline = BASELINE if BASELINE in runs else None
        # 39 is the least that has a 95 % interval; it is not shown then.
        result = bootstrap(runs, 1000 if intervals else 39, baseline=baseline)
        table[row] = {}
        for name, values in result.runs.items():
            kept = {metric: values[metric] for metric in METRICS}
            ratios = ratios_of(name, result.comparisons)
            if not intervals:
                kept = {key: alone(one) for key, one in kept.items()}
                ratios = {key: alone(one) for key, one in ratios.items()}
            table[row][name] = Cell(kept, ratios)
    return table


def ratios_of(
    name: str, comparisons: Mapping[str, Mapping[str, Comparison]]
) -> dict[str, Interval]:
    """Ratios of a method to MaskCut; of MaskCut itself 1."""
    if name == BASELINE:
        return {metric: Interval(1.0, 1.0, 1.0) for metric in RATIOS}
    if name not in comparisons:
        return {metric: alone(math.nan) for metric in RATIOS}
    return {metric: comparisons[name][metric].ratio for metric in RATIOS}


def alone(value: Interval | float) -> Interval:
    """A value without its interval."""
    if isinstance(value, Interval):
        value = value.value
    return Interval(value, math.nan, math.nan)


@dataclass(frozen=True)
class Worst:
    """A method over all rows.

    Attributes:
        mean: Mean over the rows, of AP50 and AP.
        least: The lowest value, of each.
        least_row: Where it is.
        ratio: The lowest ratio to MaskCut, of each, over the rows where it
            is a number; NaN where it is none.
        ratio_row: Where it is; empty where it is nowhere.
        below: Rows whose AP50 is below 0.97 of MaskCut's.
        ended_early: The highest share of images that ended early, percent.
    """

    mean: dict[str, float]
    least: dict[str, float]
    least_row: dict[str, str]
    ratio: dict[str, float]
    ratio_row: dict[str, str]
    below: list[str]
    ended_early: float


def worst_cases(table: Table) -> dict[str, Worst]:
    """Each method over all rows of a table, by name."""
    names = list(next(iter(table.values())))
    return {name: _worst(table, name) for name in names}


def _worst(table: Table, name: str) -> Worst:
    values = {
        metric: {
            row: cells[name].values[metric].value
            for row, cells in table.items()
        }
        for metric in RATIOS
    }
    ratios = {
        metric: {
            row: cells[name].ratios[metric].value
            for row, cells in table.items()
            if not math.isnan(cells[name].ratios[metric].value)
        }
        for metric in RATIOS
    }
    least_row = {key: _lowest(of_rows) for key, of_rows in values.items()}
    ratio_row = {key: _lowest(of_rows) for key, of_rows in ratios.items()}
    return Worst(
        mean={
            key: sum(of_rows.values()) / len(of_rows)
            for key, of_rows in values.items()
        },
        least={key: values[key][row] for key, row in least_row.items()},
        least_row=least_row,
        ratio={
            key: ratios[key].get(row, math.nan)
            for key, row in ratio_row.items()
        },
        ratio_row=ratio_row,
        below=[
            row for row, ratio in ratios['AP50'].items() if ratio < LEAST_RATIO
        ],
        ended_early=max(
            cells[name].values['ended_early'].value for cells in table.values()
        ),
    )


def _lowest(values: Mapping[str, float]) -> str:
    return min(values, key=values.__getitem__, default='')
