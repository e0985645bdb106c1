"""Merging a round's predictions with the labels before, as a job.

Executors run it: processes of a launcher share the shards of a Parquet store,
and wait for one another without a time limit of torch.distributed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mmcuts3d.labels import (
    StoreMerge,
    is_sharded,
    merge_rounds,
    open_store,
    read_any_labels,
    remove_labels,
    write_json,
)

from ..executors import Job
from ..executors.progress import Doing


def merge_job(
    previous: str | Path,
    predicted: str | Path,
    out: Path,
    score_thr: float,
    iou_thr: float,
    keep_confidence: bool = False,
) -> Job:
    """The job that merges two label stores.

    Its ``finish`` gives the path of the result: a COCO file where both are of
    JSON, else a Parquet store.

    Args:
        previous (str | Path): Labels of the round before.
        predicted (str | Path): Folder of the detector's masks, finished.
        out (Path): The result without a suffix: ``OUT.json`` or ``OUT``.
        score_thr (float): See :func:`mmcuts3d.labels.merge_rounds`.
        iou_thr (float): See :func:`mmcuts3d.labels.merge_rounds`.
        keep_confidence (bool): See :func:`mmcuts3d.labels.merge_rounds`.
            Defaults to False.

    Returns:
        Job: For :func:`~mmcuts3d.engine.labeling.run_labeling`.
    """
    kind = FileMerge
    if is_sharded(previous) or is_sharded(predicted):
        kind = ShardMerge
    return kind(previous, predicted, out, score_thr, iou_thr, keep_confidence)


@dataclass
class FileMerge:
    """All at once, where the job is finished; see :func:`merge_job`."""

    previous: str | Path
    predicted: str | Path
    out: Path
    score_thr: float
    iou_thr: float
    keep_confidence: bool = False
    doing: ClassVar[Doing] = 'merging'

    def plan(self, count: int | None = None) -> Sequence[Any]:
        """No shards."""
        return ()

    def size(self, shards: Sequence[Any]) -> int:
        """None."""
        return 0

    def label(
        self, shard: Any, count: Callable[[int], None] | None = None
    ) -> None:
        """Nothing is left to do."""

    def finish(self) -> Path:
        """Merge and write; a store that had the name before is removed."""
        merged = merge_rounds(
            read_any_labels(self.previous),
            read_any_labels(self.predicted),
            self.score_thr,
            self.iou_thr,
            self.keep_confidence,
        )
        path = write_json(self.out.with_name(f'{self.out.name}.json'), merged)
        remove_labels(self.out)
        return path

    def close(self) -> None:
        """Nothing is held."""


class ShardMerge(FileMerge):
    """Shard by shard; see :func:`merge_job`."""

    _merge: StoreMerge | None = None

    def plan(self, count: int | None = None) -> Sequence[Any]:
        """The result is made anew, for nobody knows who left it there."""
        self.close()
        return self._opened(overwrite=True).plan(count)

    def size(self, shards: Sequence[Any]) -> int:
        """Number of images of shards."""
        return sum(len(shard.images) for shard in shards)

    def label(
        self, shard: Any, count: Callable[[int], None] | None = None
    ) -> None:
        """Merge a shard."""
        self._opened().label(shard, count)

    def finish(self) -> Path:
        """Make the result readable; a file of its name is removed."""
        self._opened().finish()
        self.out.with_name(f'{self.out.name}.json').unlink(missing_ok=True)
        return self.out

    def close(self) -> None:
        """Unlock the folder."""
        if self._merge is not None:
            self._merge.close()
            self._merge = None

    def _opened(self, overwrite: bool = False) -> StoreMerge:
        if self._merge is None:
            self._merge = StoreMerge(
                open_store(self.previous),
                open_store(self.predicted),
                self.out,
                self.score_thr,
                self.iou_thr,
                self.keep_confidence,
                overwrite,
            )
        return self._merge
