"""Packages that only some functions need, imported when they are called."""

from importlib import import_module
from types import ModuleType

#: Import name: what pip calls it.
PIP_NAMES = {
    'open3d': 'open3d-cpu',
    'skimage': 'scikit-image',
    'sklearn': 'scikit-learn',
}


def need(module: str, what: str) -> ModuleType:
    """Import an optional package, or say how to get it.

    Args:
        module (str): Import name, such as ``'skimage.measure'``.
        what (str): What needs it, as the subject of a sentence.

    Returns:
        ModuleType: The module.

    Raises:
        ImportError: If it cannot be imported; names the pip command.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.split('.')[0]
        raise ImportError(
            f'{what} needs {package}: `pip install '
            f'{PIP_NAMES.get(package, package)}`. The import said: {error}'
        ) from error
