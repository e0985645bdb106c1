"""The last hook of an iteration: saves the run, and makes a round.

A round of self-training takes hours. It is made when schedulers and
checkpoints are through with the iteration that it begins with, so that a run
that is stopped meanwhile resumes at its begin, with the same weights, and goes
on with the predictions that are left.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner


class RoundMaker(Hook):
    """Calls somebody where rounds begin.

    Args:
        begins (Sequence[int]): Iteration at which each round begins.
        make (Callable): Told the runner and the number of the round, from 1.
    """

    priority = 'LOWEST'

    def __init__(
        self, begins: Sequence[int], make: Callable[[Runner, int], None]
    ) -> None:
        self.begins = list(begins)
        self.make = make

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Save the run if nobody did, and begin the round."""
        done = runner.iter + 1
        if done not in self.begins:
            return
        save_if_missing(runner, done)
        self.make(runner, self.begins.index(done) + 1)


def save_if_missing(runner: Runner, done: int) -> None:
    """Save a checkpoint of an iteration, if none was saved just now.

    Args:
        runner (Runner): The run.
        done (int): Iterations that are done.
    """
    path = Path(runner.work_dir, f'iter_{done}.pth')
    last = Path(runner.work_dir, 'last_checkpoint')  # `--resume` looks there
    if last.exists() and Path(last.read_text()).name == path.name:
        return
    runner.save_checkpoint(runner.work_dir, path.name, by_epoch=False)
    if is_main_process():
        last.write_text(str(path))
