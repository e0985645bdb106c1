"""Looks over the OpenMMLab packages before anything of mmcuts3d uses them.

The registry calls ``prepare``: everything that needs OpenMMLab goes through
it. Two families of packages share the import names; versions are read from
the modules, because their distributions have different names.
"""

import importlib
import importlib.util
from types import ModuleType

from . import compat

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


def prepare() -> None:
    """Checks the OpenMMLab packages and makes them know this one.

    Repairs of :mod:`mmcuts3d.compat` are in place after it, and
    ``mmcuts3d::`` names configs.

    Raises:
        ImportError: If a package is missing, too old, does not fit the
            others, or if mmcv has no compiled operators. The message says
            what to install.
    """
    compat.install_hooks()  # before the imports that they repair
    for name, minimum in MINIMUM.items():
        check_version(import_module(name), minimum)
    check_operators()
    compat.install_patches()
    from mmengine.config.utils import MODULE2PACKAGE

    # Now `mmcuts3d::` names our configs, as `mmdet::` names mmdet's.
    MODULE2PACKAGE.setdefault('mmcuts3d', 'mmcuts3d')
    register_named_weights()


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


def register_named_weights() -> None:
    """Lets ``init_cfg`` name checkpoints ``mmcuts3d://NAME``."""
    from mmengine.runner import CheckpointLoader

    def load_from_mmcuts3d(filename: str, map_location: object = None):
        from .models.backbone_weights import load_from_mmcuts3d as load

        return load(filename, map_location)

    CheckpointLoader.register_scheme(
        'mmcuts3d://', load_from_mmcuts3d, force=True
    )
