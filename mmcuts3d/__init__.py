"""mmcuts3d: unsupervised instance segmentation by cutting semantics in 3D.

Importing it imports nothing heavy: neither torch nor any OpenMMLab package.
"""

from . import _import_repairs
from .version import __version__

_import_repairs.install()

__all__ = ['__version__']
