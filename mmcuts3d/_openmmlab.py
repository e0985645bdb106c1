"""Looks over the OpenMMLab packages before anything of mmcuts3d uses them.

The registry calls ``prepare``: everything that needs OpenMMLab goes through
it. Two families of packages share the import names; versions are read from
the modules, because their distributions have different names.
"""

import importlib
import importlib.util
from types import ModuleType

#: Oldest version of each module that mmcuts3d is made for.
MINIMUM = {'mmengine': (0, 10, 0), 'mmcv': (2, 1, 0), 'mmdet': (3, 3, 0)}

INSTALL = (
    'Install one of the two families of OpenMMLab packages, never both in one '
    'environment:\n'
    '  maintained forks: pip install --no-build-isolation -r '
    'requirements/mminstall-onedl.txt\n'
    '  upstream:         pip install --no-build-isolation -r '
    'requirements/mminstall.txt\n'
    'with torch installed before (mmcv builds its operators against it), or '
    'run `make setup`, which does it all.'
)

_STATISTICS = ('min', 'max', 'current', 'mean')


def prepare() -> None:
    """Checks the OpenMMLab packages and makes them know this one.

    Checkpoints of mmengine load after it, and ``mmcuts3d::`` names configs.

    Raises:
        ImportError: If a package is missing, too old, does not fit the
            others, or if mmcv has no compiled operators. The message says
            what to install.
    """
    for name, minimum in MINIMUM.items():
        check_version(import_module(name), minimum)
    check_operators()
    allow_checkpoint_classes()
    from mmengine.config.utils import MODULE2PACKAGE

    # Now `mmcuts3d::` names our configs, as `mmdet::` names mmdet's.
    MODULE2PACKAGE.setdefault('mmcuts3d', 'mmcuts3d')


def import_module(name: str) -> ModuleType:
    """Imports a package, or says how to install it.

    Raises:
        ImportError: If it is missing, or refuses its companions (mmdet
            asserts the versions of mmcv and mmengine at its import).
    """
    try:
        return importlib.import_module(name)
    except (ImportError, AssertionError) as error:
        raise ImportError(
            f'mmcuts3d needs {name}, and its import failed: '
            f'{type(error).__name__}: {error}\n{INSTALL}'
        ) from error


def check_version(module: ModuleType, minimum: tuple[int, ...]) -> None:
    """Raises ImportError if ``module.__version__`` is below ``minimum``."""
    from mmengine.utils import digit_version

    expected = '.'.join(map(str, minimum))
    if digit_version(module.__version__) < digit_version(expected):
        raise ImportError(
            f'Expected {module.__name__} to be {expected} or newer, but got '
            f'{module.__version__}.\n{INSTALL}'
        )


def check_operators() -> None:
    """Raises ImportError if mmcv's compiled operators cannot be loaded."""
    if importlib.util.find_spec('mmcv._ext') is None:
        raise ImportError(
            'mmcv is installed without its compiled operators (mmcv-lite, or '
            'a build in which torch was not visible). Uninstall it, empty '
            f"pip's wheel cache of it, and build it again.\n{INSTALL}"
        )
    try:
        importlib.import_module('mmcv._ext')
    except ImportError as error:
        raise ImportError(
            "mmcv's compiled operators were built for another torch and "
            f'cannot be loaded: {error}\nUninstall mmcv, empty the wheel '
            f'cache of pip, and build it again.\n{INSTALL}'
        ) from error


def allow_checkpoint_classes() -> None:
    """Lets mmengine's own checkpoints pass torch's safe loading.

    Since torch 2.6 ``torch.load`` rebuilds only known classes. Beside
    tensors, mmengine's checkpoints hold log histories (numpy arrays and the
    four statistics of HistoryBuffer). The maintained fork allows them for
    itself; upstream's 0.10.7 cannot resume without. Safe loading stays on.
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
