"""The job in the processes of torchrun, Slurm or MPI: one model each.

No collective operation is used: NCCL and gloo give up on one after minutes,
however well a run goes. The processes talk through the key-value store that
torch.distributed keeps for its own start, where the first process puts the
plan, the others take shards from one counter, and everybody reads the result.
"""

import itertools
import pickle
import time
from typing import Any

from mmengine.dist import get_rank, get_world_size

from .job import Job
from .progress import LabelingProgress

#: Seconds without a kept image of any process, after which a run gives up.
SILENCE = 3600.0
#: Seconds between two looks at the store.
PAUSE = 0.1
#: Seconds that the first process, which may hold the store, waits until all
#: others have read the result.
FAREWELL = 60.0
_runs = itertools.count()


def silence_of(env_cfg: dict | None) -> float:
    """Seconds of silence that a config allows.

    Args:
        env_cfg (dict, optional): The config's; its ``dist_cfg`` may have the
            ``timeout`` of torch.distributed.

    Returns:
        float: That time-out, else an hour.
    """
    processes = (env_cfg or {}).get('dist_cfg') or {}
    return float(processes.get('timeout', SILENCE))


def run_launched(job: Job, silence: float = SILENCE) -> Any:
    """Run a job in all processes that torch.distributed joined.

    Shards go to whoever is free. The first process finishes the job when all
    shards are done. A process that fails stops the others after their shard;
    one that vanishes is missed after ``silence``, unless its launcher has
    stopped the run before. The same command goes on.

    Args:
        job (Job): The job, the same in all processes; all of them call this.
        silence (float): Seconds without a kept image of any process, after
            which the first one gives up. Defaults to an hour.

    Returns:
        Any: What ``job.finish`` gives, the same in all processes.

    Raises:
        ValueError: See the job's ``plan``.
        RuntimeError: If another process failed or is silent.
    """
    board = _Board()
    try:
        number, size = _plan(job, board)
        try:
            _take_shards(job, board, number, size)
            if board.first:
                board.wait_for(number, silence)
                board.post('result', job.finish())
            result = board.read('result')
        except BaseException as error:
            board.fail(error)
            raise
        board.part()
        return result
    finally:
        job.close()


def _plan(job: Job, board: '_Board') -> tuple[int, int]:
    """Number of shards, and of images in them.

    Made by the first process; its refusal is that of all. Each shard is
    posted for itself: the store refuses values of many megabytes, which the
    plan of a large set is.
    """
    if board.first:
        try:
            shards = job.plan()
            for number, shard in enumerate(shards):
                board.post(f'shard/{number}', shard)
            board.post('plan', (None, (len(shards), job.size(shards))))
        except ValueError as error:
            board.post('plan', (str(error), None))
            board.part()
            raise
        except BaseException as error:
            board.fail(error)
            raise
    refusal, numbers = board.read('plan')
    if refusal is not None:
        board.part()
        raise ValueError(refusal)
    found: tuple[int, int] = numbers
    return found


def _take_shards(job: Job, board: '_Board', total: int, size: int) -> None:
    with LabelingProgress(size, doing=job.doing) as progress:

        def count(number: int) -> None:
            progress.show(board.add('images', number))

        while (number := board.add('next', 1) - 1) < total:
            board.check()
            job.label(board.read(f'shard/{number}'), count)
            board.add('done', 1)


class _Board:
    """What the processes of one run tell each other.

    Each run of a group of processes has keys of its own; all of them count
    their runs alike, as they call collectives alike.
    """

    def __init__(self) -> None:
        from torch.distributed import PrefixStore, distributed_c10d

        store = distributed_c10d._get_default_store()
        self._store = PrefixStore(f'mmcuts3d/labeling/{next(_runs)}', store)
        self.first = get_rank() == 0

    def post(self, key: str, value: Any) -> None:
        self._store.set(key, pickle.dumps(value))

    def read(self, key: str) -> Any:
        """Wait for what the first process posts; its end ends the wait."""
        while not self._store.check([key]):
            self.check()
            time.sleep(PAUSE)
        return pickle.loads(self._store.get(key))

    def add(self, key: str, number: int) -> int:
        return int(self._store.add(key, number))

    def fail(self, error: BaseException) -> None:
        """Tell the others, if they can still be reached."""
        reason = f'{type(error).__name__}: {error}'
        try:
            if not self._store.check(['failure']):
                self.post('failure', (get_rank(), reason))
        except RuntimeError:
            return

    def check(self) -> None:
        if not self._store.check(['failure']):
            return
        rank, reason = pickle.loads(self._store.get('failure'))
        raise RuntimeError(
            f'Expected all processes to label, but process {rank} of '
            f'{get_world_size()} failed: {reason}. The same command goes on '
            'where this run stopped.'
        )

    def wait_for(self, shards: int, silence: float) -> None:
        """Wait until all shards are done, as long as there is progress."""
        before, since = -1, time.monotonic()
        while self.add('done', 0) < shards:
            self.check()
            now = self.add('images', 0)
            if now != before:
                before, since = now, time.monotonic()
            elif time.monotonic() - since > silence:
                raise RuntimeError(
                    f'Expected {shards} shards to be labeled, but got '
                    f'{self.add("done", 0)}, and no image for {silence:.0f} '
                    'seconds: a process is gone. The same command goes on '
                    'where this run stopped.'
                )
            time.sleep(PAUSE)

    def part(self) -> None:
        """The first process leaves last: the store may live in it."""
        left = self.add('left', 1)
        until = time.monotonic() + FAREWELL
        while self.first and left < get_world_size():
            if time.monotonic() > until:
                return
            time.sleep(PAUSE)
            left = self.add('left', 0)
