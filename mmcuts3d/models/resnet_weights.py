"""Published ResNet checkpoints to torchvision's names, which mmdet takes.

Layouts: the backbone alone (DINO), under ``state_dict`` (DenseCL), and whole
checkpoints of a training, with the backbone under ``backbone.``,
``encoder_q.0.`` or a name like it and heads beside it.
"""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

#: Blocks in the four stages.
STAGES = {
    'resnet18': (2, 2, 2, 2),
    'resnet34': (3, 4, 6, 3),
    'resnet50': (3, 4, 6, 3),
    'resnet101': (3, 4, 23, 3),
    'resnet152': (3, 8, 36, 3),
}
_STEM = 'conv1.weight'
_FIRST_BLOCK = 'layer1.0.conv1.weight'
_NORM = r'(weight|bias|running_mean|running_var|num_batches_tracked)'
_KNOWN = re.compile(
    rf'conv1\.weight|bn1\.{_NORM}'
    rf'|layer[1-4]\.\d+\.(conv[123]\.weight|bn[123]\.{_NORM}'
    rf'|downsample\.0\.weight|downsample\.1\.{_NORM})'
)
_HEADS = re.compile(r'(fc|head|neck)\b')


def convert_resnet(
    checkpoint: Mapping[str, Any], arch: str
) -> dict[str, Tensor]:
    """Weights of a published ResNet under torchvision's names.

    mmengine loads what fits and leaves the rest of a backbone as it is, so
    that a file of another network would train from noise: it is refused.

    Args:
        checkpoint (dict): What ``torch.load`` gives.
        arch (str): A key of ``STAGES``.

    Returns:
        dict[str, Tensor]: State dict of the backbone, heads left out.

    Raises:
        ValueError: If `arch` is unknown, or the checkpoint holds no ResNet,
            another one than `arch`, or weights that it has no place for.
    """
    if arch not in STAGES:
        raise ValueError(
            f'Expected argument `arch` to be one of {sorted(STAGES)}, but '
            f'got {arch!r}.'
        )
    if not isinstance(checkpoint, Mapping):
        raise ValueError(
            'Expected argument `checkpoint` to be a dict, but got '
            f'{type(checkpoint).__name__}.'
        )
    inner = checkpoint.get('state_dict')
    weights = inner if isinstance(inner, Mapping) else checkpoint
    prefix = _prefix(weights)
    state = {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix) and isinstance(value, Tensor)
    }
    state = {k: v for k, v in state.items() if not _HEADS.match(k)}
    unknown = sorted(name for name in state if not _KNOWN.fullmatch(name))
    if unknown:
        raise ValueError(
            'Expected argument `checkpoint` to hold a plain ResNet, but got '
            f'weights that it has no place for: {", ".join(unknown[:4])}.'
        )
    _check_depth(state, arch)
    return state


def _prefix(weights: Mapping[str, Any]) -> str:
    """What stands before the names of the one backbone."""
    names = set(map(str, weights))
    found = [
        name.removesuffix(_STEM)
        for name in names
        if name.endswith(_STEM)
        and name.removesuffix(_STEM) + _FIRST_BLOCK in names
    ]
    if len(found) > 1:  # a momentum encoder beside what is trained
        found = [one for one in found if one.endswith('backbone.')] or [
            one for one in found if 'encoder_q' in one
        ]
    if len(found) != 1:
        raise ValueError(
            f'Expected argument `checkpoint` to hold one ResNet (`{_STEM}`, '
            f'`{_FIRST_BLOCK}`), but got {len(found)} among '
            f'{", ".join(sorted(names)[:4])}.'
        )
    return found[0]


def _check_depth(state: Mapping[str, Tensor], arch: str) -> None:
    stages = tuple(
        len({k.split('.')[1] for k in state if k.startswith(f'layer{n}.')})
        for n in (1, 2, 3, 4)
    )
    deep = f'{_FIRST_BLOCK.rsplit(".", 2)[0]}.conv3.weight' in state
    wide = arch not in ('resnet18', 'resnet34')
    if stages != STAGES[arch] or deep != wide:
        raise ValueError(
            f'Expected argument `checkpoint` to hold a {arch} of '
            f'{STAGES[arch]} blocks, but got one of {stages}.'
        )
