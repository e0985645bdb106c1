"""Statistics of batch normalisation, computed anew with fixed weights.

Detectron2's PreciseBN, which CutLER has on (Wu and Johnson, Rethinking
"Batch" in BatchNorm, 2021, Sec. 3). mmpretrain's hook of this name reads from
the running dataloader, and ends a run by iterations.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

import torch
from mmengine.dataset import InfiniteSampler, worker_init_fn
from mmengine.dist import all_reduce, get_rank
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.runner import IterBasedTrainLoop, Runner
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.data import DataLoader

from mmcuts3d.registry import HOOKS


@HOOKS.register_module()
class PreciseBNHook(Hook):
    """Recomputes the statistics of batch normalisation before they are used.

    Running averages lag behind weights that change with every iteration.
    Before a validation, and at the end of training, this hook passes some
    training batches through the model without training it; mean and variance
    of all that came to a layer, in all processes, become the layer's. Only
    layers in training mode are touched: frozen ones keep theirs.

    The batches are drawn apart, by the seed of the run and the iteration, so
    that the data of the training go on as without this hook, and a resumed
    run computes what the first one would have. Checkpoints of an iteration
    without a validation have running averages, as in detectron2.

    Args:
        num_batches (int): Batches of each process. Defaults to 200 (CutLER:
            TEST.PRECISE_BN.NUM_ITER).
        interval (int, optional): Iterations between two computations; one
            follows the last iteration in any case. Defaults to None: before
            each validation.

    Raises:
        ValueError: If an argument is below 1, or the run is not trained by
            iterations.
    """

    # Before self-training (BELOW_NORMAL), which predicts with the statistics,
    # and before checkpoints.
    priority = 'NORMAL'

    def __init__(
        self, num_batches: int = 200, interval: int | None = None
    ) -> None:
        for name, value in (
            ('num_batches', num_batches),
            ('interval', interval),
        ):
            if value is not None and value < 1:
                raise ValueError(
                    f'Expected argument `{name}` to be at least 1, but got '
                    f'{value}.'
                )
        self.num_batches = num_batches
        self.interval = interval

    def before_train(self, runner: Runner) -> None:
        """Check the loop."""
        if not isinstance(runner.train_loop, IterBasedTrainLoop):
            raise ValueError(
                'Expected `train_cfg` to be iteration-based for '
                f'PreciseBNHook, but got {type(runner.train_loop).__name__}.'
            )

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Compute the statistics where a validation or the end follows."""
        if not self._is_due(runner):
            return
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        layers = [
            layer
            for layer in model.modules()
            if isinstance(layer, _BatchNorm)
            and layer.training
            and layer.track_running_stats
        ]
        if not layers:
            print_log(
                'PreciseBNHook does nothing: no layer of batch normalisation '
                'is in training mode (`norm_eval` of the backbone is True?).',
                logger='current',
                level=logging.WARNING,
            )
            return
        print_log(
            f'Statistics of {len(layers)} layers of batch normalisation from '
            f'{self.num_batches} batches',
            logger='current',
        )
        batches = islice(_drawn_batches(runner), self.num_batches)
        with torch.no_grad(), _watched(layers) as moments:
            for batch in batches:
                with runner.optim_wrapper.optim_context(runner.model):
                    _pass_through(model, batch)
        _set_statistics(layers, moments)

    def _is_due(self, runner: Runner) -> bool:
        done = runner.iter + 1
        loop = runner.train_loop
        if done == loop.max_iters:
            return True
        if self.interval is not None:
            return bool(done % self.interval == 0)
        return bool(
            runner.val_loop is not None
            and done >= loop.val_begin
            and done % loop.val_interval == 0
        )


def _drawn_batches(runner: Runner) -> Iterator[Any]:
    """Training batches in another order, endlessly."""
    loader = runner.train_dataloader
    seed = (runner.seed + runner.iter + 1) % 2**32
    workers = loader.num_workers
    drawn = DataLoader(
        loader.dataset,
        batch_size=loader.batch_size or loader.batch_sampler.batch_size,
        sampler=InfiniteSampler(loader.dataset, shuffle=True, seed=seed),
        num_workers=workers,
        collate_fn=loader.collate_fn,
        pin_memory=loader.pin_memory,
        worker_init_fn=partial(
            worker_init_fn,
            num_workers=workers,
            rank=get_rank(),
            seed=seed,
            disable_subprocess_warning=True,
        ),
    )
    yield from drawn


def _pass_through(model: nn.Module, batch: Any) -> None:
    """As a training step does, up to the losses."""
    data = model.data_preprocessor(batch, True)
    if isinstance(data, dict):
        model(**data, mode='loss')
    else:
        model(*data, mode='loss')


@contextmanager
def _watched(layers: list[nn.Module]) -> Iterator[list[Tensor | None]]:
    """Sums over what comes to each layer: numbers, values, squares.

    One entry for each layer, of shape (3, C) in double precision, or None
    before anything came. The layers' own buffers are put back at the end.
    """
    moments: list[Tensor | None] = [None] * len(layers)
    before = [
        [buffer.clone() for buffer in layer.buffers()] for layer in layers
    ]

    def note(index: int, layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].detach().float()
        channels = values.shape[1]
        axes = [axis for axis in range(values.ndim) if axis != 1]
        # Two steps: squares of raw values would lose digits.
        variance, mean = torch.var_mean(values, dim=axes, unbiased=False)
        mean, variance = mean.double(), variance.double()
        number = torch.full_like(mean, values.numel() // channels)
        sums = torch.stack(
            [number, number * mean, number * (variance + mean.square())]
        )
        known = moments[index]
        moments[index] = sums if known is None else known + sums

    handles = [
        layer.register_forward_pre_hook(partial(note, index))
        for index, layer in enumerate(layers)
    ]
    try:
        yield moments
    finally:
        for handle in handles:
            handle.remove()
        for layer, kept in zip(layers, before, strict=True):
            for buffer, value in zip(layer.buffers(), kept, strict=True):
                buffer.copy_(value)


def _set_statistics(
    layers: list[nn.Module], moments: list[Tensor | None]
) -> None:
    """Mean and variance over all processes; layers that saw nothing keep
    theirs."""
    sums = torch.cat(
        [
            layer.running_mean.new_zeros(
                (3, layer.num_features), dtype=torch.float64
            )
            if known is None
            else known
            for layer, known in zip(layers, moments, strict=True)
        ],
        dim=1,
    )
    all_reduce(sums)  # one sum of all processes
    widths = [layer.num_features for layer in layers]
    for layer, of_layer in zip(layers, sums.split(widths, dim=1), strict=True):
        number, values, squares = of_layer
        if number[0] == 0:
            continue
        mean = values / number
        variance = squares / number - mean.square()
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance.clamp(min=0))
