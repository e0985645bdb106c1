"""What a training needs, before anything of it is built.

A run that lacks labels, weights or a GPU ends here with one sentence, which
says how to get them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from .innermost import innermost_config
from .optim import has_mixed_precision

#: Datasets of labels, and whose command makes them.
_PSEUDO_LABELS = 'PseudoLabelDataset'


def check_training(config: Config, path: str | Path) -> None:
    """Check that the files of a training are there, and its device.

    Looked for are the labels to train on, the ground truth of validations,
    and the weights of the training before. Addresses of other kinds than
    files of this machine are not looked at.

    Args:
        config (Config): Of a training.
        path (str | Path): Its file, for the message.

    Raises:
        ValueError: If something is missing; in one sentence what it is and
            how it is made.
    """
    _check_labels(config, path)
    _check_weights(config, path)
    _check_ground_truth(config, path)
    wrapper = config.optim_wrapper.get('type', '')
    if 'ParameterwiseClipAmp' in wrapper and not has_mixed_precision():
        raise ValueError(
            f'{path} trains in mixed precision, for which there is no GPU '
            'here: --cfg-options optim_wrapper.type=mmcuts3d.'
            'ParameterwiseClipOptimWrapper trains without.'
        )


def _check_labels(config: Config, path: str | Path) -> None:
    dataset = innermost_config(config.train_dataloader)
    file = _ann_file(dataset)
    if file is None or (config.train_cfg or {}).get('labels'):
        return  # none, or LabelThenTrainLoop makes them
    if not Path(file).exists():
        how = (
            'tools/generate_pseudo_labels.py makes pseudo-labels, '
            'tools/merge_rounds.py those of a round'
            if str(dataset.get('type')).endswith(_PSEUDO_LABELS)
            else 'see docs/datasets.md'
        )
        raise ValueError(
            f'{path} trains on the labels {file}, which are not there: {how}, '
            'and the first lines of the config say which.'
        )


def _check_weights(config: Config, path: str | Path) -> None:
    weights = config.get('load_from')
    if not weights or _is_elsewhere(weights) or Path(weights).is_file():
        return
    if config.get('resume'):
        how = 'name a checkpoint of this training by `--resume`'
    else:
        before = Path(path).parent / f'{Path(weights).parent.name}.py'
        how = (
            f'`python tools/train.py {before}` makes them'
            if before.is_file()
            else 'name others by --cfg-options load_from=FILE'
        )
    raise ValueError(
        f'{path} begins with the weights {weights}, which are not there: '
        f'{how}.'
    )


def _check_ground_truth(config: Config, path: str | Path) -> None:
    if config.get('val_dataloader') is None:
        return
    dataset = innermost_config(config.val_dataloader)
    file = _ann_file(dataset)
    if file is not None and not Path(file).exists():
        raise ValueError(
            f'{path} measures with the ground truth {file}, which is not '
            'there: docs/datasets.md says where it is from; --cfg-options '
            'val_cfg=None val_dataloader=None val_evaluator=None trains '
            'without.'
        )


def _ann_file(dataset: Mapping[str, Any]) -> str | None:
    """The file of a dataset on this machine, or None."""
    file = dataset.get('ann_file')
    if not file or dataset.get('backend_args'):
        return None
    root = dataset.get('data_root') or ''
    if _is_elsewhere(file) or _is_elsewhere(root):
        return None
    return str(Path(root) / file)


def _is_elsewhere(address: str) -> bool:
    """Whether it is no file of this machine."""
    return '://' in str(address)
