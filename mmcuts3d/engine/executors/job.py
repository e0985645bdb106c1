"""What an executor asks of a job."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .progress import Doing


class Job(Protocol):
    """A job in shards; see :class:`mmcuts3d.engine.labeling.LabelingJob`.

    Where shards are labeled in other processes, the job travels there as a
    pickle, and so do its shards.

    Attributes:
        doing (str): What progress is shown of, 'labeling' or 'merging'.
    """

    doing: Doing

    def plan(self, count: int | None = None) -> Sequence[Any]:
        """Lock the store; what is left to do, in shards.

        Args:
            count (int, optional): So many shards, some perhaps empty.
                Defaults to None: small ones that workers can share.
        """

    def label(
        self, shard: Any, count: Callable[[int], None] | None = None
    ) -> None:
        """Do a shard, or what is left of it.

        Args:
            shard (Any): One of :meth:`plan`.
            count (Callable, optional): Told how many images were kept since
                its last call. Defaults to None.
        """

    def size(self, shards: Sequence[Any]) -> int:
        """Number of images of shards."""

    def finish(self) -> Any:
        """Close the store; what came of it."""

    def close(self) -> None:
        """Unlock the store, whatever happened; a second call does nothing."""
