"""The pages of self-training: one a round, made again when training ends."""

from functools import partial
from pathlib import Path

from mmcuts3d.labels import open_store
from mmcuts3d.reporting.round_report import write_round_report

from ..labeling.reports import leave_report
from ..training_logs import read_run
from .round_record import RoundRecord


def report_rounds(
    work_dir: str | Path, record: RoundRecord, number: int | None = None
) -> None:
    """Write the page of each round; a failure is a line on stderr.

    Args:
        work_dir (str | Path): Of the run, for its logs.
        record (RoundRecord): The rounds so far.
        number (int, optional): The one round to write. Defaults to None:
            all that were recorded with their images.
    """
    for entry in record.rounds:
        if 'images' in entry and number in (None, entry['round']):
            leave_report(partial(_write, Path(work_dir), record, entry))


def _write(work_dir: Path, record: RoundRecord, entry: dict) -> Path:
    folder = record.path.parent
    path = folder / f'round_{entry["round"]}.html'
    try:
        curves = read_run(work_dir)
    except ValueError:  # nothing is logged yet, or to another place
        curves = {}
    write_round_report(
        entry['round'],
        path,
        entry['images'],
        open_store(entry['before']),
        open_store(folder / entry['predicted']),
        open_store(folder / entry['labels']),
        record.rounds,
        curves,
    )
    return path
