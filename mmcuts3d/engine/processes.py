"""Processes and devices of a run without a Runner."""

import torch
from mmengine.dist import init_dist


def join_processes(launcher: str, dist_cfg: dict | None = None) -> None:
    """Join the processes of a distributed run, if it is one.

    Args:
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
        dist_cfg (dict, optional): ``env_cfg.dist_cfg`` of a config. Defaults
            to None.
    """
    if launcher != 'none':
        init_dist(launcher, **(dist_cfg or {}))


def check_device(device: str | torch.device | None) -> None:
    """Check that there is a device.

    Args:
        device (str | torch.device, optional): The device; None is any.

    Raises:
        ValueError: If this machine, or this build of torch, has none such.
    """
    if device is None:
        return
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f'Expected argument `device` to be a device of this machine, but '
            f'got {str(device)!r}: {reason}'
        ) from error
