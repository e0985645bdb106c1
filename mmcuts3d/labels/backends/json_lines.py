"""JSON lines while labeling, one COCO file in the end: some thousand images.

:class:`~.label_writer.LabelWriter` behind the contract of all stores.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..contract import ShardPlan, ShardWriter, StoreRun, StoreSummary
from ..journal import cannot_write
from ..lock import lock_folder, remove_left_locks, shard_lock
from ..manifest import next_manifest, write_manifest
from ..own_files import remove_labels
from ..reading import read_labels
from ..records import ImageRecord
from ..rounds import label_statistics
from ..sharing import SHARD_IMAGES, share_out
from .label_writer import LabelWriter


class JsonLinesRun(StoreRun):
    """A run into journals; see :func:`mmcuts3d.labels.begin_store`."""

    backend = 'jsonl'

    def __init__(
        self,
        out_dir: Path,
        names: Sequence[str] | None,
        fingerprint: str,
        provenance: dict[str, Any] | None = None,
        overwrite: bool = False,
        shard_size: int = SHARD_IMAGES,
        ids: Sequence[int] | None = None,
    ) -> None:
        self.out_dir = out_dir
        self._names = names
        self._size = shard_size
        self._lock = lock_folder(out_dir)
        try:
            if overwrite:
                remove_labels(out_dir)
            # Settings that changed are named by the manifest; it is written
            # when the journals have agreed.
            manifest = next_manifest(
                out_dir,
                self.backend,
                names,
                fingerprint,
                provenance,
                shard_size,
                may_grow=True,
            )
            self._writer = LabelWriter(out_dir, fingerprint, lock=False)
            self._check_ids(ids)
            write_manifest(out_dir, manifest)
        except BaseException:
            self.close()
            raise
        self._provenance = manifest['provenance']
        done = self._writer.done
        self.num_done = (
            len(done) if names is None else sum(n in done for n in names)
        )
        self.is_new = not (
            done or self._writer.errors or self._writer.path.exists()
        )

    def _check_ids(self, ids: Sequence[int] | None) -> None:
        """Shards look into no journal but their own."""
        for name, number in zip(self._names or (), ids or (), strict=False):
            if name not in self._writer.done:
                self._writer.check_id(name, number)

    def plan(
        self, count: int | None = None, batch_size: int = 1
    ) -> list[ShardPlan]:
        """See :class:`StoreRun`; None makes shards of neighbours."""
        names = self._names
        if names is None:
            return [
                self._plan_of(n, (), count or 1) for n in range(count or 1)
            ]
        done = self._writer.done
        left = [n for n, name in enumerate(names) if name not in done]
        parts = share_out(left, count, batch_size, self._size)
        return [
            self._plan_of(number, part, len(parts))
            for number, part in enumerate(parts)
        ]

    def _plan_of(
        self, number: int, images: tuple[int, ...], total: int
    ) -> ShardPlan:
        names = self._names
        return ShardPlan(
            str(self.out_dir),
            self.backend,
            self._writer.fingerprint,
            number,
            images,
            () if names is None else tuple(names[n] for n in images),
            total=total,
            provenance=self._provenance,
            is_open=names is None,
        )

    def finish(self) -> StoreSummary:
        """See :class:`StoreRun`."""
        remove_left_locks(self.out_dir)
        try:
            path = self._writer.finish()
        except OSError as error:
            raise cannot_write(self.out_dir, error) from error
        counted = label_statistics(read_labels(path))
        return StoreSummary(
            int(counted['num_images']),
            int(counted['num_masks']),
            len(self._writer.errors),
            float(counted['mean_score']),
        )

    def close(self) -> None:
        """See :class:`StoreRun`."""
        if self._lock is not None:
            self._lock.release()


class JsonLinesShardWriter(ShardWriter):
    """The journal of one shard; see :func:`mmcuts3d.labels.open_shard`."""

    def __init__(self, plan: ShardPlan) -> None:
        folder = Path(plan.out_dir)
        self._lock = shard_lock(folder, plan.number)
        try:
            self._writer = LabelWriter(
                folder,
                plan.fingerprint,
                plan.number,
                lock=False,
                others=plan.is_open,
            )
        except BaseException:
            self.close()
            raise
        self._names = None if plan.is_open else set(plan.names)
        self._left = {*plan.names} - {*self._writer.done}
        self.done = set(self._writer.done)
        if self._names is not None:
            self.done &= self._names

    def append(self, record: ImageRecord) -> None:
        """See :class:`ShardWriter`."""
        self._check(record.file_name)
        self._writer.append(record)
        self.done.add(record.file_name)
        self._left.discard(record.file_name)

    def fail(self, name: str, message: str) -> None:
        """See :class:`ShardWriter`."""
        self._check(name)
        self._writer.fail(name, message)
        self._left.discard(name)

    def seal(self) -> None:
        """See :class:`ShardWriter`."""
        check_complete(self._left, self._writer.out_dir)

    def close(self) -> None:
        """See :class:`ShardWriter`."""
        self._lock.release()

    def _check(self, name: str) -> None:
        if self._names is not None:
            check_member(name, self._names)


def check_member(name: str, names: Any) -> None:
    """Check that an image is one of a shard's."""
    if name not in names:
        raise ValueError(
            f'Expected an image of the shard, but got {name!r}: the images '
            'are not those that the run was planned with.'
        )


def check_complete(left: set[str], where: Path) -> None:
    """Check that no image of a shard is left."""
    if left:
        raise ValueError(
            f'Expected each image of {where} to be labeled or failed before '
            f'it is sealed, but got {len(left)} that are neither, such as '
            f'{min(left)}.'
        )
