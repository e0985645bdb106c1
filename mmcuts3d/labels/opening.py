"""The doors of label stores: to read one, to begin one, to write a shard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .backends import (
    CocoStore,
    JsonLinesRun,
    JsonLinesShardWriter,
    ParquetRun,
    ParquetShardWriter,
    ParquetStore,
)
from .contract import LabelStore, ShardPlan, ShardWriter, StoreRun
from .own_files import JOURNALS, LABEL_FILE, MANIFEST, check_own_manifest

BACKENDS = ('jsonl', 'parquet')
#: Sets with more images are labeled into Parquet, unless told otherwise.
JSON_LINES_IMAGES = 10_000


def open_store(path: str | Path) -> LabelStore:
    """Open labels to read them.

    Args:
        path (str | Path): Folder of a label store, or a COCO file.

    Returns:
        LabelStore: The labels.

    Raises:
        ValueError: If there are none, their labeling was not finished, or
            they are damaged.
    """
    path = Path(path)
    if path.is_file():
        return CocoStore(path)
    if not path.is_dir():
        raise ValueError(
            f'Expected {path} to be the folder of a label store or a COCO '
            'file, but got nothing there.'
        )
    if _backend_of(path) == 'parquet':
        return ParquetStore(path)
    if (path / LABEL_FILE).is_file():
        return CocoStore(path / LABEL_FILE)
    what = 'a folder without labels'
    if (path / MANIFEST).exists() or any(path.glob(JOURNALS)):
        what = (
            'one whose labeling was stopped. Run it again: it goes on where '
            'it stopped'
        )
    raise ValueError(
        f'Expected {path} to be the folder of a finished label store, but '
        f'got {what}.'
    )


def begin_store(
    out_dir: str | Path,
    names: Sequence[str],
    fingerprint: str,
    backend: str | None = None,
    provenance: dict[str, Any] | None = None,
    overwrite: bool = False,
    shard_size: int | None = None,
) -> StoreRun:
    """Begin a run of labeling, or go on with one; locks the folder.

    Args:
        out_dir (str | Path): The folder, made if missing.
        names (Sequence[str]): File names of all images, in order.
        fingerprint (str): Stands for everything the labels depend on.
        backend (str, optional): 'jsonl' or 'parquet'. Defaults to None: that
            of the folder; of a new one 'jsonl' up to 10 000 images.
        provenance (dict, optional): ``settings``, ``weights`` and others;
            where settings changed, the message names them from here.
            Defaults to None.
        overwrite (bool): Whether to remove labels that the folder holds.
            Defaults to False.
        shard_size (int, optional): Images of a shard, of a new store.
            Defaults to None: 512 of parquet, at most 256 of jsonl.

    Returns:
        StoreRun: The run.

    Raises:
        ValueError: If the folder cannot be written, another run labels into
            it, it was begun with another backend, settings or images, or a
            file is damaged or of somebody else.
        ImportError: If the backend needs a package that is missing.
    """
    folder = Path(out_dir)
    if backend is None:
        backend = _backend_of(folder) if not overwrite else None
    if backend is None:
        backend = 'parquet' if len(names) > JSON_LINES_IMAGES else 'jsonl'
    if backend not in BACKENDS:
        raise ValueError(
            f'Expected argument `backend` to be one of {BACKENDS}, but got '
            f'{backend!r}.'
        )
    sized = {} if shard_size is None else {'shard_size': shard_size}
    kind = ParquetRun if backend == 'parquet' else JsonLinesRun
    return kind(folder, names, fingerprint, provenance, overwrite, **sized)


def open_shard(plan: ShardPlan) -> ShardWriter:
    """Open a shard to write it, in any process.

    Args:
        plan (ShardPlan): From :meth:`.StoreRun.plan`.

    Returns:
        ShardWriter: The writer.

    Raises:
        ValueError: If another process writes the shard, or a file of it is
            damaged or of another run.
    """
    if plan.backend == 'parquet':
        return ParquetShardWriter(plan)
    return JsonLinesShardWriter(plan)


def _backend_of(folder: Path) -> str | None:
    """The backend that a folder was begun with, if any."""
    if (folder / MANIFEST).exists():
        return str(check_own_manifest(folder / MANIFEST).get('backend'))
    if (folder / LABEL_FILE).exists() or any(folder.glob(JOURNALS)):
        return 'jsonl'
    return None
