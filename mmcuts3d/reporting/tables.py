"""The metrics as tables for readers, and as files for programs."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mmcuts3d.evaluation.functional.bootstrap import Comparison, Interval
from mmcuts3d.evaluation.statistics import Measure

from .measuring import LabelEvaluation
from .page.report import ReportTable

_NONE = '–'


def tables_of(evaluation: LabelEvaluation) -> tuple[ReportTable, ReportTable]:
    """The main metrics, and all others; without those that no run has.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        tuple[ReportTable, ReportTable]: The tables.
    """
    columns = _columns(evaluation)
    known = {
        name
        for run in evaluation.metrics.values()
        for name, interval in run.items()
        if not math.isnan(interval.value)
    }
    main, others = (
        [
            _row(evaluation, measure)
            for measure in evaluation.measures.values()
            if measure.name in known and measure.main == is_main
        ]
        for is_main in (True, False)
    )
    return (
        ReportTable(columns, main, _notes(evaluation)),
        ReportTable(columns, others),
    )


def evaluation_to_dict(
    evaluation: LabelEvaluation, settings: dict[str, Any]
) -> dict[str, Any]:
    """Everything as plain data.

    Args:
        evaluation (LabelEvaluation): What was measured.
        settings (dict): Kept as they are.

    Returns:
        dict: ``settings``, ``notes``, ``measures`` (title, unit and
        direction of each), ``runs``, ``comparison`` and ``images``. A value
        that does not exist is None, an infinite one the text 'inf'.
    """
    return {
        'settings': settings,
        'notes': evaluation.notes,
        'num_samples': evaluation.num_samples,
        'level': evaluation.level,
        'measures': {
            measure.name: {
                'title': measure.title,
                'unit': measure.unit,
                'higher_is_better': measure.higher_is_better,
            }
            for measure in evaluation.measures.values()
        },
        'runs': [
            {
                'name': run.name,
                'source': run.source,
                'num_predictions': len(run.predictions),
                'missing': run.missing,
                'left_out': run.left_out,
                'metrics': {
                    name: _plain(asdict(interval))
                    for name, interval in evaluation.metrics[run.name].items()
                },
            }
            for run in evaluation.runs
        ],
        'comparison': {
            name: _plain(asdict(comparison))
            for name, comparison in evaluation.comparisons.items()
        },
        'images': [_plain(asdict(image)) for image in evaluation.images],
    }


def metrics_to_csv(evaluation: LabelEvaluation) -> str:
    """A line for each metric of each run, and of their comparison.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        str: Columns ``run``, ``metric``, ``value``, ``low``, ``high``,
        ``unit``; comparisons have the runs ``B - A`` and ``B / A``, and the
        latter no unit. Cells of what does not exist are empty.
    """
    heads = ['run', 'metric', 'value', 'low', 'high', 'unit']
    units = {name: m.unit for name, m in evaluation.measures.items()}
    rows: list[list[Any]] = [heads]
    for run, metrics in evaluation.metrics.items():
        rows += [
            [run, name, *_ends(interval), units[name]]
            for name, interval in metrics.items()
        ]
    if evaluation.comparisons:
        first, second = (run.name for run in evaluation.runs)
        for name, both in evaluation.comparisons.items():
            ends = _ends(both.difference)
            rows.append([f'{second} - {first}', name, *ends, units[name]])
            rows.append([f'{second} / {first}', name, *_ends(both.ratio), ''])
    return _csv(rows)


def images_to_csv(evaluation: LabelEvaluation) -> str:
    """A line for each image.

    Args:
        evaluation (LabelEvaluation): What was measured.

    Returns:
        str: File name, number of instances, and for each run the number of
        predictions and the mean best IoU in percent.
    """
    names = [run.name for run in evaluation.runs]
    heads = ['file_name', 'instances']
    for name in names:
        heads += [f'{name}: predictions', f'{name}: best IoU']
    rows: list[list[Any]] = [heads]
    for image in evaluation.images:
        row = [image.image['file_name'], image.num_instances]
        for name in names:
            best = image.best_iou.get(name, math.nan)
            row += [image.num_predictions[name], _number(best)]
        rows.append(row)
    return _csv(rows)


def _columns(evaluation: LabelEvaluation) -> list[str]:
    names = [run.name for run in evaluation.runs]
    if len(names) == 1:
        return ['metric', names[0], f'{_level(evaluation)} interval']
    first, second = names
    return [
        'metric',
        first,
        second,
        f'{second} − {first}',
        f'{second} / {first}',
        f'{second} better',
    ]


def _row(evaluation: LabelEvaluation, measure: Measure) -> list[str]:
    values = [
        evaluation.metrics[run.name].get(
            measure.name, Interval(*[math.nan] * 3)
        )
        for run in evaluation.runs
    ]
    digits, title = measure.digits, measure.title_with_direction
    if len(values) == 1:
        return [
            title,
            _text(values[0].value, digits),
            _range(values[0], digits) or _NONE,
        ]
    cells = [
        f'{_text(value.value, digits)}{_bracket(value, digits)}'
        for value in values
    ]
    both = evaluation.comparisons.get(measure.name)
    return [title, *cells, *_compared(both, values, digits)]


def _compared(
    both: Comparison | None, values: Sequence[Interval], digits: int
) -> list[str]:
    if both is None:
        difference = values[1].value - values[0].value
        return [_text(difference, digits, '+'), _NONE, _NONE]
    gap, ratio = both.difference, both.ratio
    text = f'{_text(gap.value, digits, "+")}{_bracket(gap, digits, "+")}'
    if gap.low > 0 or gap.high < 0:
        text = f'**{text}**'
    better = _NONE if math.isnan(both.better) else f'{100 * both.better:.0f} %'
    return [text, f'{_text(ratio.value, 2)}{_bracket(ratio, 2)}', better]


def _level(evaluation: LabelEvaluation) -> str:
    return f'{100 * evaluation.level:g} %'


def _notes(evaluation: LabelEvaluation) -> list[str]:
    names = [run.name for run in evaluation.runs]
    notes = list(evaluation.notes)
    notes.append(
        'In percent, except correlations (from −1 to 1) and instances per '
        'mask; ↑ higher is better, ↓ lower is better. '
        f'{"In brackets: " if len(names) > 1 else ""}{_level(evaluation)} '
        f'percentile intervals of {evaluation.num_samples} bootstrap samples '
        f'of the {len(evaluation.images)} images.'
    )
    if len(names) > 1:
        notes.append(
            f'Both runs are measured on the same samples. **Bold**: the '
            'interval of the difference excludes 0. The last column is '
            f'the share of samples in which {names[1]} is better.'
        )
        if any(
            both.ratio.undefined for both in evaluation.comparisons.values()
        ):
            notes.append(
                'Samples in which both runs are 0 have no ratio; they are '
                'left out of its interval.'
            )
    if any(
        interval.low == interval.high
        for metrics in evaluation.metrics.values()
        for interval in metrics.values()
    ):
        notes.append(
            'An interval without width says that all samples agree, as they '
            'do where nothing was found; it does not say that the value is '
            'certain.'
        )
    return notes


def _text(value: float, digits: int, sign: str = '') -> str:
    if math.isnan(value):
        return _NONE
    if math.isinf(value):
        return '∞'
    # Zero has no sign.
    value = round(value, digits) or 0.0
    sign = sign if value else ''
    return f'{value:{sign}.{digits}f}'.replace('-', '−')


def _range(interval: Interval, digits: int, sign: str = '') -> str:
    if math.isnan(interval.low):
        return ''
    ends = (_text(end, digits, sign) for end in (interval.low, interval.high))
    return ', '.join(ends)


def _bracket(interval: Interval, digits: int, sign: str = '') -> str:
    text = _range(interval, digits, sign)
    return f' [{text}]' if text else ''


def _ends(interval: Interval) -> list[Any]:
    ends = (interval.value, interval.low, interval.high)
    return [_number(value) for value in ends]


def _number(value: float) -> Any:
    return '' if math.isnan(value) else value


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator='\n').writerows(rows)
    return stream.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else 'inf'
    return value
