"""Joining the processes of a distributed run without a Runner."""

from mmengine.dist import init_dist

from mmcuts3d.compat import gloo_without_gpu


def join_processes(launcher: str, dist_cfg: dict | None = None) -> None:
    """Join the processes of a distributed run, if it is one.

    Args:
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
        dist_cfg (dict, optional): ``env_cfg.dist_cfg`` of a config. Defaults
            to None.
    """
    gloo_without_gpu.install()
    if launcher != 'none':
        init_dist(launcher, **(dist_cfg or {}))
