"""LocalCut in the registry, so that configs can name it on its own.

``TASK_UTILS.build(dict(type='mmcuts3d.LocalCut'))`` splits the masks of any
detector along depth: see :meth:`mmcuts3d.cuts.LocalCut.split`.
"""

from typing import Any

from mmcuts3d.cuts import CutS3D, LocalCut, Preset
from mmcuts3d.registry import TASK_UTILS


@TASK_UTILS.register_module(name='LocalCut')
def local_cut(preset: Preset = 'guarded', **settings: Any) -> LocalCut:
    """LocalCut by the name of a preset, with changes.

    Args:
        preset (str): See :func:`mmcuts3d.cuts.preset`. Defaults to
            'guarded': terminals of single patches, as the paper has them,
            take single patches off a mask that has no eigenvector.
        **settings: Settings of :class:`~mmcuts3d.cuts.LocalCut`.

    Returns:
        LocalCut: Of that preset.

    Raises:
        ValueError: On another name, or settings out of range.
    """
    return CutS3D.from_preset(preset, local=settings).local
