"""The tables of the stress axis, as aligned Markdown and as JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from study import ratio_text

from mmcuts3d.evaluation.functional.bootstrap import Interval

from .measuring import LEAST_RATIO, RATIOS, Cell, Table, Worst, worst_cases

#: Metric, its title and its digits.
TITLES = (
    ('AP50', 'AP50', 1),
    ('AP', 'AP', 1),
    ('AR100', 'AR100', 1),
    ('masks', 'Masks an image', 2),
    ('ended_early', 'Images ended with large objects left, %', 0),
    ('left', 'Large objects left so, %', 0),
)


def report(table: Table) -> str:
    """All tables: a row of the axis is a row, a method a column."""
    names = list(next(iter(table.values())))
    parts = []
    for metric, title, digits in TITLES:
        parts.append(
            section(
                title,
                ['row', *names],
                [
                    [row, *(_value(c, metric, digits) for c in cells.values())]
                    for row, cells in table.items()
                ],
            )
        )
    for metric in RATIOS:
        parts.append(
            section(
                f"{metric} over MaskCut's in the same row",
                ['row', *names],
                [
                    [row, *(_ratio(c.ratios[metric]) for c in cells.values())]
                    for row, cells in table.items()
                ],
            )
        )
    parts.append(worst_section(worst_cases(table)))
    return '\n\n'.join(parts) + '\n'


def worst_section(worst: dict[str, Worst]) -> str:
    """The table of worst cases beside the averages."""
    head = ['method', 'mean AP50', 'mean AP', 'worst AP50', 'in row']
    head += ['worst AP', 'in row', 'worst AP50 ratio', 'in row']
    head += [f'rows below {LEAST_RATIO:g}', 'most ended early, %']
    lines = [
        [
            name,
            f'{one.mean["AP50"]:.1f}',
            f'{one.mean["AP"]:.1f}',
            f'{one.least["AP50"]:.1f}',
            one.least_row['AP50'],
            f'{one.least["AP"]:.1f}',
            one.least_row['AP'],
            ratio_value(one.ratio['AP50']),
            one.ratio_row['AP50'] or '–',
            str(len(one.below)),
            f'{one.ended_early:.0f}',
        ]
        for name, one in worst.items()
    ]
    return section('Worst case over the stress axis', head, lines)


def section(title: str, head: list[str], lines: list[list[str]]) -> str:
    """A title and an aligned table."""
    columns = zip(head, *lines, strict=True)
    widths = [max(map(len, column)) for column in columns]
    rule = ['-' * (width - 1) + ':' for width in widths]
    rule[0] = '-' * widths[0]

    def line(cells: list[str]) -> str:
        padded = [c.rjust(w) for c, w in zip(cells, widths, strict=True)]
        padded[0] = cells[0].ljust(widths[0])
        return f'| {" | ".join(padded)} |'

    return '\n'.join(
        [f'### {title}', '', line(head), line(rule), *map(line, lines)]
    )


def _value(cell: Cell, metric: str, digits: int) -> str:
    one = cell.values[metric]
    if math.isnan(one.value):
        return '–'
    text = f'{one.value:.{digits}f}'
    if not math.isnan(one.low):
        text += f' [{one.low:.{digits}f}, {one.high:.{digits}f}]'
    return text


def _ratio(one: Interval) -> str:
    return ratio_value(one.value) if math.isnan(one.low) else ratio_text(one)


def ratio_value(value: float) -> str:
    """A ratio; – where both are 0, ∞ over 0."""
    if math.isnan(value):
        return '–'
    return '∞' if math.isinf(value) else f'{value:.2f}'


def as_json(table: Table) -> dict[str, Any]:
    """Cells and worst cases; None where a value does not exist, or is ∞."""
    return {
        'rows': {
            row: {name: _finite(asdict(cell)) for name, cell in cells.items()}
            for row, cells in table.items()
        },
        'worst': {
            name: _finite(asdict(one))
            for name, one in worst_cases(table).items()
        },
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
