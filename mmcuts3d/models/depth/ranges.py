"""Depth whose range a few values decide: seen, told, and clipped on wish."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from mmcuts3d.registry import MODELS

#: A range more than this many times that of the middle 98 % of the values.
SPREAD = 4.0
#: Share of the range in which no value lies at all.
GAP = 0.8
#: Values that are looked at.
_SAMPLE = 100_000


def range_note(values: np.ndarray) -> str:
    """What is wrong with the range of depth values; '' if nothing is.

    Depth is scaled by its own nearest and farthest value, so that one value
    far away from the others presses these into a small part of [0, 1], where
    gaps between objects are too small to be cut.

    Args:
        values (np.ndarray): Valid values, any shape.

    Returns:
        str: A sentence that names the values and the remedy, or ''.
    """
    what = far_values(values)
    if not what:
        return ''
    return (
        f'depth from {np.min(values):g} to {np.max(values):g} is scaled by '
        f'its whole range, but {what}: far values press the rest together. '
        'Name the value that stands for "not measured" (`invalid`), or clip '
        'outliers (`clip`, `--depth-clip 1 99`)'
    )


def far_values(values: np.ndarray) -> str:
    """Where most values lie if few decide the range; '' if they do not.

    Few values decide it if it is more than four times that of the middle
    98 %, or if no value lies in 80 % of it.

    Args:
        values (np.ndarray): Valid values, any shape, not empty.

    Returns:
        str: Part of a sentence, or ''.
    """
    values = np.asarray(values, np.float64).ravel()
    low, high = float(values.min()), float(values.max())
    # Halves, because the range of huge values overflows.
    full = high / 2 - low / 2
    if full == 0:
        return ''
    stride = max(1, values.size // _SAMPLE)
    some = np.sort(np.append(values[::stride], [low, high]))
    middle = np.percentile(some, (1, 99))
    inner = middle[1] / 2 - middle[0] / 2
    if full > SPREAD * inner:
        return f'98 % of its values lie in {middle[0]:g} to {middle[1]:g}'
    steps = np.diff(some / 2)
    place = int(steps.argmax())
    if steps[place] > GAP * full:
        return f'no value lies between {some[place]:g} and {some[place + 1]:g}'
    return ''


def set_depth_clip(
    model: dict[str, Any], clip: Sequence[float] | None
) -> None:
    """Set the percentiles to which a labeler's config clips its depth.

    For the option ``--depth-clip`` of the tools.

    Args:
        model (dict): Config of a labeler, changed in place.
        clip (Sequence[float], optional): Two rising percentiles. None leaves
            the config as it is.

    Raises:
        ValueError: If the model has no source of depth that clips.
    """
    if clip is None:
        return
    source = model.get('depth')
    kind = source.get('type') if isinstance(source, dict) else None
    found = MODELS.get(kind) if isinstance(kind, str) else kind
    if found is None or 'clip' not in inspect.signature(found).parameters:
        raise ValueError(
            'Expected a model with measured or estimated depth for '
            f'`--depth-clip`, but got the depth source {kind!r}'
        )
    source['clip'] = tuple(float(value) for value in clip)
