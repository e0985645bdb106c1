"""Repairs of other packages, one file each: what fails, the upstream issue,
and the version at which the file can go.

``mmcuts3d.registry`` installs them all, before it imports OpenMMLab. A repair
is a module of this folder with an ``install()`` that may be called twice,
imports what it repairs inside functions only, and acts only where the package
fails.
"""

from importlib import import_module

#: Import hooks: put in place before anything is imported, and import nothing.
HOOKS = ('torchvision_operators', 'mmpretrain_multimodal')
#: Repairs of packages that are there by then: mmengine and torch.
PATCHES = (
    'checkpoint_classes',
    'gloo_without_gpu',
    'measures_by_one_process',
)

__all__ = ['HOOKS', 'PATCHES', 'install_hooks', 'install_patches']


def install_hooks() -> None:
    """Repairs torchvision and mmpretrain when they are imported later."""
    _install(HOOKS)


def install_patches() -> None:
    """Repairs mmengine; imports it and torch."""
    _install(PATCHES)


def _install(names: tuple[str, ...]) -> None:
    for name in names:
        import_module(f'{__name__}.{name}').install()
