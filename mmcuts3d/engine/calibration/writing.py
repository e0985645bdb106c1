"""A calibration as a table, as config lines to copy, and as JSON."""

from pathlib import Path
from typing import Any

from mmcuts3d.files.whole_files import write_json
from mmcuts3d.version import __version__

from .job import Calibration, CalibrationJob
from .rows import MEASURES, Row

FILE = 'calibration.json'
#: An older name of `kind`, which a config that is inherited may still have.
_OLDER = 'out'


def table_text(calibration: Calibration, number: int = 20) -> str:
    """The first rows as a table for a terminal.

    Args:
        calibration (Calibration): What was found out.
        number (int): Rows at most. Defaults to 20.

    Returns:
        str: Lines; what stands first is what rows are sorted by.
    """
    rows = calibration.rows[:number]
    has_layers = rows[0].candidate.layer is not None
    head = ['layer', 'kind'] if has_layers else []
    head.append('tau_ncut')
    head += MEASURES if calibration.labeled else []
    head += ['stability', '+-', 'repeatability', 'ncut', 'masks/image']
    lines = [head]
    for row in rows:
        layer, kind, tau = row.candidate
        cells = [str(layer), str(kind)] if has_layers else []
        cells.append(str(tau))
        if row.measures is not None:
            cells += [f'{row.measures[name]:.1f}' for name in MEASURES]
        cells += [
            f'{row.stability:.3f}',
            f'{row.error:.3f}',
            f'{row.repeatability:.3f}',
            f'{row.ncut:.3f}',
            f'{row.num_masks:.2f}',
        ]
        lines.append(cells)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return '\n'.join(
        '  '.join(
            cell.rjust(width) for cell, width in zip(line, widths, strict=True)
        )
        for line in lines
    )


def close_rows(calibration: Calibration) -> list[Row]:
    """Rows that are behind the best by no more than its standard error.

    Args:
        calibration (Calibration): Without annotations: AP has no such error
            here.

    Returns:
        list[Row]: Without the best one.
    """
    best, *others = calibration.rows
    least = best.stability - best.error
    return [row for row in others if row.stability >= least]


def config_lines(row: Row, job: CalibrationJob) -> str:
    """A config that inherits the one of the job and has a setting.

    Args:
        row (Row): The setting.
        job (CalibrationJob): What it was found with.

    Returns:
        str: Lines to copy.
    """
    layer, kind, tau = row.candidate
    lines = [f'_base_ = [{str(job.config_file)!r}]', 'model = dict(']
    settings: dict[str, Any] = {}
    if job.backbone is not None or (
        layer is not None and _OLDER in job.features
    ):
        settings = {'_delete_': True, **job.features}
        settings.pop(_OLDER, None)
    if layer is not None:
        settings.update(layer=layer, kind=kind)
    if settings:
        inner = ', '.join(f'{k}={v!r}' for k, v in settings.items())
        lines.append(f'    features=dict({inner}),')
    lines.append(f'    cut=dict(semantic=dict(tau_ncut={tau!r})),')
    return '\n'.join([*lines, ')'])


def write_calibration(
    calibration: Calibration, job: CalibrationJob, folder: str | Path
) -> Path:
    """Write all rows as ``calibration.json``.

    Args:
        calibration (Calibration): What was found out.
        job (CalibrationJob): What it was found out with.
        folder (str or Path): Made where it is missing.

    Returns:
        Path: The file.
    """
    content = {
        'version': __version__,
        'config': str(job.config_file),
        'images': str(job.images),
        'annotations': job.annotations and str(job.annotations),
        'features': job.features,
        'criterion': 'AP' if calibration.labeled else 'stability',
        'num_images': calibration.num_images,
        'failed': calibration.failed,
        'rows': [row.to_dict() for row in calibration.rows],
    }
    path = Path(folder) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_json(path, content)
