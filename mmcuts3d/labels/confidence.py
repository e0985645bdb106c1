"""Spatial Confidence maps as compact JSON values.

A map is stored as uint8 levels of 1/240, packed with zlib and base64. 240 is
divisible by 2, 3, 4, 5, 6, 8, 10 and 12, so that means of T cuts (CutS3D,
Sec. 3.4, T = 6) come back exactly.
"""

import base64
import binascii
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from mmcuts3d.cuts import MIN_CONFIDENCE, resize_nearest

#: Level that stands for a confidence of 1.
CONFIDENCE_SCALE = 240


def encode_confidence(confidence: npt.ArrayLike) -> dict[str, Any]:
    """Pack a confidence map into a value that JSON can hold.

    Args:
        confidence (array): Map of shape (h, w), float in [0, 1].

    Returns:
        dict: ``size`` [h, w], ``scale`` 240 and ``data``, the base64 text
        of the zlib-packed row-major uint8 levels.

    Raises:
        ValueError: If the map is not 2D, is empty, or leaves [0, 1].
    """
    values = np.asarray(confidence, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(
            'Expected argument `confidence` to be a non-empty map of shape '
            f'(h, w), but got shape {values.shape}.'
        )
    # Written so that NaN fails too.
    if not (values.min() >= -1e-6 and values.max() <= 1 + 1e-6):
        raise ValueError(
            'Expected argument `confidence` to lie in [0, 1], but got values '
            f'from {values.min()} to {values.max()}.'
        )
    levels = np.rint(values.clip(0, 1) * CONFIDENCE_SCALE).astype(np.uint8)
    data = base64.b64encode(zlib.compress(levels.tobytes(), 9))
    return {
        'size': list(levels.shape),
        'scale': CONFIDENCE_SCALE,
        'data': data.decode('ascii'),
    }


def decode_confidence(encoded: dict[str, Any]) -> npt.NDArray[np.float32]:
    """Unpack what :func:`encode_confidence` made.

    Args:
        encoded (dict): Keys ``size``, ``scale`` and ``data``.

    Returns:
        ndarray: Map of shape (h, w), float32 in [0, 1].

    Raises:
        ValueError: If keys are missing or the data does not fit the size.
    """
    levels = decode_levels(encoded)
    return levels.astype(np.float32) / np.float32(CONFIDENCE_SCALE)


def decode_levels(encoded: dict[str, Any]) -> npt.NDArray[np.uint8]:
    """Unpack a map as integer levels, level 240 being a confidence of 1.

    Args:
        encoded (dict): Keys ``size``, ``scale`` and ``data``.

    Returns:
        ndarray: Levels of shape (h, w), uint8 in [0, 240], writable.

    Raises:
        ValueError: If keys are missing or the data does not fit the size.
    """
    height, width = check_encoded_confidence(encoded)
    try:
        raw = zlib.decompress(base64.b64decode(encoded['data'], validate=True))
    except (binascii.Error, zlib.error, TypeError, ValueError) as error:
        raise ValueError(
            'Expected `data` of a confidence map to be base64 of zlib-packed '
            f'bytes, but got data that does not unpack ({error}).'
        ) from error
    levels = np.frombuffer(raw, dtype=np.uint8)
    if levels.size != height * width or levels.max() > CONFIDENCE_SCALE:
        raise ValueError(
            f'Expected a confidence map of {height} x {width} levels up to '
            f'{CONFIDENCE_SCALE}, but got {levels.size} levels up to '
            f'{levels.max(initial=0)}.'
        )
    return levels.reshape(height, width).copy()


def mask_levels(
    mask: npt.NDArray[Any],
    levels: npt.NDArray[np.uint8] | None,
    min_confidence: float = MIN_CONFIDENCE,
) -> npt.NDArray[np.uint8]:
    """A mask whose values are confidence levels.

    The map is resized to the mask with nearest neighbours. No pixel of the
    mask has less than the floor, one where the map is 0 (the CRF left the
    support of the cuts) included. Stores hold raw maps; the floor is applied
    here and nowhere before, so that it can be chosen when labels are loaded.
    Files of version 0.2 have a floor of 0.5 in them already.

    Args:
        mask (ndarray): Mask of shape (H, W), nonzero inside.
        levels (ndarray): Levels of shape (h, w), any size, or None for a
            confidence of 1 everywhere.
        min_confidence (float): The floor, in [0, 1]. Defaults to 0.5 (CutS3D,
            Table 5c).

    Returns:
        ndarray: Levels of shape (H, W), uint8: 0 outside the mask, 1..240
        inside.
    """
    inside = mask > 0
    if levels is None:
        return inside.astype(np.uint8) * np.uint8(CONFIDENCE_SCALE)
    floor = max(1, round(min_confidence * CONFIDENCE_SCALE))
    raised = np.maximum(levels, np.uint8(floor))
    fitted = resize_nearest(raised, (mask.shape[0], mask.shape[1]))
    fitted *= inside
    return fitted


def check_encoded_confidence(encoded: Any) -> tuple[int, int]:
    """Check the frame of an encoded map without unpacking it.

    Args:
        encoded (Any): What stands in a file as ``confidence``.

    Returns:
        tuple[int, int]: Height and width of the map.

    Raises:
        ValueError: If it is not a dict of ``size``, ``scale`` and ``data``.
    """
    if not isinstance(encoded, dict) or not {'size', 'scale', 'data'} <= set(
        encoded
    ):
        raise ValueError(
            'Expected an encoded confidence map to be a dict with keys '
            f'`size`, `scale` and `data`, but got {_brief(encoded)}.'
        )
    if encoded['scale'] != CONFIDENCE_SCALE:
        raise ValueError(
            f'Expected a confidence map of scale {CONFIDENCE_SCALE}, but got '
            f'scale {encoded["scale"]!r}.'
        )
    size = encoded['size']
    if (
        not isinstance(size, (list, tuple))
        or len(size) != 2
        or not all(isinstance(side, int) and side > 0 for side in size)
    ):
        raise ValueError(
            'Expected `size` of a confidence map to be two positive '
            f'integers [h, w], but got {size!r}.'
        )
    return size[0], size[1]


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return f'a dict with keys {sorted(map(str, value))}'
    return repr(value)[:80]
