"""A COCO file as a label store: read whole, for sets of some thousands."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files.whole_files import digest_files

from ..contract import ImageColumns, InstanceColumns, LabelStore, StoreInfo
from ..own_files import (
    ERROR_FILE,
    LABEL_FILE,
    MANIFEST,
    check_own_manifest,
)
from ..reading import read_labels
from ..records import ImageRecord
from ..rounds import drop_confidence, records_of
from ..statistics import LabelStatistics

_IDS = ('id', 'image_id')


class CocoStore(LabelStore):
    """The labels of one COCO file, in the order of their ids.

    Args:
        path (Path): The file, see :func:`.read_labels`.

    Raises:
        ValueError: See :func:`.read_labels`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        labels = read_labels(path)
        self._records = sorted(
            records_of(labels).values(), key=lambda record: record.image_id
        )
        for record in self._records:
            record.annotations = [
                {key: value for key, value in row.items() if key not in _IDS}
                for row in record.annotations
            ]
        self._places = {
            record.file_name: place
            for place, record in enumerate(self._records)
        }
        self.info = _info(path, labels.get('info'))

    def __len__(self) -> int:
        return len(self._records)

    def record(self, index: int, confidence: bool = True) -> ImageRecord:
        """See :class:`LabelStore`."""
        if not 0 <= index < len(self._records):
            raise IndexError(f'no record {index} of {len(self._records)}')
        record = copy.deepcopy(self._records[index])
        if not confidence:
            drop_confidence(record)
        return record

    def find(self, key: str) -> int | None:
        """See :class:`LabelStore`."""
        return self._places.get(key)

    def file_names(self) -> Iterator[str]:
        """See :class:`LabelStore`."""
        return iter(self._places)

    def errors(self) -> Iterator[tuple[str, str]]:
        """See :class:`LabelStore`."""
        path = self.path.with_name(ERROR_FILE)
        # Folders of version 0.2 have a fingerprint, and no manifest.
        is_store = self.info.fingerprint or self.info.backend == 'jsonl'
        if is_store and self.path.name == LABEL_FILE and path.exists():
            for row in json.loads(path.read_text(encoding='utf-8')):
                yield row['file_name'], row['error']

    def image_columns(self) -> ImageColumns:
        """See :class:`LabelStore`."""
        rows = np.array(
            [
                (r.image_id, r.height, r.width, len(r.annotations))
                for r in self._records
            ],
            np.int64,
        ).reshape(-1, 4)
        ids, heights, widths, numbers = rows.T
        return ImageColumns(
            ids.copy(),
            heights.astype(np.int32),
            widths.astype(np.int32),
            numbers.astype(np.int32),
        )

    def instance_columns(self) -> Iterator[InstanceColumns]:
        """See :class:`LabelStore`."""
        pairs = [
            (place, row)
            for place, record in enumerate(self._records)
            for row in record.annotations
        ]
        rows = [row for _, row in pairs]
        yield InstanceColumns(
            np.array([place for place, _ in pairs], np.int64),
            np.array([row.get('score', 1.0) for row in rows], np.float64),
            np.array([row['area'] for row in rows], np.float64),
            np.array([row['bbox'] for row in rows], np.float64).reshape(-1, 4),
            np.array([bool(row.get('iscrowd', 0)) for row in rows], bool),
            np.array([bool(row.get('ignore', 0)) for row in rows], bool),
        )

    def statistics(self) -> LabelStatistics:
        """See :class:`LabelStore`."""
        statistics = LabelStatistics()
        for record in self._records:
            statistics.add_record(record)
        for name, message in self.errors():
            statistics.add_error(name, message)
        return statistics

    def digest(self) -> str:
        """See :class:`LabelStore`."""
        return digest_files([self.path])


def _info(path: Path, stated: Any) -> StoreInfo:
    stated = stated if isinstance(stated, dict) else {}
    fingerprint = str(stated.get('fingerprint') or '')
    manifest = path.with_name(MANIFEST)
    if path.name == LABEL_FILE and manifest.exists():
        begun = check_own_manifest(manifest)
        if begun['fingerprint'] == fingerprint:
            return StoreInfo('jsonl', fingerprint, begun['provenance'])
    return StoreInfo('json', fingerprint)
