"""Imports mmpretrain beside a transformers that is too new for it.

mmpretrain imports its vision-language models whenever transformers is there.
Those of 1.2 need functions that transformers 4 moved out of `modeling_utils`
and later took away, those of the maintained fork need transformers 4.

Upstream: https://github.com/huggingface/transformers/pull/16625 moved the
functions; there is no issue of mmpretrain for it, whose last release, 1.2.0,
is older than the removal. Delete this file when mmpretrain 1.2 is supported
no more and the fork (1.3.6 today) imports beside transformers 5.
"""

import importlib.metadata
from types import ModuleType

from .import_hooks import add_hook


def install() -> None:
    """Repairs mmpretrain when it is imported later."""
    add_hook('mmpretrain.utils.dependency', after=switch_off_multimodal)


def switch_off_multimodal(dependency: ModuleType) -> bool:
    """Turns mmpretrain's own switch where its models cannot be imported.

    The switch puts placeholders in their place that say so when called.

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
