"""Parquet files that are whole or not there, and whose damage is noticed."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files.whole_files import whole_file

from ..journal import cannot_write
from ..statistics import LabelStatistics
from .parquet_rows import pyarrow

#: Images of a row group: what a random access reads.
ROW_GROUP = 32
_MAGIC = b'PAR1'
_META = b'mmcuts3d'


def shard_name(number: int, total: int) -> str:
    """File of a shard, such as ``shard-00012-of-02500.parquet``."""
    return f'shard-{number:05d}-of-{total:05d}.parquet'


def write_table(
    path: Path,
    table: Any,
    meta: dict[str, Any],
    row_group: int = ROW_GROUP,
) -> None:
    """Write a Parquet file in one step: whole, or not at all.

    Args:
        path (Path): The file; what stood there is replaced.
        table (pyarrow.Table): What to write.
        meta (dict): What JSON can hold, kept in the schema's metadata.
        row_group (int): Rows of a row group. Defaults to 32.

    Raises:
        ValueError: If the disk does not take it.
    """
    table = table.replace_schema_metadata({_META: json.dumps(meta)})
    try:
        with whole_file(path) as file:
            pyarrow().parquet.write_table(
                table,
                file,
                compression='zstd',
                row_group_size=row_group,
                use_dictionary=False,
                write_statistics=False,
                write_page_checksum=True,
            )
    except OSError as error:
        raise cannot_write(path.parent, error) from error


@contextmanager
def named(path: Path, remedy: str = '') -> Iterator[None]:
    """Say which file is damaged, and what to do.

    Args:
        path (Path): The file that is read inside.
        remedy (str): What to do. Defaults to '': remove it and label again.

    Raises:
        ValueError: Where the file cannot be read.
    """
    pa = pyarrow()
    try:
        yield
    except (OSError, pa.ArrowException, ValueError, KeyError) as error:
        remedy = remedy or (
            'Remove it, and run the labeling again: its images are labeled '
            'again'
        )
        raise ValueError(
            f'Expected {path} to be as it was written, but got a file that '
            f'is missing or damaged ({error}). {remedy}.'
        ) from error


def open_file(path: Path) -> Any:
    """Open a Parquet file whose pages are checked when they are read.

    Args:
        path (Path): The file.

    Returns:
        pyarrow.parquet.ParquetFile: Opened.

    Raises:
        ValueError: If its end is damaged; names it.
    """
    with named(path):
        return pyarrow().parquet.ParquetFile(
            path, pre_buffer=False, page_checksum_verification=True
        )


def check_end(path: Path, size: int | None = None) -> None:
    """Check that a file is not cut off, without reading it.

    Args:
        path (Path): The file.
        size (int, optional): Its size in bytes. Defaults to None: any.

    Raises:
        ValueError: If it is missing or has another size or end.
    """
    with named(path), path.open('rb') as file:
        found = file.seek(0, os.SEEK_END)
        if found < 12 or (size is not None and found != size):
            raise OSError(f'{found} bytes instead of {size}')
        file.seek(-4, os.SEEK_END)
        if file.read() != _MAGIC:
            raise OSError('no end of a Parquet file')


def read_meta(file: Any) -> dict[str, Any]:
    """What :func:`write_table` was given as ``meta``."""
    content = (file.schema_arrow.metadata or {}).get(_META)
    if content is None:
        raise ValueError('no file of mmcuts3d')
    meta: dict[str, Any] = json.loads(content)
    return meta


def read_columns(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Read columns of a shard.

    Args:
        path (Path): The file.
        columns (Sequence[str], optional): Names. Defaults to None: all.

    Returns:
        pyarrow.Table: All rows.

    Raises:
        ValueError: If the file is damaged; names it.
    """
    with open_file(path) as file, named(path):
        return file.read(
            None if columns is None else list(columns), use_threads=False
        )


def table_statistics(table: Any) -> LabelStatistics:
    """Count what a shard holds, without making records.

    Args:
        table (pyarrow.Table): All columns of a shard.

    Returns:
        LabelStatistics: Its sums.
    """
    statistics = LabelStatistics()
    columns = table.select(
        ['key', 'error', 'height', 'width', 'areas', 'scores']
    ).to_pylist()
    for row in columns:
        if row['error'] is not None:
            statistics.add_error(row['key'], row['error'])
            continue
        scores = [1.0 if s is None else s for s in row['scores']]
        size = row['height'] * row['width']
        statistics.add_image(
            np.array(scores, np.float64),
            np.array(row['areas'], np.float64) / size,
        )
    for chunk in table.column('levels').chunks:
        maps = [bytes(m) for m in chunk.flatten().to_pylist() if m is not None]
        statistics.num_maps += len(maps)
        statistics.add_levels(np.frombuffer(b''.join(maps), np.uint8))
    return statistics
