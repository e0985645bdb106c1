"""mmcuts3d: unsupervised instance segmentation by cutting semantics in 3D.

Importing it imports nothing else. ``import mmcuts3d.registry`` checks the
OpenMMLab packages and installs the repairs of :mod:`mmcuts3d.compat`: it comes
first in a script that imports torchvision, mmpretrain or mmengine's Runner.
"""

from .version import __version__

__all__ = ['__version__']
