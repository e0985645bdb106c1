"""Curves of training runs, from the logs that mmengine writes of them.

A run that was resumed has a log for each start; they are joined.
"""

import json
import warnings
from pathlib import Path

#: Of a row, but no curve.
_NO_CURVE = {'step', 'iter', 'epoch', 'time', 'data_time', 'memory'}
Curve = tuple[list[float], list[float]]


def read_run(path: str | Path) -> dict[str, dict[str, Curve]]:
    """The curves of a run.

    Args:
        path (str | Path): Work dir or log.

    Returns:
        dict: 'training' and 'validation', each from keys to a curve, which
        is its iterations and its values.

    Raises:
        ValueError: If there is no log, or one cannot be read.
    """
    path = Path(path)
    logs = [path]
    if path.is_dir():
        # Named by their time: in the order of the starts.
        logs = sorted(path.glob('*/vis_data/scalars.json'))
    if not logs or not all(log.is_file() for log in logs):
        raise ValueError(
            f'Expected {path} to be a log or a work dir with logs '
            '(TIME/vis_data/scalars.json), but got none.'
        )
    rows: list[tuple[float, str, dict]] = []
    for log in logs:
        later = _rows(log)
        trained = [step for step, kind, _ in later if kind == 'training']
        if trained:
            rows = [row for row in rows if row[0] < min(trained)]
        rows += later
    curves: dict[str, dict[str, Curve]] = {'training': {}, 'validation': {}}
    for step, kind, row in rows:
        for key, value in row.items():
            number = isinstance(value, (int, float))
            if number and key not in _NO_CURVE:
                steps, values = curves[kind].setdefault(key, ([], []))
                steps.append(step)
                values.append(value)
    return curves


def _rows(log: Path) -> list[tuple[float, str, dict]]:
    """Iteration, kind and content of each line."""
    found = []
    step = 0.0
    lines = log.read_text('utf-8', errors='replace').splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            own = float(row['step'])
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            if number == len(lines):
                warnings.warn(
                    f'{log}: the last line is torn, left out', stacklevel=3
                )
                break
            raise ValueError(
                f'Expected line {number} of {log} to be a JSON object with '
                f'`step`, but got {line[:60]!r}.'
            ) from error
        if 'loss' in row or 'lr' in row:
            step = own
            found.append((step, 'training', row))
        else:
            # mmengine may count validations in epochs, which runs that
            # count iterations do not have: they stand after the last one.
            found.append((max(step, own), 'validation', row))
    return found
