"""The config of a run: a base of some scale, and a row put over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from ..config import load_config
from ..innermost import innermost_config
from .rows import Row

ROUNDS = {0: '', 1: '-1round', 3: '-3rounds'}


def scale_config(scale: str, rounds: int, folder: Path) -> Path:
    """The base of a scale, with so many rounds of self-training.

    Args:
        scale (str): Its name, such as 'scenes' or 'imagenet'.
        rounds (int): Of self-training.
        folder (Path): Of the bases.

    Returns:
        Path: A config.

    Raises:
        ValueError: If there is none.
    """
    path = folder / f'{scale}{ROUNDS.get(rounds, f"-{rounds}rounds")}.py'
    if not path.is_file():
        known = sorted(one.stem for one in folder.glob('*.py'))
        raise ValueError(
            f'Expected the base {path.stem} of rows with {rounds} rounds '
            f'among {known}, but got none.'
        )
    return path


def compose(
    base: str | Path,
    row: Row,
    seed: int = 0,
    options: dict[str, Any] | None = None,
) -> Config:
    """The config of a row.

    Args:
        base (str | Path): A config that labels and trains in one run, see
            :class:`~mmcuts3d.engine.loops.LabelThenTrainLoop`.
        row (Row): The row.
        seed (int): Of the training. Defaults to 0.
        options (dict, optional): Of ``--cfg-options``; the last word.
            Defaults to None.

    Returns:
        Config: The config.

    Raises:
        ValueError: If the base does not label, or the row names settings of
            something that it has not, or a variant.
    """
    config = load_config(base, options)
    labels = (config.get('train_cfg') or {}).get('labels')
    if not labels:
        raise ValueError(
            f'Expected {base} to label and train in one run, with `labels` '
            "in `train_cfg` of type 'mmcuts3d.LabelThenTrainLoop', but got "
            'none.'
        )
    changes = dict(row.changes)
    variants = config.pop('variants', {})
    if row.variant:
        if row.variant not in variants:
            raise ValueError(
                f'Expected {base} to have `variants` with '
                f'{row.variant!r}, which {row.key} is, but got '
                f'{sorted(variants)}.'
            )
        config = _over(config, variants[row.variant])
    without = config.pop('without_confidence', None)
    if without and not row.uses_confidence:
        config = _over(config, without)
    model: dict[str, Any] = {
        part: changes[part] for part in ('cut', 'features') if part in changes
    }
    config = _over(config, {'train_cfg': {'labels': {'model': model}}})
    if 'depth' in changes:  # another source has other arguments
        config.train_cfg.labels.model.depth = ConfigDict(changes['depth'])
    if 'confidence' in changes:
        dataset = innermost_config(config.train_dataloader)
        dataset['confidence'] = changes['confidence']
    config = _over(config, changes.get('config', {}))
    config = _over(config, {'randomness': {'seed': seed}})
    if options:
        config.merge_from_dict(options)
    return config


def _over(config: Config, changes: dict[str, Any]) -> Config:
    """A config with changes put over it, as a config that inherits has."""
    merged = Config._merge_a_into_b(changes, config._cfg_dict)
    return Config(merged, filename=config.filename)
