"""Import hooks that repair two packages on machines where they cannot load.

Hooks, because the repairs need torch or the package itself, and ``import
mmcuts3d`` shall import neither. Each acts only where its package fails.
"""

import importlib.abc
import importlib.machinery
import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

#: Operators that torchvision's import expects, whatever its binary does.
OPERATORS = ('nms', 'qnms')
SCHEMA = '(Tensor dets, Tensor scores, float iou_threshold) -> Tensor'

_libraries: list[object] = []  # a torch Library undoes itself when it dies


def install() -> None:
    """Puts the hooks in place, once."""
    if not any(isinstance(f, RepairFinder) for f in sys.meta_path):
        sys.meta_path.insert(0, RepairFinder())


def define_missing_operators(folder: Path) -> bool:
    """Makes torchvision importable whose binary does not fit the torch.

    Some releases of torchvision have CUDA wheels only. Beside a CPU torch
    their compiled part cannot be loaded, and the import dies with "operator
    torchvision::nms does not exist", which takes mmengine's Runner,
    mmpretrain and timm with it. With the schemas of ``nms`` and ``qnms``
    known, its Python parts work; the operators themselves stay without a
    kernel, and who calls one gets torchvision's own error. A binary that
    loads is left alone.

    Args:
        folder (Path): The folder of the torchvision package.

    Returns:
        bool: Whether operators were defined.
    """
    import torch

    # The same call that torchvision makes first; loading twice does no harm.
    for binary in [*folder.glob('_C*.so'), *folder.glob('_C*.pyd')]:
        try:
            torch.ops.load_library(str(binary))
        except (ImportError, OSError):
            continue
        return False
    namespace = torch.ops.torchvision
    missing = [name for name in OPERATORS if not hasattr(namespace, name)]
    if missing:
        library = torch.library.Library('torchvision', 'FRAGMENT')
        for name in missing:
            library.define(name + SCHEMA)
        _libraries.append(library)
    return bool(missing)


def switch_off_multimodal(dependency: ModuleType) -> bool:
    """Makes mmpretrain importable beside a transformers that is too new.

    mmpretrain imports its vision-language models whenever transformers is
    there, and newer releases of it lack what they need. mmpretrain's own
    switch then puts placeholders in their place that say so when called.

    Args:
        dependency (ModuleType): The module ``mmpretrain.utils.dependency``.

    Returns:
        bool: Whether the switch was turned.
    """
    if not getattr(dependency, 'WITH_MULTIMODAL', False):
        return False
    if int(importlib.metadata.version('transformers').split('.')[0]) < 5:
        from mmpretrain.version import __version__ as mmpretrain_version

        if not mmpretrain_version.startswith(('1.0.', '1.1.', '1.2.')):
            return False  # 1.3 supports all of transformers 4
        from transformers import modeling_utils

        if hasattr(modeling_utils, 'find_pruneable_heads_and_indices'):
            return False
    dependency.WITH_MULTIMODAL = False
    return True


class RepairFinder(importlib.abc.MetaPathFinder):
    """Finds a module where Python would, and adds its repair to the import."""

    MODULES = ('torchvision', 'mmpretrain.utils.dependency')

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Spec of a module that may need repair, None for all others."""
        if fullname not in self.MODULES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is (
            importlib.machinery.SourceFileLoader
        ):
            spec.loader = _RepairLoader(spec.loader.name, spec.loader.path)
        return spec


class _RepairLoader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        if self.name == 'torchvision':
            define_missing_operators(Path(self.path).parent)
        super().exec_module(module)
        if self.name == 'mmpretrain.utils.dependency':
            switch_off_multimodal(module)
