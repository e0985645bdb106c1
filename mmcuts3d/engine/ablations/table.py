"""Mean and spread of runs beside the paper's numbers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from .running import METRICS, Run


def table_of(runs: Sequence[Run]) -> str:
    """A table in Markdown, a part for each table of the paper.

    Args:
        runs (Sequence[Run]): Of rows and seeds.

    Returns:
        str: For each row the mean over seeds and, of two or more, the
        standard deviation of the sample; then the paper's numbers where they
        are known. All in percent, of masks.
    """
    parts = []
    for table in dict.fromkeys(run.row.table for run in runs):
        mine = [run for run in runs if run.row.table == table]
        names = [*METRICS, *(f'paper {name}' for name in METRICS)]
        lines = [
            f'| {table} | seeds | {" | ".join(names)} |',
            f'|---|---:|{"---:|" * len(names)}',
        ]
        for key in dict.fromkeys(run.row.key for run in mine):
            same = [run for run in mine if run.row.key == key]
            row = same[0].row
            cells = [
                _measured([run.metrics.get(name) for run in same])
                for name in METRICS
            ]
            cells += [_number(row.paper.get(name)) for name in METRICS]
            lines.append(f'| {row.name} | {len(same)} | {" | ".join(cells)} |')
        parts.append('\n'.join(lines))
    return '\n\n'.join(parts) + '\n'


def _measured(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ''
    mean = f'{statistics.mean(known):.1f}'
    if len(known) == 1:
        return mean
    return f'{mean} ± {statistics.stdev(known):.1f}'


def _number(value: float | None) -> str:
    return '' if value is None else f'{value:.1f}'
