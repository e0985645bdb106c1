"""The settings of a labeler, with where each value comes from.

What a setting is for, and which section of which paper states its default, is
read from the docstring of its class: said once, there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mmcuts3d import cuts
from mmcuts3d.registry import MODELS

Origin = Literal['config', 'preset', 'default']
#: How a labeler makes its method of the settings of ``cut``.
METHODS: dict[str, Callable[..., Any]] = {
    'CutS3DLabeler': lambda preset='paper', **rest: cuts.CutS3D.from_preset(
        preset, **rest
    ),
    'MaskCutLabeler': cuts.MaskCut.from_settings,
    'VoteCutLabeler': cuts.VoteCut.from_settings,
}


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name (str): Dotted, as ``--cfg-options`` takes it.
        value (Any): What it is in the end.
        origin (str): 'config', 'preset' or 'default'.
        about (str): Its text in the docstring; '' where there is none.
    """

    name: str
    value: Any
    origin: Origin
    about: str


@dataclass
class Stage:
    """A component and its settings.

    Attributes:
        name (str): Dotted, as ``--cfg-options`` takes it.
        kind (str): Name of its class; 'off' where it is left out.
        about (str): First line of the class's docstring.
        settings (list[Setting]): In the order of the class.
    """

    name: str
    kind: str
    about: str
    settings: list[Setting] = field(default_factory=list)


def stages_of(model: Mapping[str, Any], prefix: str) -> list[Stage]:
    """The stages of a labeler, from images to masks.

    Args:
        model (Mapping): Config of a labeler.
        prefix (str): Where it stands in the config, such as 'model'.

    Returns:
        list[Stage]: Features, depth and the method with its parts.

    Raises:
        ValueError: If it is no labeler, or a setting is wrong.
    """
    kind = str(model.get('type', '')).rpartition('.')[-1]
    if kind not in METHODS:
        raise ValueError(
            f'Expected the config of a labeler, one of {sorted(METHODS)}, in '
            f'`{prefix}`, but got {kind or "none"}: a detector has no stages '
            'of a cut. Its settings are those of mmdet.'
        )
    found = []
    for part in ('features', 'depth'):
        given = model.get(part)
        rows = given if isinstance(given, (list, tuple)) else [given]
        for number, row in enumerate(rows):
            if row is not None:
                place = f'{prefix}.{part}'
                if len(rows) > 1:
                    place += f'.{number}'
                found.append(component(row, place))
    given = dict(model.get('cut') or {})
    method = METHODS[kind](**given)
    name = given.pop('preset', None)
    preset = cuts.PRESETS[name] if name else {}
    found += walk(method, f'{prefix}.cut', given, preset)
    return found


def component(config: Mapping[str, Any], place: str) -> Stage:
    """A registered component, which is not built: it may want weights."""
    kind = MODELS.get(config['type'])
    if kind is None:
        raise ValueError(
            f'Expected `{place}.type` to be a registered model, but got '
            f'{config["type"]!r}.'
        )
    stage = Stage(place, kind.__name__, first_line(kind))
    texts = texts_of(kind)
    for name, parameter in inspect.signature(kind).parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        given = name in config
        stage.settings.append(
            Setting(
                f'{place}.{name}',
                config[name] if given else parameter.default,
                'config' if given else 'default',
                texts.get(name, ''),
            )
        )
    known = {setting.name for setting in stage.settings}
    for name, value in config.items():
        if name != 'type' and f'{place}.{name}' not in known:
            stage.settings.append(
                Setting(f'{place}.{name}', value, 'config', '')
            )
    return stage


def walk(
    part: Any, place: str, given: Mapping[str, Any], preset: Mapping[str, Any]
) -> Iterator[Stage]:
    """A part of a method as it was built, and the parts in it."""
    kind = type(part)
    stage = Stage(place, kind.__name__, first_line(kind))
    texts = texts_of(kind)
    inside: list[Stage] = []
    for name, parameter in inspect.signature(kind).parameters.items():
        if not hasattr(part, name):
            continue
        value = getattr(part, name)
        here = f'{place}.{name}'
        if is_part(value):
            inside += walk(
                value, here, branch(given, name), branch(preset, name)
            )
            continue
        origin: Origin = (
            'config'
            if name in given
            else 'preset'
            if name in preset
            else 'default'
        )
        if origin == 'default' and parameter.default is parameter.empty:
            continue
        stage.settings.append(
            Setting(here, value, origin, texts.get(name, ''))
        )
    yield stage
    yield from inside


def branch(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is given for a part; nothing where it is an object."""
    value = settings.get(name)
    return value if isinstance(value, Mapping) else {}


def is_part(value: Any) -> bool:
    """Whether a value is a part of a method with settings of its own."""
    return type(value).__module__.startswith('mmcuts3d.cuts')


def first_line(kind: type) -> str:
    """What a class is, by its docstring."""
    return (inspect.getdoc(kind) or '').partition('\n')[0]


def texts_of(kind: type) -> dict[str, str]:
    """The text of each argument in the docstring of a class or its base."""
    texts: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        doc = one.__dict__.get('__doc__') or ''
        body = re.search(
            r'^Args:\n(.*?)(?=^\S|\Z)', inspect.cleandoc(doc), re.M | re.S
        )
        if not body:
            continue
        name = ''
        for line in body[1].splitlines():
            head = re.match(r' {4}(\*{0,2}\w+)(?: \([^)]*\))?: (.*)', line)
            if head:
                name, texts[head[1]] = head[1], head[2].strip()
            elif name and line.strip():
                texts[name] += ' ' + line.strip()
    return texts
