"""Loads mmengine's checkpoints under torch's safe loading.

Since torch 2.6 ``torch.load`` rebuilds only known classes, and upstream's
mmengine 0.10.7 cannot resume. The maintained fork allows what it writes for
itself. Safe loading stays on here.

Upstream: https://github.com/open-mmlab/mmengine/issues/1655. Delete this file
when mmengine below 0.10.12, the fork's release, is supported no more.
"""

_STATISTICS = ('min', 'max', 'current', 'mean')


def install() -> None:
    """Lets mmengine's own checkpoints pass torch's safe loading.

    Beside tensors, they hold log histories (numpy arrays and the four
    statistics of HistoryBuffer).
    """
    import numpy as np
    import torch
    from mmengine.logging import HistoryBuffer

    if not hasattr(torch.serialization, 'add_safe_globals'):
        return  # torch before 2.4 has no list, and loads without it
    core = getattr(np, '_core', None) or np.core
    dtypes = {type(np.dtype(code)) for code in np.typecodes['AllInteger']}
    dtypes |= {type(np.dtype(code)) for code in ('e', 'f', 'd', '?')}
    reconstruct, scalar = core.multiarray._reconstruct, core.multiarray.scalar
    torch.serialization.add_safe_globals(
        [HistoryBuffer, np.ndarray, np.dtype, reconstruct, scalar, *dtypes]
    )
    if torch.__version__ < torch.torch_version.TorchVersion('2.7'):
        torch.serialization.add_safe_globals([getattr])
        return
    # Names other than the function's own: what numpy 1 wrote, and getattr,
    # of which only the one harmless use is allowed.
    torch.serialization.add_safe_globals(
        [
            (reconstruct, 'numpy.core.multiarray._reconstruct'),
            (scalar, 'numpy.core.multiarray.scalar'),
            (_statistic, 'builtins.getattr'),
        ]
    )


def _statistic(owner: type, name: str) -> object:
    """What ``getattr`` may do in a checkpoint: name a statistic."""
    from mmengine.logging import HistoryBuffer

    if owner is not HistoryBuffer or name not in _STATISTICS:
        raise ValueError(
            f'Expected a checkpoint to look up one of {_STATISTICS} of '
            f'HistoryBuffer, but got {name!r} of {owner!r}'
        )
    return getattr(HistoryBuffer, name)
