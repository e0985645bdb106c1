"""JSON lines while labeling, one COCO file in the end: some thousand images.

:class:`~mmcuts3d.labels.LabelWriter` behind the contract of all stores.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..contract import ShardPlan, ShardWriter, StoreRun, StoreSummary
from ..lock import FolderLock
from ..manifest import begin_manifest
from ..reading import read_labels
from ..records import ImageRecord
from ..rounds import label_statistics
from ..sharing import SHARD_IMAGES, share_out
from ..store import LabelWriter


class JsonLinesRun(StoreRun):
    """A run into journals; see :func:`mmcuts3d.labels.begin_store`."""

    backend = 'jsonl'

    def __init__(
        self,
        out_dir: Path,
        names: Sequence[str],
        fingerprint: str,
        provenance: dict[str, Any] | None = None,
        overwrite: bool = False,
        shard_size: int = SHARD_IMAGES,
    ) -> None:
        self.out_dir = out_dir
        self._names = names
        self._size = shard_size
        self._writer = LabelWriter(out_dir, fingerprint, overwrite=overwrite)
        try:
            self._provenance = begin_manifest(
                out_dir,
                self.backend,
                names,
                fingerprint,
                provenance,
                shard_size,
                may_grow=True,
            )['provenance']
        except BaseException:
            self.close()
            raise
        self.num_done = sum(name in self._writer.done for name in names)

    def plan(self, count: int | None = None) -> list[ShardPlan]:
        """See :class:`StoreRun`; None makes shards of neighbours."""
        done = self._writer.done
        left = [n for n, name in enumerate(self._names) if name not in done]
        parts = share_out(left, count, most=self._size)
        return [
            ShardPlan(
                str(self.out_dir),
                self.backend,
                self._writer.fingerprint,
                number,
                part,
                tuple(self._names[place] for place in part),
                total=len(parts),
                provenance=self._provenance,
            )
            for number, part in enumerate(parts)
        ]

    def finish(self) -> StoreSummary:
        """See :class:`StoreRun`."""
        return finish_labels(self._writer)

    def close(self) -> None:
        """See :class:`StoreRun`."""
        self._writer.close()


class JsonLinesShardWriter(ShardWriter):
    """The journal of one shard; see :func:`mmcuts3d.labels.open_shard`."""

    def __init__(self, plan: ShardPlan) -> None:
        folder = Path(plan.out_dir)
        self._lock = FolderLock(folder, f'.shard-{plan.number:05d}.lock')
        try:
            self._writer = LabelWriter(
                folder,
                plan.fingerprint,
                plan.number,
                lock=False,
                others=False,
            )
        except BaseException:
            self.close()
            raise
        self._names = set(plan.names)
        self._left = {*plan.names} - {*self._writer.done}
        self.done = self._names & self._writer.done

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


def finish_labels(writer: LabelWriter) -> StoreSummary:
    """Write the label and the error file, and count what they hold.

    Args:
        writer (LabelWriter): One of the store's.

    Returns:
        StoreSummary: Of the whole store.
    """
    numbers = label_statistics(read_labels(writer.finish()))
    return StoreSummary(
        int(numbers['num_images']),
        int(numbers['num_masks']),
        len(writer.errors),
        float(numbers['mean_score']),
    )
