"""A finished store of Parquet shards, read image by image.

Nothing of it is held but, where images failed, the places of the others.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmcuts3d.files.json_files import read_json
from mmcuts3d.files.whole_files import digest_files

from ..contract import ImageColumns, InstanceColumns, LabelStore, StoreInfo
from ..own_files import ERROR_FILE, MANIFEST, SUMMARY, check_own_manifest
from ..records import ImageRecord
from ..statistics import LabelStatistics
from .parquet_files import (
    ROW_GROUP,
    check_end,
    named,
    open_file,
    read_columns,
    shard_name,
)
from .parquet_index import IMAGES, INSTANCES, hash_keys
from .parquet_rows import BARE_COLUMNS, pyarrow, to_array, to_row

_REMEDY = 'Run the labeling again: it is made again'


class ParquetStore(LabelStore):
    """The labels of a folder of Parquet shards.

    Args:
        path (Path): The folder.

    Raises:
        ValueError: If its labeling was not finished, or a file is missing
            or cut off.
    """

    def __init__(self, path: Path) -> None:
        pyarrow()
        self.path = path
        manifest = check_own_manifest(path / MANIFEST)
        if not (path / SUMMARY).exists():
            raise ValueError(
                f'Expected {path} to hold finished labels, but got a store '
                'whose labeling was stopped. Run the labeling again: it goes '
                'on where it stopped.'
            )
        self.info = StoreInfo(
            'parquet', manifest['fingerprint'], manifest['provenance']
        )
        self._stamp = _stamp(path / SUMMARY)  # before it is read
        summary = read_json(path / SUMMARY, 'the summary of a label store')
        for name, size in summary['sizes'].items():
            check_end(path / name, size)
        self._as_opened = summary
        self._size = int(manifest['shard_size'])
        self._total = -(-int(manifest['num_images']) // self._size)
        statistics = LabelStatistics.from_sums(summary['sums'])
        self._length = statistics.num_images
        self._positions: npt.NDArray[np.int32] | None = None
        if statistics.num_errors and self._length:
            self._positions = self._index(['position'])['position']
        self._clear()

    def _clear(self) -> None:
        self._group: tuple[int, int, bool] = (-1, -1, False)
        self._table: Any = None
        self._rows: list[dict[str, Any]] = []
        self._hashes: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            '_group': (-1, -1, False),
            '_table': None,
            '_rows': [],
            '_hashes': None,
        }

    def __len__(self) -> int:
        return self._length

    def record(self, index: int, confidence: bool = True) -> ImageRecord:
        """See :class:`LabelStore`."""
        if not 0 <= index < self._length:
            raise IndexError(f'no record {index} of {self._length}')
        position = index
        if self._positions is not None:
            position = int(self._positions[index])
        number, row = divmod(position, self._size)
        group, row = divmod(row, ROW_GROUP)
        path = self.path / shard_name(number, self._total)
        wanted = (number, group, confidence)
        if self._group != wanted:
            self._check_unchanged()
            columns = None if confidence else list(BARE_COLUMNS)
            with open_file(path) as file, named(path):
                self._table = file.read_row_group(
                    group, columns, use_threads=False
                )
            self._group, self._rows = wanted, []
        elif not self._rows:  # neighbours are asked for: all at once
            self._rows = self._table.to_pylist()
        with named(path):
            if self._rows:
                record = to_row(self._rows[row])
            else:
                record = to_row(self._table.slice(row, 1).to_pylist()[0])
            if not isinstance(record, ImageRecord):
                raise ValueError(f'no labels of image {position}')
        return record

    def _check_unchanged(self) -> None:
        """ValueError if other labels were written since this was opened."""
        path = self.path / SUMMARY
        stamp = _stamp(path)
        if stamp == self._stamp:
            return
        summary = None
        if stamp is not None:
            summary = read_json(path, 'the summary of a label store')
        if summary != self._as_opened:
            raise ValueError(
                f'Expected the labels of {self.path} to stay as they were '
                'when they were opened, but got '
                + (
                    'others'
                    if summary
                    else 'a store that is gone or being written'
                )
                + ': whoever reads them would mix the two. Write new labels '
                'into a folder of their own, and begin the run again.'
            )
        self._stamp = stamp

    def find(self, key: str) -> int | None:
        """See :class:`LabelStore`."""
        if self._hashes is None:
            hashes = self.hashes()
            order = np.argsort(hashes, kind='stable')
            self._hashes = hashes[order], order
        hashes, order = self._hashes
        wanted = hash_keys([key])[0]
        place = int(np.searchsorted(hashes, wanted))
        while place < len(hashes) and hashes[place] == wanted:
            index = int(order[place])
            if self.record(index).file_name == key:
                return index
            place += 1
        return None

    def file_names(self) -> Iterator[str]:
        """See :class:`LabelStore`."""
        for batch in self._batches(IMAGES, ['key']):
            yield from batch.column('key').to_pylist()

    def hashes(self) -> npt.NDArray[np.uint64]:
        """Eight bytes for each file name, see :func:`.hash_keys`."""
        hashes: npt.NDArray[np.uint64] = self._index(['hash'])['hash']
        return hashes

    def errors(self) -> Iterator[tuple[str, str]]:
        """See :class:`LabelStore`."""
        for row in read_json(self.path / ERROR_FILE, 'a list of errors'):
            yield row['file_name'], row['error']

    def image_columns(self) -> ImageColumns:
        """See :class:`LabelStore`."""
        names = ('image_id', 'height', 'width', 'num_masks')
        found = self._index(names)
        return ImageColumns(*(found[name] for name in names))

    def instance_columns(self) -> Iterator[InstanceColumns]:
        """See :class:`LabelStore`."""
        numbers = self._index(['num_masks'])['num_masks']
        places = np.repeat(np.arange(len(numbers), dtype=np.int32), numbers)
        start = 0
        for batch in self._batches(INSTANCES):
            values = {
                name: to_array(batch.column(name))
                for name in batch.schema.names
            }
            stop = start + len(values['score'])
            yield InstanceColumns(
                places[start:stop].astype(np.int64),
                values['score'],
                values['area'],
                np.stack([values[side] for side in 'xywh'], axis=1),
                values['crowd'] > 0,
                values['ignored'] > 0,
            )
            start = stop

    def statistics(self) -> LabelStatistics:
        """See :class:`LabelStore`."""
        summary = read_json(
            self.path / SUMMARY, 'the summary of a label store'
        )
        return LabelStatistics.from_sums(summary['sums'])

    def digest(self) -> str:
        """See :class:`LabelStore`; scores, areas and boxes are in it."""
        names = (SUMMARY, IMAGES, INSTANCES)
        paths = [self.path / name for name in names]
        return digest_files([path for path in paths if path.exists()])

    def _index(self, names: Any) -> dict[str, Any]:
        """Columns of all images."""
        if not self._length:
            kinds = {'hash': np.uint64, 'image_id': np.int64}
            return {n: np.zeros(0, kinds.get(n, np.int32)) for n in names}
        with named(self.path / IMAGES, _REMEDY):
            table = read_columns(self.path / IMAGES, names)
        return {name: to_array(table.column(name)).copy() for name in names}

    def _batches(self, name: str, columns: Any = None) -> Iterator[Any]:
        path = self.path / name
        if not self._length or not path.exists():
            return
        with named(path, _REMEDY), open_file(path) as file:
            yield from file.iter_batches(
                1 << 16, columns=columns, use_threads=False
            )


def _stamp(path: Path) -> tuple[int, int] | None:
    """Time and size of a file; None if there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_mtime_ns, stat.st_size
