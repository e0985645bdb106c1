"""Official ViT checkpoints to mmpretrain's state dict (before ViTKeys).

Layouts: DINO (plain backbone files; full checkpoints with ``student`` and
``teacher``), DiffNCuts (``model`` with the ViT under ``net.`` or
``module.net.`` and heads beside it), MAE and DeiT (``model`` with or without
decoder or head), MSN (``encoder`` and ``target_encoder``), MoCo v3
(``state_dict`` with ``module.base_encoder.`` and its moving average),
SelfPatch (as DINO, without class token and last norm) and mmpretrain's own.
"""

import re
from collections.abc import Mapping
from math import isqrt
from typing import Any

from torch import Tensor

#: Where a checkpoint keeps its weights. Of two networks the one that its
#: authors evaluate: the moving average of DINO and MSN, but the network itself
#: of MoCo v3.
CONTAINERS = (
    'teacher',
    'target_encoder',
    'model',
    'state_dict',
    'student',
    'encoder',
)
_PREFERRED = ('teacher', 'base_encoder')

_ANCHOR = 'patch_embed.proj'
_RULES = (
    (r'patch_embed\.proj\.', 'patch_embed.projection.'),
    (r'blocks\.(\d+)\.norm([12])\.', r'layers.\1.ln\2.'),
    (r'blocks\.(\d+)\.attn\.(qkv|proj)\.', r'layers.\1.attn.\2.'),
    (r'blocks\.(\d+)\.mlp\.fc1\.', r'layers.\1.ffn.layers.0.0.'),
    (r'blocks\.(\d+)\.mlp\.fc2\.', r'layers.\1.ffn.layers.1.'),
    (r'norm\.', 'ln1.'),
)
#: Beside the encoder; everything else that is unknown changes its output.
_DROPPED = re.compile(
    r'(head|heads|fc|fc_norm|pre_logits|decoder|mask_token$|decoder_\w+)'
)


def convert_to_mmpretrain(
    checkpoint: Mapping[str, Any], key: str | None = None
) -> dict[str, Tensor]:
    """Weights of an official ViT checkpoint under mmpretrain's names.

    Args:
        checkpoint (dict): What ``torch.load`` gives for a DINO, DiffNCuts,
            MAE, MSN, MoCo v3, SelfPatch, DeiT or mmpretrain file.
        key (str, optional): Entry of the checkpoint that holds the weights,
            such as ``'student'``. Defaults to None: the first of
            ``teacher``, ``target_encoder``, ``model``, ``state_dict``,
            ``student``, ``encoder``, else the checkpoint itself.

    Returns:
        dict[str, Tensor]: State dict of mmpretrain's ``VisionTransformer``;
        the position embedding keeps its grid. Heads and decoders are left
        out. Without ``cls_token`` and ``ln1`` for SelfPatch's, which has the
        class token in its head.

    Raises:
        ValueError: If no ViT, or more than one, is found, if weights are
            missing, or if there are weights that this ViT has no place for
            (layer scale, register tokens, a separate key bias …).
    """
    weights = _backbone(_open(checkpoint, key))
    native = f'{_ANCHOR}.weight' not in weights
    state, unknown = {}, []
    for name, value in weights.items():
        new_name = name if native else _rename(name)
        if _is_known(new_name):
            state[new_name] = value
        elif not _DROPPED.match(name):
            unknown.append(name)
    if unknown:
        raise ValueError(
            'Expected argument `checkpoint` to hold a plain ViT, but got '
            f'weights that it has no place for: {_few(unknown)}'
        )
    _check_complete(state)
    return state


def _open(checkpoint: Mapping[str, Any], key: str | None) -> dict[str, Tensor]:
    if not isinstance(checkpoint, Mapping):
        raise ValueError(
            'Expected argument `checkpoint` to be a dict, but got '
            f'{type(checkpoint).__name__}'
        )
    if key is not None and not isinstance(checkpoint.get(key), Mapping):
        raise ValueError(
            'Expected argument `key` to name an entry with weights, but got '
            f'{key!r} and a checkpoint with {_few(checkpoint)}'
        )
    for name in CONTAINERS if key is None else (key,):
        if isinstance(checkpoint.get(name), Mapping):
            checkpoint = checkpoint[name]
            break
    return {k: v for k, v in checkpoint.items() if isinstance(v, Tensor)}


def _backbone(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The entries of the one ViT, without their common prefix."""
    pattern = re.compile(r'(|.*\.)patch_embed\.proj(ection)?\.weight')
    prefixes = [m[1] for name in weights if (m := pattern.fullmatch(name))]
    if len(prefixes) > 1:
        preferred = [p for p in prefixes if any(w in p for w in _PREFERRED)]
        prefixes = preferred or prefixes
    if len(prefixes) != 1:
        raise ValueError(
            'Expected argument `checkpoint` to hold one ViT (one '
            f'`{_ANCHOR}.weight`), but got {len(prefixes)} among '
            f'{_few(weights)}'
        )
    prefix = prefixes[0]
    return {
        name[len(prefix) :]: value
        for name, value in weights.items()
        if name.startswith(prefix)
    }


def _rename(name: str) -> str:
    for pattern, replacement in _RULES:
        new_name, count = re.subn(f'^{pattern}', replacement, name)
        if count:
            return new_name
    return name


def _is_known(name: str) -> bool:
    return name in _names(0) or bool(
        re.fullmatch(
            r'layers\.\d+\.(ln[12]|attn\.qkv|attn\.proj|ffn\.layers\.0\.0'
            r'|ffn\.layers\.1)\.(weight|bias)',
            name,
        )
    )


def _names(num_layers: int) -> set[str]:
    """All weights of mmpretrain's VisionTransformer."""
    modules = ['patch_embed.projection', 'ln1']
    for i in range(num_layers):
        modules += [f'layers.{i}.{part}' for part in ('ln1', 'ln2')]
        modules += [f'layers.{i}.attn.{part}' for part in ('qkv', 'proj')]
        modules += [f'layers.{i}.ffn.layers.{part}' for part in ('0.0', '1')]
    names = {f'{m}.{part}' for m in modules for part in ('weight', 'bias')}
    return names | {'cls_token', 'pos_embed'}


def _check_complete(state: dict[str, Tensor]) -> None:
    layers = {int(k.split('.')[1]) for k in state if k.startswith('layers.')}
    expected = _names(max(layers, default=0) + 1)
    if _is_class_free(state):
        expected -= {'cls_token', 'ln1.weight', 'ln1.bias'}
    missing = expected - set(state)
    if missing:
        raise ValueError(
            'Expected argument `checkpoint` to hold a whole ViT, but got one '
            f'without {_few(missing)} (names as in mmpretrain)'
        )


def _is_class_free(state: dict[str, Tensor]) -> bool:
    """Whether the position embedding has places for the patches alone."""
    position = state.get('pos_embed')
    if position is None or 'cls_token' in state or position.ndim != 3:
        return False
    return isqrt(position.shape[1]) ** 2 == position.shape[1]


def _few(names: Any, count: int = 4) -> str:
    names = sorted(map(str, names))
    return ', '.join(names[:count]) + (' …' if len(names) > count else '')
