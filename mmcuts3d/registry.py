"""Registries of mmcuts3d, children of mmengine's.

Configs keep ``default_scope = 'mmdet'`` and write ``type='mmcuts3d.X'``:
mmengine imports this module for that prefix, and ``locations`` imports what
holds X. Nothing needs ``custom_imports``.
"""

from ._openmmlab import prepare

prepare()  # a clear error, before anything fails in the middle of an import

# ruff: noqa: E402
import mmengine.registry
from mmengine.registry import DATASETS as MMENGINE_DATASETS
from mmengine.registry import HOOKS as MMENGINE_HOOKS
from mmengine.registry import LOOPS as MMENGINE_LOOPS
from mmengine.registry import METRICS as MMENGINE_METRICS
from mmengine.registry import MODELS as MMENGINE_MODELS
from mmengine.registry import OPTIM_WRAPPERS as MMENGINE_OPTIM_WRAPPERS
from mmengine.registry import TASK_UTILS as MMENGINE_TASK_UTILS
from mmengine.registry import TRANSFORMS as MMENGINE_TRANSFORMS
from mmengine.registry import VISUALIZERS as MMENGINE_VISUALIZERS
from mmengine.registry import Registry


def _child(parent: Registry, *locations: str) -> Registry:
    return Registry(
        parent.name,
        parent=parent,
        scope='mmcuts3d',
        locations=[f'mmcuts3d.{location}' for location in locations],
    )


MODELS = _child(MMENGINE_MODELS, 'models')
TASK_UTILS = _child(MMENGINE_TASK_UTILS, 'models')
DATASETS = _child(MMENGINE_DATASETS, 'datasets')
TRANSFORMS = _child(MMENGINE_TRANSFORMS, 'datasets.transforms')
METRICS = _child(MMENGINE_METRICS, 'evaluation')
VISUALIZERS = _child(MMENGINE_VISUALIZERS, 'visualization')
HOOKS = _child(MMENGINE_HOOKS, 'engine.hooks')
LOOPS = _child(MMENGINE_LOOPS, 'engine.loops')
OPTIM_WRAPPERS = _child(MMENGINE_OPTIM_WRAPPERS, 'engine.optim')

# The other registries, with nothing of ours: types of configs whose base is
# named `mmcuts3d::` are looked for in this scope first.
for _name in mmengine.registry.__all__:
    _root = getattr(mmengine.registry, _name)
    if isinstance(_root, Registry) and 'mmcuts3d' not in _root.children:
        _child(_root, 'registry')
