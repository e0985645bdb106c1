"""Labels from one kind of store into another: COCO files, folders."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.files.whole_files import whole_file

from .coco import CocoImage
from .contract import LabelStore, StoreSummary
from .opening import Backend, begin_store, open_shard
from .records import ImageRecord, build_labels

#: Rows of the file that are written at once.
_ROWS = 1000


def export_labels(store: LabelStore, path: str | Path) -> StoreSummary:
    """Write a store as one COCO file, image by image.

    The file is that which ``build_labels`` makes of all records.

    Args:
        store (LabelStore): The labels.
        path (str | Path): The file; what stood there is replaced.

    Returns:
        StoreSummary: What was written; failed images are in no COCO file.
    """
    columns = store.image_columns()
    order = np.argsort(columns.image_ids, kind='stable').tolist()
    fingerprint = store.info.fingerprint
    info = {'fingerprint': fingerprint} if fingerprint else {}
    frame = build_labels([], info)
    names = list(store.file_names())
    images = (
        CocoImage(
            int(columns.image_ids[place]),
            names[place],
            int(columns.heights[place]),
            int(columns.widths[place]),
            int(columns.image_ids[place]),
        ).to_dict()
        for place in order
    )
    counted = _Counted()
    rows = {
        'images': images,
        'annotations': counted.annotations(store, order),
    }
    with whole_file(Path(path)) as file:
        for key, value in frame.items():
            lead = '{' if key == 'info' else ', '
            file.write(f'{lead}{json.dumps(key)}: '.encode())
            if key in rows:
                file.write(b'[')
                for part in _joined(rows[key]):
                    file.write(part.encode())
                file.write(b']')
            else:
                file.write(json.dumps(value).encode())
        file.write(b'}')
    return StoreSummary(
        len(names), counted.number, 0, counted.scores / (counted.number or 1)
    )


def write_records(
    records: Sequence[ImageRecord],
    out_dir: str | Path,
    backend: Backend | None = None,
    provenance: dict[str, Any] | None = None,
    overwrite: bool = False,
) -> StoreSummary:
    """Make a store of records that are there already.

    Args:
        records (Sequence[ImageRecord]): One an image, ids unique.
        out_dir (str | Path): Folder of the store.
        backend (str, optional): See :func:`.begin_store`. Defaults to None.
        provenance (dict, optional): Where the records come from; the store
            of others is refused. Defaults to None.
        overwrite (bool): Whether to remove labels that the folder holds.
            Defaults to False.

    Returns:
        StoreSummary: What the store holds.

    Raises:
        ValueError: If the folder holds other labels, or a record cannot be
            kept.
    """
    text = json.dumps(provenance, sort_keys=True, default=str).encode()
    with begin_store(
        out_dir,
        [record.file_name for record in records],
        hashlib.sha256(text).hexdigest()[:16],
        backend,
        provenance,
        overwrite,
        ids=[record.image_id for record in records],
    ) as run:
        for plan in run.plan():
            with open_shard(plan) as writer:
                writer.fill([records[place] for place in plan.images])
        return run.finish()


class _Counted:
    """Annotations, numbered from 1 on while they pass."""

    def __init__(self) -> None:
        self.number = 0
        self.scores = 0.0

    def annotations(
        self, store: LabelStore, order: Sequence[int]
    ) -> Iterator[dict[str, Any]]:
        for place in order:
            record = store.record(place)
            for row in record.annotations:
                self.number += 1
                self.scores += row.get('score', 1.0)
                ids = {'id': self.number, 'image_id': record.image_id}
                yield {**row, **ids}


def _joined(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Rows as the inside of a JSON list, many at once."""
    before, part = '', []
    for row in rows:
        part.append(json.dumps(row))
        if len(part) == _ROWS:
            yield before + ', '.join(part)
            before, part = ', ', []
    if part:
        yield before + ', '.join(part)
