"""Predictions with the weights that an EMAHook has averaged.

As mmengine does for a validation: the hook swaps them in, and out again.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.hooks import EMAHook
from mmengine.runner import Runner


@contextmanager
def averaged_weights(runner: Runner) -> Iterator[None]:
    """The model has the weights of the run's EMAHook, if there is one."""
    averages = [hook for hook in runner.hooks if isinstance(hook, EMAHook)]
    for hook in averages:
        hook.before_val_epoch(runner)
    try:
        yield
    finally:
        for hook in averages:
            hook.after_val_epoch(runner)
