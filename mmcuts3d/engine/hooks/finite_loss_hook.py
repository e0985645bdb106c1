"""Ends a run whose loss is no number, before a checkpoint is made of it."""

import math

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmcuts3d.registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Looks at the losses now and then, and ends the run if one is no number.

    mmdet's ``CheckInvalidLossHook`` does so without a word on which loss it
    is and where. Checkpoints whose interval is a multiple of this one's are
    of a model that was looked at.

    Args:
        interval (int): Iterations between two looks; each waits for the
            device. Defaults to 50.

    Raises:
        ValueError: If ``interval`` is below 1.
    """

    priority = 'NORMAL'  # before checkpoints

    def __init__(self, interval: int = 50) -> None:
        if interval < 1:
            raise ValueError(
                'Expected argument `interval` to be at least 1, but got '
                f'{interval}.'
            )
        self.interval = interval

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Look at the losses of this iteration.

        Raises:
            FloatingPointError: If one is NaN or infinite; names those.
        """
        if not self.every_n_train_iters(runner, self.interval):
            return
        losses = {
            name: float(torch.as_tensor(value).detach())
            for name, value in (outputs or {}).items()
            if 'loss' in name
        }
        bad = {k: v for k, v in losses.items() if not math.isfinite(v)}
        if bad:
            raise FloatingPointError(
                f'Expected finite losses at iteration {runner.iter + 1}, but '
                f'got {bad}. Nothing was saved of it: resume from the last '
                'checkpoint with a lower learning rate, a longer warm-up or '
                'clipped gradients.'
            )
