"""Checks of what users hand in; every message names expected and actual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from inspect import signature
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_array(name: str, value: Any) -> NDArray[Any]:
    """Take numpy arrays, lists and torch tensors (any device)."""
    if value is None:
        raise ValueError(
            f'Expected argument `{name}` to be an array, but got None.'
        )
    if hasattr(value, 'detach'):
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def grid_of(array: NDArray[Any]) -> tuple[int, int]:
    """(h, w), the last two axes of an array."""
    height, width = array.shape[-2:]
    return height, width


def check_image(image: ArrayLike) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB, or ValueError."""
    array = as_array('image', image)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(
            'Expected argument `image` to be (H, W, 3) uint8 RGB, '
            f'but got shape {array.shape} of {array.dtype}.'
        )
    if min(array.shape[:2]) < 1:
        raise ValueError(
            'Expected argument `image` to have at least one pixel, '
            f'but got shape {array.shape}.'
        )
    return array


def check_features(
    features: ArrayLike, name: str = 'features'
) -> NDArray[np.float32]:
    """(C, h, w) finite float, or ValueError."""
    array = as_array(name, features)
    if array.ndim != 3 or min(array.shape) < 1:
        raise ValueError(
            f'Expected argument `{name}` to be (C, h, w) with no empty axis, '
            f'but got shape {array.shape}.'
        )
    array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            f'Expected argument `{name}` to be finite, '
            f'but got {bad} of {array.size} values NaN or infinite.'
        )
    return array


def check_unit_depth(depth: ArrayLike) -> NDArray[np.float32]:
    """(h, w) finite float in [0, 1], or ValueError."""
    array = as_array('depth', depth)
    if array.ndim != 2 or min(array.shape) < 1:
        raise ValueError(
            'Expected argument `depth` to be (h, w) or (H, W), '
            f'but got shape {array.shape}.'
        )
    array = array.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(
            'Expected argument `depth` to be finite, '
            f'but got {bad} of {array.size} values NaN or infinite; '
            'fill invalid pixels first.'
        )
    low, high = float(array.min()), float(array.max())
    if low < 0 or high > 1:
        raise ValueError(
            'Expected argument `depth` to lie in [0, 1] with 0 = nearest, '
            f'but got values from {low:.4g} to {high:.4g}; '
            'normalise metric or inverse depth first.'
        )
    return array


def check_thresholds(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """(T,) float above 0 with T >= 1, or ValueError."""
    array = np.atleast_1d(as_array(name, values)).astype(np.float64)
    if array.ndim != 1 or not array.size or not (array > 0).all():
        raise ValueError(
            f'Expected argument `{name}` to be (T,) with T >= 1, all above '
            f'0, but got {array.tolist()}.'
        )
    return array


def check_literal(name: str, value: str, literal: Any) -> str:
    """One of the values of a ``Literal``, or ValueError."""
    choices = get_args(literal)
    if value not in choices:
        raise ValueError(
            f'Expected argument `{name}` to be one of {choices}, '
            f'but got {value!r}{_nearest(value, choices)}.'
        )
    return value


def _nearest(value: Any, choices: Sequence[str]) -> str:
    """The choice that somebody may have meant, as the end of a sentence."""
    near = get_close_matches(str(value), choices, 1)
    return f' (did you mean {near[0]!r}?)' if near else ''


Part = TypeVar('Part')


def check_part(
    name: str,
    value: Any,
    kind: type[Part],
    defaults: Mapping[str, Any] | None = None,
) -> Part:
    """A part of a method, or the settings to make it of, or ValueError.

    Args:
        name: Of the argument.
        value: A `kind`; or a mapping with its settings, as configs have it;
            or None for its defaults.
        kind: A dataclass.
        defaults: Settings that are not the dataclass's own defaults.
            Defaults to None.
    """
    if isinstance(value, kind):
        return value
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise ValueError(
            f'Expected argument `{name}` to be a {kind.__name__} or its '
            f'settings by name, but got {value!r}.'
        )
    check_names(name, value, [field.name for field in fields(kind)])  # type: ignore[arg-type]
    return kind(**{**(defaults or {}), **value})


def check_arguments(
    method: type, settings: Mapping[str, Any], parts: Mapping[str, type]
) -> None:
    """ValueError on an argument that a method does not have.

    Args:
        method: A class.
        settings: Arguments by name.
        parts: Its parts, dataclasses by dotted name; a setting of one of
            them that stands outside of it is told where it belongs.
    """
    known = list(signature(method).parameters)
    for name in settings:
        for part, kind in parts.items():
            mine = {field.name for field in fields(kind)}
            if name in mine and name not in known:
                raise ValueError(
                    f'Expected settings of `{method.__name__}` among '
                    f'{sorted(known)}, but got {name!r}, which is a setting '
                    f'of `{part}`.'
                )
    check_names(method.__name__, settings, known)


def check_names(where: str, settings: Any, known: list[str]) -> None:
    """ValueError on a setting of another name; it offers the nearest."""
    for name in settings:
        if name in known:
            continue
        raise ValueError(
            f'Expected settings of `{where}` among {sorted(known)}, '
            f'but got {name!r}{_nearest(name, known)}.'
        )


def check_range(
    name: str,
    value: float,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    open_low: bool = False,
) -> float:
    """A finite number in [low, high], or in (low, high] if `open_low`."""
    is_number = isinstance(value, (int, float, np.number))
    inside = is_number and np.isfinite(value) and low <= value <= high
    if not inside or (open_low and value == low):
        bracket = '(' if open_low else '['
        raise ValueError(
            f'Expected argument `{name}` to lie in {bracket}{low}, {high}], '
            f'but got {value!r}.'
        )
    return value


def check_count(name: str, value: int, low: int = 1) -> int:
    """An integer of at least `low`, or ValueError."""
    is_integer = isinstance(value, (int, np.integer))
    if not is_integer or isinstance(value, bool) or value < low:
        raise ValueError(
            f'Expected argument `{name}` to be an integer >= {low}, '
            f'but got {value!r}.'
        )
    return int(value)


def check_flag(name: str, value: bool) -> bool:
    """True or False, or ValueError."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(
            f'Expected argument `{name}` to be True or False, '
            f'but got {value!r}.'
        )
    return bool(value)


def check_mask(name: str, mask: ArrayLike) -> NDArray[np.bool_]:
    """(h, w) bool with at least one patch, or ValueError."""
    array = as_array(name, mask)
    if array.ndim != 2 or min(array.shape) < 1:
        raise ValueError(
            f'Expected argument `{name}` to be (h, w), '
            f'but got shape {array.shape}.'
        )
    return array.astype(bool)


def check_affinity(affinity: ArrayLike) -> NDArray[Any]:
    """(n, n), finite, or ValueError."""
    matrix = as_array('affinity', affinity)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            'Expected argument `affinity` to be square, '
            f'but got shape {matrix.shape}.'
        )
    if not np.isfinite(matrix).all():
        raise ValueError(
            'Expected argument `affinity` to be finite, '
            'but got values NaN or infinite.'
        )
    return matrix


def check_points(
    points: ArrayLike, number: int | None = None
) -> NDArray[np.floating]:
    """(n, 3) float, n as given, or ValueError."""
    array = as_array('points', points)
    fits = array.ndim == 2 and array.shape[1] == 3
    if not fits or (number is not None and len(array) != number):
        raise ValueError(
            f'Expected argument `points` to be ({number or "n"}, 3), '
            f'but got shape {array.shape}.'
        )
    return array
