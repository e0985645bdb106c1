"""One shard of Parquet while it is labeled: its journal, then its file.

While a shard is labeled its records go to a journal with checksums; when it
is whole it is written as one Parquet file and the journal is removed. What a
shard holds does not depend on who labeled it.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..coco import check_run_length
from ..contract import ShardPlan, ShardWriter
from ..journal import Journal, read_journal
from ..lock import shard_lock
from ..records import ImageRecord
from .json_lines import check_complete, check_member
from .parquet_files import (
    check_end,
    named,
    open_file,
    read_columns,
    read_meta,
    shard_name,
    table_statistics,
    write_table,
)
from .parquet_rows import Row, pyarrow, to_rows, to_table

#: Lines of a shard's journal are forced to the disk so often.
SYNC_SECONDS = 1.0


class ParquetShardWriter(ShardWriter):
    """One shard; see :func:`mmcuts3d.labels.open_shard`."""

    def __init__(self, plan: ShardPlan) -> None:
        pyarrow()
        self._plan = plan
        self._path = shard_path(plan)
        self._lock = shard_lock(self._path.parent, plan.number)
        try:
            self._members = {name: n for n, name in enumerate(plan.members)}
            self._journal = Journal(
                journal_path(plan), plan.fingerprint, SYNC_SECONDS
            )
            self._rows = _rows_of(plan)
        except BaseException:
            self.close()
            raise
        self.done = _labeled(self._rows)

    def append(self, record: ImageRecord) -> None:
        """See :class:`ShardWriter`."""
        check_member(record.file_name, self._members)
        if record.file_name in self.done:
            return
        for row in record.annotations:
            _check_mask(row, record)
        to_table([record])  # refuses what cannot be kept
        self._journal.append({'record': record.to_dict()})
        self._rows[record.file_name] = record
        self.done.add(record.file_name)

    def fail(self, name: str, message: str) -> None:
        """See :class:`ShardWriter`."""
        check_member(name, self._members)
        row = (name, message)
        if name in self.done or self._rows.get(name) == row:
            return
        self._journal.append({'file_name': name, 'error': message})
        self._rows[name] = row

    def seal(self) -> None:
        """See :class:`ShardWriter`."""
        check_complete({*self._members} - {*self._rows}, self._path)
        if self._path.exists() and not self._journal.path.exists():
            return
        self._write()

    def _write(self) -> None:
        rows = [self._rows[name] for name in self._plan.members]
        write_shard(self._path, rows, self._plan)
        self._journal.path.unlink(missing_ok=True)

    def fill(self, records: Sequence[ImageRecord]) -> None:
        """See :class:`ShardWriter`; without a journal."""
        for record in records:
            check_member(record.file_name, self._members)
            if record.file_name not in self.done:
                self._rows[record.file_name] = record
                self.done.add(record.file_name)
        check_complete({*self._members} - {*self._rows}, self._path)
        self._write()

    def close(self) -> None:
        """See :class:`ShardWriter`."""
        self._lock.release()


def write_shard(path: Path, rows: Sequence[Row], plan: ShardPlan) -> None:
    """Write a shard, with its sums and where it comes from.

    Args:
        path (Path): The file.
        rows (Sequence): Records, or name and message of a failed image.
        plan (ShardPlan): The shard's.
    """
    write_shard_table(path, to_table(rows), plan.fingerprint, plan.provenance)


def write_shard_table(
    path: Path, table: Any, fingerprint: str, provenance: dict[str, Any]
) -> None:
    """Write a shard that is a table already."""
    meta = {
        'fingerprint': fingerprint,
        'provenance': provenance,
        'sums': table_statistics(table).to_sums(),
    }
    write_table(path, table, meta)


def shard_path(plan: ShardPlan) -> Path:
    """File of a shard."""
    return Path(plan.out_dir, shard_name(plan.number, plan.total))


def journal_path(plan: ShardPlan) -> Path:
    """Its journal, which is there until it is sealed."""
    return shard_path(plan).with_suffix('.jsonl')


def _rows_of(plan: ShardPlan) -> dict[str, Row]:
    """What a shard and its journal hold, by file name."""
    rows: dict[str, Row] = {}
    path = shard_path(plan)
    if path.exists():
        _check_shard(path, plan)
        for row in to_rows(read_columns(path)):
            rows[row.file_name if isinstance(row, ImageRecord) else row[0]] = (
                row
            )
    for entry in read_journal(journal_path(plan), plan.fingerprint):
        if 'record' in entry:
            record = ImageRecord(**entry['record'])
            rows[record.file_name] = record
        elif not isinstance(rows.get(entry['file_name']), ImageRecord):
            rows[entry['file_name']] = (entry['file_name'], entry['error'])
    return rows


def done_of(plan: ShardPlan) -> set[str]:
    """Images of a shard with labels, from its end only where it is whole."""
    path = shard_path(plan)
    if path.exists() and not journal_path(plan).exists():
        failed = _check_shard(path, plan)
        if not failed:
            return set(plan.members)
        table = read_columns(path, ('key', 'error')).to_pylist()
        return {row['key'] for row in table if row['error'] is None}
    return _labeled(_rows_of(plan))


def _check_shard(path: Path, plan: ShardPlan) -> int:
    """Number of failed images of a sealed shard."""
    check_end(path)
    with open_file(path) as file, named(path):
        meta = read_meta(file)
        rows = file.metadata.num_rows
        if rows != len(plan.members):
            raise ValueError(f'{rows} images instead of {len(plan.members)}')
        if meta['fingerprint'] != plan.fingerprint:
            raise ValueError(
                f'of the run {meta["fingerprint"]!r} instead of '
                f'{plan.fingerprint!r}'
            )
        failed = sum(number for _, number in meta['sums']['reasons'])
    with contextlib.suppress(FileNotFoundError):
        path.with_name(f'{path.name}.tmp').unlink()
    return int(failed)


def _check_mask(row: dict[str, Any], record: ImageRecord) -> None:
    """Codes are trusted where a store is read."""
    try:
        check_run_length(row.get('segmentation'), record.height, record.width)
    except ValueError as error:
        raise ValueError(f'{record.file_name}: {error}') from error


def _labeled(rows: dict[str, Row]) -> set[str]:
    return {n for n, row in rows.items() if isinstance(row, ImageRecord)}
