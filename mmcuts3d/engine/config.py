"""Reads a config so that its settings are followed by what depends on them.

mmengine reads a base before the config that inherits it, so that ``max_iters
= 6`` in the latter comes too late for what the base made of its own. A base
of mmcuts3d takes such settings from environment variables, mmengine's own
way: ``max_iters = {{'$MMCUTS3D_MAX_ITERS:600'}}``. :func:`load_config` looks
what the settings are at the end, and reads the config again with these.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmcuts3d.files import find_config

PREFIX = 'MMCUTS3D_'
_SETTING = re.compile(
    r'\{\{[\'"]?\s*\$' + PREFIX + r'(\w+)\s*:\s*([^\s\'"}]+)\s*[\'"]?\}\}'
)


def load_config(
    path: str | Path, options: Mapping[str, Any] | None = None
) -> Config:
    """Reads a config and follows its settings.

    Args:
        path (str or Path): Config file, or the name of one of configs/, see
            :func:`~mmcuts3d.files.find_config`.
        options (Mapping, optional): Of ``--cfg-options``, dotted name to
            value. Defaults to None.

    Returns:
        Config: With ``options`` in it; what the file makes of a setting
        (``max_iters``, ``first_round``, ``data_root``, ``labels_dir``) is
        made of the setting's last value.

    Raises:
        ValueError: If there is no such config, the value of a setting is of
            another type than its default, or text that cannot stand in a
            config.
    """
    path = find_config(path)
    config = _read(path, options)
    changed = {
        PREFIX + name.upper(): value
        for name, value in changed_settings(config).items()
    }
    if changed:
        with _environment(changed):
            config = _read(path, options)
    return config


def changed_settings(config: Config) -> dict[str, str]:
    """Settings whose value is not the one that the config was made of.

    Args:
        config (Config): As mmengine reads it.

    Returns:
        dict[str, str]: Name to value.

    Raises:
        ValueError: See :func:`load_config`.
    """
    changed = {}
    for variable, default in _SETTING.findall(config.text):
        name = variable.lower()
        used = os.environ.get(PREFIX + variable, default)
        value = config.get(name)
        if value is None or str(value) == used:
            continue
        if name == 'first_round' and _follows_length(config, int(used)):
            continue
        changed[name] = _checked(name, value, default)
    return changed


def _follows_length(config: Config, stated: int) -> bool:
    """Whether the first round is the middle of a run, as the base has it."""
    length = int(config.max_iters)
    return config.first_round == min(stated, max(length // 2, 1))


def _checked(name: str, value: Any, default: str) -> str:
    whole = default.isdigit()
    if whole != (isinstance(value, int) and not isinstance(value, bool)):
        kind = 'a whole number' if whole else 'text'
        raise ValueError(
            f'Expected the setting `{name}` to be {kind}, as its default '
            f'{default} is, but got {value!r}'
        )
    text = str(value)
    if not text or set(text) & set('\'"\\{}\n\r'):
        raise ValueError(
            f'Expected the setting `{name}` to be text without quotes, '
            f'braces, backslashes and line breaks, but got {value!r}'
        )
    return text


def _read(path: str | Path, options: Mapping[str, Any] | None) -> Config:
    config = Config.fromfile(path)
    if options:
        config.merge_from_dict(dict(options))
    return config


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
