"""The methods that are put on the stress axis, by name."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mmcuts3d.cuts import CutS3D, MaskCut

Method = CutS3D | MaskCut

#: What every other method is compared with.
BASELINE = 'MaskCut'

#: A new method is one more line. ``type`` defaults to CutS3D, ``preset`` to
#: the paper; the rest are its arguments.
STRESSED: dict[str, dict[str, Any]] = {
    BASELINE: {'type': 'MaskCut'},
    'paper': {'preset': 'paper'},
    'guarded': {'preset': 'guarded'},
    'touching': {'preset': 'touching'},
    'adaptive': {'preset': 'adaptive'},
    'robust': {'preset': 'robust'},
}


def method_of(settings: Mapping[str, Any]) -> Method:
    """A method by its settings.

    Args:
        settings: ``type``, 'MaskCut' or 'CutS3D'; of CutS3D ``preset``; and
            arguments of it.

    Raises:
        ValueError: On another type or preset, or settings out of range.
    """
    settings = dict(settings)
    kind = settings.pop('type', 'CutS3D')
    if kind == 'MaskCut':
        return MaskCut.from_settings(**settings)
    if kind != 'CutS3D':
        raise ValueError(
            f"Expected `type` to be 'MaskCut' or 'CutS3D', but got {kind!r}."
        )
    return CutS3D.from_preset(settings.pop('preset', 'paper'), **settings)


def named_method(text: str) -> tuple[str, dict[str, Any]]:
    """``NAME={json settings}`` of the command line.

    Raises:
        ValueError: If it is none, or the settings are wrong.
    """
    name, sign, settings = text.partition('={')
    try:
        found = json.loads('{' + settings)
    except json.JSONDecodeError as error:
        sign, found = '', error
    if not name or not sign:
        raise ValueError(
            'Expected a method as NAME={"preset": "guarded", ...}, but got '
            f'{text!r} ({found}).'
        )
    method_of(found)
    return name, found


def methods_of(
    rows: Mapping[str, Mapping[str, Any]],
    number: int | None = None,
    crf: bool = False,
) -> dict[str, Method]:
    """The methods of some settings.

    Args:
        rows: Settings by name.
        number: N, steps per image, where neither settings nor preset name
            one. Defaults to None: that of the method.
        crf: Whether patch masks are fitted to the image.
    """
    usual = CutS3D().num_instances
    methods = {}
    for name, settings in rows.items():
        method = copy.copy(method_of(settings))
        named = 'num_instances' in settings or method.num_instances != usual
        if number is not None and not named:
            method.num_instances = number
        if not crf:
            method.refine = replace(method.refine, crf=False)
        methods[name] = method
    return methods
