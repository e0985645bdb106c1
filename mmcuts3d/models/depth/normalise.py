"""Depth of any source to the depth of the cuts: [0, 1], 0 = nearest.

The only place where direction, unit and holes are dealt with, once a
:class:`DepthKind` has made the numbers of a source comparable; CutS3D uses
depth per image and without a metric scale (section 3.2).
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from .ranges import far_values

DIRECTIONS = ('near_is_small', 'near_is_large')
FILLS = ('nearest', 'far')
#: Metres in one unit; None has no scale, so nothing can be checked.
UNITS: dict[str, float | None] = {
    'mm': 1e-3,
    'cm': 1e-2,
    'm': 1.0,
    'relative': None,
}
#: Percentiles to which ``clip='auto'`` sets outliers, where there are some.
AUTO_CLIP = (1.0, 99.0)
Clip = Sequence[float] | Literal['auto'] | None
#: A median depth outside of this range, in metres, betrays a wrong unit.
PLAUSIBLE = (0.05, 500.0)


def normalise_depth(
    depth: np.ndarray,
    *,
    direction: str = 'near_is_small',
    unit: str = 'relative',
    invalid: float | None = None,
    fill: str = 'nearest',
    clip: Clip = None,
) -> np.ndarray:
    """Scales a depth map to [0, 1] by its own nearest and farthest point.

    d' = (d − min) / (max − min) over the valid pixels, and 1 − d' when near
    is large. Inverse depth is turned round and not inverted: what such
    networks predict has an unknown offset, so that 1/d means nothing.

    Args:
        depth (ndarray): (H, W), any numeric dtype. NaN and infinite values
            are invalid.
        direction (str): ``'near_is_small'`` for distances,
            ``'near_is_large'`` for inverse depth and disparity. Defaults to
            'near_is_small'.
        unit (str): ``'mm'``, ``'cm'`` or ``'m'`` for distances, which must
            not be negative and whose median must lie between 5 cm and 500 m;
            ``'relative'`` for anything else. Defaults to 'relative'.
        invalid (float, optional): A value that stands for "not measured",
            such as 0. Defaults to None.
        fill (str): Invalid pixels take the depth of the ``'nearest'`` valid
            pixel in the image, or are ``'far'`` (1). Defaults to 'nearest'.
        clip (tuple[float, float] or str, optional): Percentiles of the valid
            values to which outliers are set, such as (1, 99). ``'auto'``
            takes (1, 99) where a few values decide the range, see
            :func:`far_values`, and the whole range elsewhere. Defaults to
            None: always the whole range, so that one far value sets the
            scale of all.

    Returns:
        ndarray: (H, W) float32, finite, in [0, 1], 0 = nearest. Constant
        depth is all zeros: nothing lies behind anything.

    Raises:
        ValueError: If the map is not two-dimensional, empty, has no valid
            pixel or a negative distance, or does not fit its unit; or for an
            unknown setting.
    """
    check_settings(direction, unit, fill, clip)
    depth = as_map(depth)
    valid = np.isfinite(depth)
    if invalid is not None:
        valid &= depth != invalid
    if not valid.any():
        raise ValueError(
            'Expected argument `depth` to have a valid pixel, but got none '
            f'among {depth.size} (NaN, infinite or equal to {invalid})'
        )
    values = depth[valid]
    _check_unit(values, unit)
    values = clip_values(values, clip)
    nearest, farthest = values.min(), values.max()
    if nearest == farthest:
        return np.zeros(depth.shape, np.float32)
    # Halves, because the range of huge values overflows.
    values = (values / 2 - nearest / 2) / (farthest / 2 - nearest / 2)
    if direction == 'near_is_large':
        values = 1 - values
    result = np.ones(depth.shape, np.float32)
    result[valid] = values
    if fill == 'nearest' and not valid.all():
        result = _fill_nearest(result, valid)
    return result


def as_map(depth: np.ndarray) -> np.ndarray:
    """A copy as (H, W) float64; ValueError for what is no map of numbers."""
    depth = np.asarray(depth)
    if depth.ndim != 2 or depth.size == 0 or depth.dtype.kind not in 'fiub':
        raise ValueError(
            'Expected argument `depth` to be a (H, W) array of numbers, but '
            f'got {depth.shape} {depth.dtype}'
        )
    return depth.astype(np.float64)


def valid_values(
    depth: np.ndarray, invalid: float | None = None
) -> np.ndarray:
    """The finite values of a map that do not stand for "not measured"."""
    valid = np.isfinite(depth)
    if invalid is not None:
        valid &= depth != invalid
    return depth[valid]


def clip_values(values: np.ndarray, clip: Clip) -> np.ndarray:
    """Outliers set to percentiles.

    Args:
        values (ndarray): Valid values, any shape, not empty.
        clip (tuple[float, float] or str, optional): See
            :func:`normalise_depth`.

    Returns:
        ndarray: The values that set the range, of the same shape.
    """
    if isinstance(clip, str):
        clip = AUTO_CLIP if far_values(values) else None
    if clip is None:
        return values
    return values.clip(*np.percentile(values, clip))


def _fill_nearest(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(
        ~valid, return_distances=False, return_indices=True
    )
    return values[rows, columns]


def _check_unit(values: np.ndarray, unit: str) -> None:
    metres = UNITS[unit]
    if metres is None:
        return
    if values.min() < 0:
        raise ValueError(
            'Expected argument `depth` to have no negative distance, but got '
            f'{values.min():g} {unit}; name the `invalid` value if it is one'
        )
    median = float(np.median(values)) * metres
    if not PLAUSIBLE[0] <= median <= PLAUSIBLE[1]:
        raise ValueError(
            f'Expected argument `unit` to fit the depth, but got {unit!r} '
            f'with a median of {np.median(values):g}, which is {median:g} '
            'metres'
        )


def check_settings(direction: str, unit: str, fill: str, clip: Clip) -> None:
    """Raises ValueError for a setting that normalise_depth does not know."""
    _check_choice('direction', direction, DIRECTIONS)
    _check_choice('unit', unit, tuple(UNITS))
    if unit != 'relative' and direction == 'near_is_large':
        raise ValueError(
            "Expected argument `direction` to be 'near_is_small' for "
            f'distances in {unit!r}, but got {direction!r}'
        )
    check_fill_and_clip(fill, clip)


def check_fill_and_clip(fill: str, clip: Any) -> None:
    """Raises ValueError for what normalise_depth does not know of these."""
    _check_choice('fill', fill, FILLS)
    if clip is not None and not _rising_percentiles(clip):
        raise ValueError(
            'Expected argument `clip` to be two rising percentiles, '
            f"'auto' or None, but got {clip!r}"
        )


def _check_choice(name: str, value: Any, choices: Sequence[str]) -> None:
    if value not in choices:
        raise ValueError(
            f'Expected argument `{name}` to be one of {choices}, but got '
            f'{value!r}'
        )


def _rising_percentiles(clip: Any) -> bool:
    if isinstance(clip, str):
        return clip == 'auto'
    try:
        low, high = clip
        return bool(0 <= low < high <= 100)
    except (TypeError, ValueError):
        return False
