"""Several processes on a machine without a GPU.

mmengine (0.10, of both families) calls ``torch.cuda.set_device`` in every
launcher and hands ``device_ids`` to ``DistributedDataParallel`` whatever the
device, so that ``torchrun`` with gloo dies in both places where there is no
GPU. Upstream: https://github.com/open-mmlab/mmengine/pull/973 gave these
calls their form; there is no issue of them for CPUs. Delete this file when
mmengine's ``_init_dist_pytorch`` asks ``is_cuda_available`` first, which no
version up to 0.10.12 does.

On a machine with an accelerator nothing is changed.
"""

import functools
from collections.abc import Callable
from typing import Any
from unittest import mock

LAUNCHERS = ('_init_dist_pytorch', '_init_dist_mpi', '_init_dist_slurm')


def install() -> None:
    """Repair mmengine, once, if this machine has no accelerator."""
    from mmengine.device import get_device
    from mmengine.dist import utils
    from mmengine.model import MMDistributedDataParallel

    if get_device() != 'cpu':
        return
    for name in LAUNCHERS:
        launcher = getattr(utils, name)
        if not hasattr(launcher, '__wrapped__'):
            setattr(utils, name, without_gpu(launcher))
    build = MMDistributedDataParallel.__init__
    if not hasattr(build, '__wrapped__'):
        MMDistributedDataParallel.__init__ = without_device_ids(build)


def without_gpu(launcher: Callable[..., None]) -> Callable[..., None]:
    """A launcher that sets no CUDA device, and takes gloo for nccl.

    Args:
        launcher (Callable): One of :data:`LAUNCHERS`.

    Returns:
        Callable: The same on a machine without a GPU.
    """

    @functools.wraps(launcher)
    def launch(backend: str, **kwargs: Any) -> None:
        import torch
        from mmengine.logging import print_log

        able = 'gloo' if backend == 'nccl' else backend
        with mock.patch.object(torch.cuda, 'set_device', lambda device: None):
            launcher(able, **kwargs)
        if able != backend:
            print_log(
                f'This machine has no GPU: the processes talk by {able}, not '
                f'by {backend}.',
                logger='current',
            )

    return launch


def without_device_ids(build: Callable[..., None]) -> Callable[..., None]:
    """The constructor of a wrapper that names no GPUs for a CPU's model.

    Args:
        build (Callable): ``MMDistributedDataParallel.__init__``.

    Returns:
        Callable: The same, without ``device_ids``.
    """

    @functools.wraps(build)
    def construct(self: Any, module: Any, *args: Any, **kwargs: Any) -> None:
        if all(weight.device.type == 'cpu' for weight in module.parameters()):
            kwargs['device_ids'] = None
        build(self, module, *args, **kwargs)

    return construct
