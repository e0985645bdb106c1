"""The index of a finished store: all that is known without reading masks.

``index-images.parquet`` has a row an image that has labels, and
``index-instances.parquet`` one a mask. ``summary.json`` has the sums, and the
sizes of all files, by which cut off ones are noticed at once.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from mmcuts3d.files.whole_files import whole_file, write_json

from ..own_files import ERROR_FILE, SUMMARY, check_own_errors
from ..statistics import LabelStatistics
from .parquet_files import (
    check_end,
    named,
    open_file,
    read_meta,
    shard_name,
)
from .parquet_rows import IMAGE_COLUMNS, LIGHT_COLUMNS, pyarrow, to_array

IMAGES, INSTANCES = 'index-images.parquet', 'index-instances.parquet'


def hash_keys(keys: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Eight bytes for each file name, by which images are found.

    Args:
        keys (Sequence[str]): N names.

    Returns:
        ndarray: (N,), uint64.
    """
    data = b''.join(
        hashlib.blake2b(
            key.encode('utf-8', 'surrogatepass'), digest_size=8
        ).digest()
        for key in keys
    )
    return np.frombuffer(data, np.dtype('<u8')).astype(np.uint64)


def write_index(
    folder: Path, total: int, shard_size: int, fingerprint: str
) -> LabelStatistics:
    """Check that all shards are there, and write index and summary.

    Args:
        folder (Path): The store.
        total (int): Number of shards.
        shard_size (int): Images of a shard.
        fingerprint (str): That of all shards.

    Returns:
        LabelStatistics: The sums of all shards.

    Raises:
        ValueError: If shards are missing or damaged, or two images have the
            same id.
    """
    paths = [folder / shard_name(number, total) for number in range(total)]
    missing = [
        path.name
        for path in paths
        if not path.exists() or path.with_suffix('.jsonl').exists()
    ]
    if missing:
        raise ValueError(
            f'Expected all {total} shards of {folder} to be sealed, but got '
            f'{len(missing)} that are not, such as {missing[0]}. Run the '
            'labeling again: it goes on where it stopped.'
        )
    check_own_errors(folder / ERROR_FILE)
    statistics = LabelStatistics()
    errors: list[dict[str, str]] = []
    ids: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64)]
    with _Part(folder / IMAGES) as images, _Part(folder / INSTANCES) as masks:
        for number, path in enumerate(paths):
            check_end(path)
            with open_file(path) as file, named(path):
                meta = read_meta(file)
                if meta['fingerprint'] != fingerprint:
                    raise ValueError(f'of the run {meta["fingerprint"]!r}')
                statistics += LabelStatistics.from_sums(meta['sums'])
                table = file.read(
                    [*IMAGE_COLUMNS, *LIGHT_COLUMNS], use_threads=False
                )
            rows = _index_rows(table, number * shard_size)
            images.write(rows[0])
            masks.write(rows[1])
            errors += rows[2]
            ids.append(to_array(rows[0].column('image_id')))
        _check_ids(folder, np.concatenate(ids))
    errors.sort(key=lambda row: row['file_name'])
    write_json(folder / ERROR_FILE, errors)
    paths += [folder / IMAGES, folder / INSTANCES]
    summary = {
        'fingerprint': fingerprint,
        'sums': statistics.to_sums(),
        # Without an image there are no indices.
        'sizes': {p.name: p.stat().st_size for p in paths if p.exists()},
    }
    write_json(folder / SUMMARY, summary)
    return statistics


class _Part:
    """A Parquet file that is written in parts, and appears whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> '_Part':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put it in its place, if all went well; or none without rows."""
        self._open.__exit__(kind, error, trace)
        if self._writer is None and error is None:
            self.path.unlink(missing_ok=True)

    def write(self, table: Any) -> None:
        """Add rows."""
        if self._writer is None:
            file = self._open.enter_context(whole_file(self.path))
            self._writer = self._open.enter_context(
                pyarrow().parquet.ParquetWriter(
                    file,
                    table.schema,
                    compression='zstd',
                    use_dictionary=False,
                    write_statistics=False,
                    write_page_checksum=True,
                )
            )
        self._writer.write_table(table)


def _index_rows(table: Any, start: int) -> tuple[Any, Any, list[Any]]:
    """Rows of both indices, and the errors, of one shard."""
    pa = pyarrow()
    errors = table.column('error').to_pylist()
    keys = table.column('key').to_pylist()
    failed = [
        {'file_name': key, 'error': error}
        for key, error in zip(keys, errors, strict=True)
        if error is not None
    ]
    good = np.array([error is None for error in errors], bool)
    table = table.filter(pa.array(good)).combine_chunks()
    names = [key for key, ok in zip(keys, good, strict=True) if ok]
    areas = table.column('areas').combine_chunks()
    numbers = np.diff(to_array(areas.offsets)).astype(np.int32)
    images = pa.table(
        {
            'hash': hash_keys(names),
            'position': (np.flatnonzero(good) + start).astype(np.int32),
            'num_masks': numbers,
            **{
                name: table.column(name).combine_chunks()
                for name in ('key', 'image_id', 'height', 'width')
            },
        }
    )
    ignored = [
        bool(text) and bool(json.loads(text).get('ignore', 0))
        for text in _flat(table, 'extra').to_pylist()
    ]
    boxes = to_array(_flat(table, 'boxes')).reshape(-1, 4)
    masks = pa.table(
        {
            'score': _flat(table, 'scores').fill_null(1.0),
            'area': _flat(table, 'areas'),
            **{side: boxes[:, n].copy() for n, side in enumerate('xywh')},
            'crowd': _flat(table, 'crowds'),
            'ignored': pa.array(np.array(ignored, np.int8)),
        }
    )
    return images, masks, failed


def _flat(table: Any, name: str) -> Any:
    return table.column(name).combine_chunks().flatten()


def _check_ids(folder: Path, ids: npt.NDArray[np.int64]) -> None:
    ids = np.sort(ids)
    twice = np.flatnonzero(ids[1:] == ids[:-1])
    if len(twice):
        raise ValueError(
            f'Expected every image of {folder} to have an id of its own, but '
            f'got id {ids[twice[0]]} for two of them.'
        )
