"""What a config is for, before anything of it is built.

A wrong command ends here with one sentence, before it asks for weights.
"""

from pathlib import Path
from typing import Literal

from mmdet.models.detectors import BaseDetector
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from mmcuts3d.models.labelers import BaseLabeler

Purpose = Literal['train', 'test', 'label']

_LABEL = 'python tools/generate_pseudo_labels.py'
_NEEDED = {
    'train': ('train_dataloader', 'train_cfg', 'optim_wrapper'),
    'test': ('test_dataloader', 'test_cfg', 'test_evaluator'),
    'label': ('test_dataloader',),
}


def is_labeler(model: dict) -> bool:
    """Whether a model's config is that of a labeler: no training, no weights
    of its own.

    Args:
        model (dict): Config of a model.

    Returns:
        bool: Whether it is.
    """
    return _is_a(model, BaseLabeler)


def check_purpose(config: Config, path: str | Path, purpose: Purpose) -> None:
    """Check that a config can be used by a command.

    Args:
        config (Config): The config.
        path (str | Path): Its file, for the message.
        purpose (str): ``'train'``, ``'test'`` or ``'label'``.

    Raises:
        ValueError: If it cannot; in one sentence what the file is for and
            which command takes it.
    """
    model = config.get('model')
    if 'ablation' in config:
        raise ValueError(
            f'{path} is a row of an ablation, which is put over a base: '
            f'`python tools/ablations.py {path}` trains it.'
        )
    if not isinstance(model, dict) or 'type' not in model:
        raise ValueError(
            f'{path} has no `model`: it is a part of a config, for the '
            '`_base_` of another one, and no command takes it alone.'
        )
    init_default_scope(config.get('default_scope', 'mmdet'))
    labeler = is_labeler(model)
    missing = [key for key in _NEEDED[purpose] if config.get(key) is None]
    if purpose == 'train' and labeler:
        raise ValueError(
            f'{path} is the config of a labeler ({model["type"]}), which is '
            f'not trained: `{_LABEL} {path} --images DIR --out DIR` makes '
            'labels with it, on which a detector is trained, '
            f'`python tools/test.py {path}` measures it.'
        )
    if not missing:
        return
    listed = ', '.join(f'`{key}`' for key in missing)
    if purpose == 'train':
        use = (
            'is for measuring a trained detector: '
            f'`python tools/test.py {path} CHECKPOINT`'
            if config.get('test_dataloader') is not None
            else 'trains nothing'
        )
    elif config.get('train_dataloader') is not None:
        use = f'is for training: `python tools/train.py {path}`'
    elif labeler and config.get('test_dataloader') is not None:
        use = f'is for labeling: `{_LABEL} {path} --images DIR --out DIR`'
    else:
        use = 'is a part of a config, for the `_base_` of another one'
    raise ValueError(f'{path} has no {listed}; it {use}.')


def check_learned(model: dict, checkpoint: str | Path | None) -> None:
    """Check that a model that must be trained comes with weights.

    Args:
        model (dict): Config of a model.
        checkpoint (str | Path, optional): Its weights.

    Raises:
        ValueError: If it is a detector and there are none.
    """
    if (
        checkpoint is None
        and _is_a(model, BaseDetector)
        and not is_labeler(model)
    ):
        raise ValueError(
            f'Expected a checkpoint for {model["type"]}, a detector that '
            'must be trained, but got none: give its weights by '
            '`--checkpoint`, or take the config of a labeler, which needs '
            'none (configs/cuts3d, maskcut, votecut, tokencut).'
        )


def _is_a(model: dict, parent: type) -> bool:
    kind = model.get('type')
    if isinstance(kind, str):
        with MODELS.switch_scope_and_registry(None) as registry:
            kind = registry.get(kind)
    return isinstance(kind, type) and issubclass(kind, parent)
