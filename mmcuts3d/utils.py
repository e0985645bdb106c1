"""What mmengine asks of a package under the name ``utils``.

``mmengine.hub.get_model('mmcuts3d::...')`` calls ``register_all_modules``.
"""

import time
from importlib import import_module

from . import registry  # noqa: F401  (checks and repairs OpenMMLab first)

__all__ = ['register_all_modules']

_MODULES = (
    'models',
    'datasets.transforms',
    'evaluation',
    'visualization',
    'engine.hooks',
    'engine.loops',
)


def register_all_modules(init_default_scope: bool = True) -> None:
    """Registers all components of mmdet and of mmcuts3d.

    Args:
        init_default_scope (bool): Whether mmdet becomes the default scope, as
            in every config of mmcuts3d. Defaults to True.
    """
    from mmdet.utils import register_all_modules as register_mmdet
    from mmengine.registry import DefaultScope

    register_mmdet(init_default_scope=False)
    for name in _MODULES:
        import_module(f'mmcuts3d.{name}')
    current = DefaultScope.get_current_instance()
    if init_default_scope and (
        current is None or current.scope_name != 'mmdet'
    ):
        # Scopes have unique names; the newest is the one that counts.
        DefaultScope.get_instance(
            f'mmdet-{time.time_ns()}', scope_name='mmdet'
        )
