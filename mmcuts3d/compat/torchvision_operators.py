"""Imports a torchvision whose binary does not fit the torch.

Some releases of torchvision have CUDA wheels only. Beside a CPU torch their
compiled part cannot be loaded, and the import dies with "operator
torchvision::nms does not exist", which takes mmengine's Runner, mmpretrain
and timm with it.

Upstream: https://github.com/pytorch/vision/issues/9085. Delete this file when
torchvision's wheels on PyPI can be imported beside a torch without CUDA; up
to 0.28 they cannot.
"""

from pathlib import Path

from .import_hooks import add_hook

#: Operators that torchvision's import expects, whatever its binary does.
OPERATORS = ('nms', 'qnms')
SCHEMA = '(Tensor dets, Tensor scores, float iou_threshold) -> Tensor'

_libraries: list[object] = []  # a torch Library undoes itself when it dies


def install() -> None:
    """Repairs torchvision when it is imported later."""
    add_hook(
        'torchvision',
        before=lambda path: define_missing_operators(Path(path).parent),
    )


def define_missing_operators(folder: Path) -> bool:
    """Makes torchvision importable whose binary does not fit the torch.

    With the schemas of ``nms`` and ``qnms`` known, its Python parts work; the
    operators themselves stay without a kernel, and who calls one gets
    torchvision's own error. A binary that loads is left alone.

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
