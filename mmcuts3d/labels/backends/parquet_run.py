"""Labeling into shards of Parquet: fixed ranges of the list of images."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..contract import ShardPlan, StoreRun, StoreSummary
from ..journal import cannot_write
from ..lock import lock_folder, remove_left_locks
from ..manifest import next_manifest, write_manifest
from ..own_files import (
    ERROR_FILE,
    INDICES,
    JOURNALS,
    LABEL_FILE,
    MANIFEST,
    SHARD_JOURNALS,
    SHARDS,
    SUMMARY,
    check_no_strangers,
    check_own_errors,
    remove_labels,
)
from .parquet_index import write_index
from .parquet_rows import pyarrow
from .parquet_shards import done_of, journal_path, shard_path

SHARD_SIZE = 512


class ParquetRun(StoreRun):
    """A run into Parquet; see :func:`mmcuts3d.labels.begin_store`."""

    backend = 'parquet'

    def __init__(
        self,
        out_dir: Path,
        names: Sequence[str] | None,
        fingerprint: str,
        provenance: dict[str, Any] | None = None,
        overwrite: bool = False,
        shard_size: int = SHARD_SIZE,
        ids: Sequence[int] | None = None,
    ) -> None:
        pyarrow()
        if names is None:
            raise ValueError(
                "Expected a 'parquet' store to be begun with the list of its "
                'images, but got none: its shards are ranges of it.'
            )
        self.out_dir = out_dir
        self._names = names
        self._fingerprint = fingerprint
        self._lock = lock_folder(out_dir)
        try:
            self._begin(provenance, overwrite, shard_size, ids)
        except BaseException:
            self.close()
            raise

    def _begin(
        self,
        provenance: dict[str, Any] | None,
        overwrite: bool,
        shard_size: int,
        ids: Sequence[int] | None,
    ) -> None:
        folder = self.out_dir
        if overwrite:
            remove_labels(folder)
        if not (folder / MANIFEST).exists() and (
            (folder / LABEL_FILE).exists() or any(folder.glob(JOURNALS))
        ):
            raise ValueError(
                f"Expected {folder} to be a 'parquet' store, but got labels "
                "that were begun as 'jsonl'. Go on with that, label into "
                'another folder, or overwrite this one.'
            )
        check_own_errors(folder / ERROR_FILE)
        check_no_strangers(folder)
        _check_unique(self._names)
        manifest = next_manifest(
            folder,
            self.backend,
            self._names,
            self._fingerprint,
            provenance,
            shard_size,
            may_grow=False,
            ids=ids,
        )
        write_manifest(folder, manifest)
        self._size = int(manifest['shard_size'])
        self._provenance = manifest['provenance']
        self._plans = self._make_plans()
        left = sum(len(plan.images) for plan in self._plans)
        self.num_done = len(self._names) - left
        self.is_new = not any(
            any(folder.glob(pattern)) for pattern in (SHARDS, SHARD_JOURNALS)
        )

    @property
    def total(self) -> int:
        """Number of shards."""
        return -(-len(self._names) // self._size)

    def plan(
        self, count: int | None = None, batch_size: int = 1
    ) -> list[ShardPlan]:
        """See :class:`StoreRun`; the arguments change nothing."""
        del count, batch_size
        if self._plans:
            for pattern in (SUMMARY, INDICES):
                for path in self.out_dir.glob(pattern):
                    path.unlink()
        return list(self._plans)

    def _make_plans(self) -> list[ShardPlan]:
        plans = []
        for number in range(self.total):
            start = number * self._size
            members = tuple(self._names[start : start + self._size])
            plan = ShardPlan(
                str(self.out_dir),
                self.backend,
                self._fingerprint,
                number,
                (),
                (),
                members,
                self.total,
                self._provenance,
            )
            done = done_of(plan)
            left = [n for n, name in enumerate(members) if name not in done]
            journal = journal_path(plan).exists()
            if left or journal or not shard_path(plan).exists():
                images = tuple(start + n for n in left)
                names = tuple(members[n] for n in left)
                plans.append(replace(plan, images=images, names=names))
        return plans

    def finish(self) -> StoreSummary:
        """See :class:`StoreRun`."""
        remove_left_locks(self.out_dir)
        try:
            statistics = write_index(
                self.out_dir, self.total, self._size, self._fingerprint
            )
        except OSError as error:
            raise cannot_write(self.out_dir, error) from error
        return StoreSummary(
            statistics.num_images,
            statistics.num_masks,
            statistics.num_errors,
            statistics.mean_score,
        )

    def close(self) -> None:
        """See :class:`StoreRun`."""
        if self._lock is not None:
            self._lock.release()


def _check_unique(names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise ValueError(
                    'Expected each image once, but got '
                    f'{name!r} twice in the list of images.'
                )
            seen.add(name)
