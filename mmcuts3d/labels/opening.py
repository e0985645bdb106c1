"""The doors of label stores: to read one, to begin one, to write a shard."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

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
from .reading import read_labels
from .records import build_labels

#: How a label store is written: JSON lines, or sharded Parquet.
Backend = Literal['jsonl', 'parquet']
#: Names of the backends.
BACKENDS = get_args(Backend)
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

    Examples:
        >>> from mmcuts3d.labels import open_store
        >>> store = open_store('data/mine/labels.json')
        >>> len(store)
        4
        >>> record = store.record(0)
        >>> record.height, record.width, len(record.annotations) > 0
        (128, 128, True)
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


def is_sharded(path: str | Path) -> bool:
    """Whether a path is the folder of a Parquet store, finished or not.

    Args:
        path (str | Path): Any path.

    Raises:
        ValueError: If the folder's manifest is of somebody else.
    """
    path = Path(path)
    return path.is_dir() and _backend_of(path) == 'parquet'


def read_any_labels(path: str | Path) -> dict[str, Any]:
    """Read the labels of any store as one COCO dict: all in memory.

    Args:
        path (str | Path): A COCO file, or the folder of a label store.

    Returns:
        dict: See :func:`.read_labels`.

    Raises:
        ValueError: See :func:`open_store` and :func:`.read_labels`.
    """
    path = Path(path)
    if is_sharded(path):
        return build_labels(list(open_store(path)))
    if path.is_dir():
        path = path / LABEL_FILE
    return read_labels(path)


def begin_store(
    out_dir: str | Path,
    names: Sequence[str] | None,
    fingerprint: str,
    backend: Backend | None = None,
    provenance: dict[str, Any] | None = None,
    overwrite: bool = False,
    shard_size: int | None = None,
    ids: Sequence[int] | None = None,
) -> StoreRun:
    """Begin a run of labeling, or go on with one; locks the folder.

    Args:
        out_dir (str | Path): The folder, made if missing.
        names (Sequence[str], optional): File names of all images, in order;
            None where they are not known beforehand, which only jsonl takes.
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
        ids (Sequence[int], optional): Ids of all images, so that one that
            another image has is refused now. Defaults to None: not known.

    Returns:
        StoreRun: The run.

    Raises:
        ValueError: If the folder cannot be written, another run labels into
            it, it was begun with another backend, settings or images, two
            images have one id, or a file is damaged or of somebody else.
        ImportError: If the backend needs a package that is missing.
    """
    folder = Path(out_dir)
    if backend is None:
        backend = _backend_of(folder) if not overwrite else None
    if backend is None:
        is_large = names is not None and len(names) > JSON_LINES_IMAGES
        backend = 'parquet' if is_large else 'jsonl'
    if backend not in BACKENDS:
        raise ValueError(
            f'Expected argument `backend` to be one of {BACKENDS}, but got '
            f'{backend!r}.'
        )
    _check_ids(names, ids)
    settings: dict[str, Any] = {'ids': ids}
    if shard_size is not None:
        settings['shard_size'] = shard_size
    kind = ParquetRun if backend == 'parquet' else JsonLinesRun
    return kind(folder, names, fingerprint, provenance, overwrite, **settings)


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


def _check_ids(names: Sequence[str] | None, ids: Sequence[int] | None) -> None:
    """No two images with one id; the same image may come twice."""
    if ids is None or len(set(ids)) == len(ids):
        return
    holders: dict[int, str] = {}
    for name, number in zip(names or (), ids, strict=True):
        if holders.setdefault(number, name) != name:
            raise ValueError(
                'Expected every image to have an id of its own, but got id '
                f'{number} for {holders[number]} and for {name}.'
            )


def _backend_of(folder: Path) -> Backend | None:
    """The backend that a folder was begun with, if any."""
    if (folder / MANIFEST).exists():
        backend = check_own_manifest(folder / MANIFEST).get('backend')
        return 'parquet' if backend == 'parquet' else 'jsonl'
    if (folder / LABEL_FILE).exists() or any(folder.glob(JOURNALS)):
        return 'jsonl'
    return None
