"""The stages of a config, on a terminal."""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .settings import Setting, Stage

WIDTH = 79


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the stages of a config.

    Args:
        arguments (Sequence[str], optional): Command line. Defaults to None:
            that of the process.

    Returns:
        int: 0.

    Raises:
        ValueError: If there is no such config, or it does not label.
    """
    args = parse_args(arguments)
    import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

    from mmengine.config import DictAction
    from mmengine.registry import init_default_scope

    from mmcuts3d.engine.config import load_config
    from mmcuts3d.files import find_config

    from .settings import stages_of

    options = {}
    for text in args.cfg_options or []:
        key, sign, value = text.partition('=')
        if not sign:
            raise ValueError(
                f'Expected --cfg-options to be key=value, but got {text!r}.'
            )
        options[key] = DictAction._parse_iterable(value)
    path = find_config(args.config)
    config = load_config(path, options)
    init_default_scope(config.get('default_scope', 'mmdet'))
    labels = (config.get('train_cfg') or {}).get('labels')
    model, prefix = config.get('model') or {}, 'model'
    if labels:
        model, prefix = labels.model, 'train_cfg.labels.model'
    stages = stages_of(model.to_dict() if model else {}, prefix)
    preset = (model.get('cut') or {}).get('preset')
    if args.json:
        print(json.dumps(as_rows(stages), indent=1, default=str))
        return 0
    print(f'{path}: {model.type}')
    if preset:
        print(f'Preset of the cut: {preset} (docs/design.md)')
    print(
        '\nEach setting: its value; [config] where the config gives it, '
        '[preset]\nwhere the preset does, else the default. Change one by '
        f'--cfg-options\n{prefix}.NAME=VALUE.'
    )
    for stage in stages:
        print()
        print('\n'.join(lines_of(stage, prefix, args.brief)))
    return 0


def parse_args(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m mmcuts3d explain',
        description='Every stage of a labeler with its settings: what each '
        'is, its value, and whether config, preset or paper gives it. '
        'Nothing is run or downloaded.',
        epilog='example: python -m mmcuts3d explain '
        'cuts3d_vit-b8-dino_zoedepth_imagenet --brief',
    )
    parser.add_argument(
        'config', help='config of a labeler: a file, or a name in configs/'
    )
    parser.add_argument(
        '--brief', action='store_true', help='values without their texts'
    )
    parser.add_argument('--json', action='store_true', help='print JSON')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='settings to change, as everywhere',
    )
    return parser.parse_args(arguments)


def lines_of(stage: Stage, prefix: str, brief: bool) -> list[str]:
    """A stage as text."""
    name = stage.name.removeprefix(prefix + '.')
    lines = [f'{name}: {stage.kind}']
    if stage.about:
        lines.append(f'  {stage.about}')
    for setting in stage.settings:
        lines += setting_lines(setting, stage.name, brief)
    return lines


def setting_lines(setting: Setting, place: str, brief: bool) -> list[str]:
    """A setting as text."""
    name = setting.name.removeprefix(place + '.')
    mark = '' if setting.origin == 'default' else f'  [{setting.origin}]'
    shown = textwrap.shorten(repr(setting.value), 60, placeholder=' ...')
    lines = [f'    {name} = {shown}{mark}']
    if not brief and setting.about:
        plain = re.sub(r':\w+:`~?([^`]*)`', r'\1', setting.about)
        lines += textwrap.wrap(
            plain.replace('``', ''),
            WIDTH,
            initial_indent=' ' * 8,
            subsequent_indent=' ' * 8,
        )
    return lines


def as_rows(stages: Sequence[Stage]) -> list[dict[str, Any]]:
    """The stages as JSON has them."""
    return [
        {
            'stage': stage.name,
            'type': stage.kind,
            'settings': {
                setting.name: {
                    'value': setting.value,
                    'origin': setting.origin,
                    'about': setting.about,
                }
                for setting in stage.settings
            },
        }
        for stage in stages
    ]
