"""LocalCut in the registry, so that configs can name it on its own.

``TASK_UTILS.build(dict(type='mmcuts3d.LocalCut', tau_knn=0.115))`` splits the
masks of any detector along depth: see :meth:`mmcuts3d.cuts.LocalCut.split`.
"""

from mmcuts3d.cuts import LocalCut
from mmcuts3d.registry import TASK_UTILS

TASK_UTILS.register_module(name='LocalCut', module=LocalCut)
