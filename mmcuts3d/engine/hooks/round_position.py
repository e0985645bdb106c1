"""A resumed round of self-training goes on from its own position.

A resumed loop of mmengine passes over as many batches as the whole run has
had iterations: the maintained forks in the sampler, upstream 0.10.7 by
reading them, earlier releases not at all. A round has a dataloader of its
own, which began with the round.
"""

from typing import Any

from mmengine.runner import IterBasedTrainLoop


def resume_round(loop: IterBasedTrainLoop, steps: int) -> None:
    """Let a loop that is about to run begin inside a round.

    The loop believes itself at its start, and so passes over nothing, until
    it asks for its first batch. Call it before the loop's run has looked at
    its iteration, in ``before_train_epoch``.

    Args:
        loop (IterBasedTrainLoop): The loop, with the round's dataloader in
            ``dataloader_iterator``.
        steps (int): Batches of the round that were trained on before.
    """
    loop.dataloader_iterator = _FirstBatch(loop, steps)
    loop._iter = 0


class _FirstBatch:
    """Stands in the iterator's place until the first batch is asked for."""

    def __init__(self, loop: IterBasedTrainLoop, steps: int) -> None:
        self.loop = loop
        self.steps = steps
        self.iter = loop._iter
        self.iterator = loop.dataloader_iterator

    def __iter__(self) -> '_FirstBatch':
        return self

    def __next__(self) -> Any:
        loop = self.loop
        loop._iter = self.iter
        loop.dataloader_iterator = self.iterator
        if not getattr(loop, 'fast_forward_on_resume', False):
            _pass_over(self.iterator, self.steps)
        return next(self.iterator)


def _pass_over(iterator: Any, steps: int) -> None:
    if hasattr(iterator, 'skip_iter'):  # the forks: nothing is read
        iterator.skip_iter(steps)
        return
    for _ in range(steps):
        next(iterator)
