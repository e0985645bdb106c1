"""Confidence maps at the pixels of the image, beyond those of patches.

The paper finds both as good (Table 5d; supplement, B.3), and probabilities of
the CRF worse (B.5): these are the maps of its ablations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .dense_crf import crf_probability, dense_crf, fit_to_colours
from .pixel_masks import resize_nearest

MapKind = Literal['patches', 'aligned', 'crf']

Map = NDArray[np.float32]
Masks = Sequence[NDArray[np.bool_]]


def aligned_confidence(
    image: NDArray[np.uint8],
    confidence: Map,
    unknown: NDArray[np.bool_] | None = None,
    crf: bool | Mapping[str, float] = True,
) -> Map:
    """Spatial Confidence whose borders lie on those of the image.

    How maps are aligned is not stated. Here each set of patches with a
    confidence of at least v is fitted to the image by the CRF, as a mask is,
    and the mean over v is taken: where the T cuts lie in one another these
    sets are the cuts.

    Args:
        image: (H, W, 3) uint8 RGB.
        confidence: (h, w) float in [0, 1], 0 outside the instance.
        unknown: (H, W) bool, see :func:`dense_crf`. Defaults to None.
        crf: True, or settings of :func:`dense_crf` by name.

    Returns:
        (H, W) float32 in [0, 1], with the values of `confidence`.
    """
    unknowns = None if unknown is None else [unknown]
    return _aligned(image, [confidence], unknowns, crf)[0]


def pixel_confidences(
    kind: MapKind,
    image: NDArray[np.uint8],
    masks: Masks,
    unknown: Masks | None,
    confidences: Sequence[Map | None],
    crf: bool | Mapping[str, float],
) -> list[Map]:
    """Maps of the instances of an image.

    Args:
        kind: ``'aligned'``, see :func:`aligned_confidence`, or ``'crf'``, how
            likely the CRF takes a pixel to be of the instance.
        image: (H, W, 3) uint8 RGB.
        masks: (H, W) bool each, what the CRF was asked to refine.
        unknown: (H, W) bool each, or None, see :func:`dense_crf`.
        confidences: (h, w) float each, of the patches.
        crf: True, or settings of :func:`dense_crf` by name.

    Returns:
        (H, W) float32 in [0, 1] each.

    Raises:
        ValueError: If maps of patches are to be aligned, and there are none.
    """
    if not masks:
        return []
    if kind == 'crf':
        return list(
            fit_to_colours(crf_probability, image, masks, unknown, crf)
        )
    known = [one for one in confidences if one is not None]
    if len(known) < len(confidences):
        raise ValueError(
            'Expected steps with a confidence for maps of the kind '
            "'aligned', but got none: the method has no Spatial Confidence."
        )
    return _aligned(image, known, unknown, crf)


def _aligned(
    image: NDArray[np.uint8],
    confidences: Sequence[Map],
    unknown: Masks | None,
    crf: bool | Mapping[str, float],
) -> list[Map]:
    """:func:`aligned_confidence` of all instances, by one CRF."""
    size = (image.shape[0], image.shape[1])
    levels = [np.unique(one[one > 0]) for one in confidences]
    sets = [
        resize_nearest(one >= level, size)
        for one, own in zip(confidences, levels, strict=True)
        for level in own
    ]
    if not sets:
        return [np.zeros(size, np.float32) for _ in confidences]
    rests = None
    if unknown is not None:
        rests = [
            rest
            for rest, own in zip(unknown, levels, strict=True)
            for _ in own
        ]
    fitted = fit_to_colours(dense_crf, image, sets, rests, crf)
    ends = np.cumsum([len(own) for own in levels])[:-1]
    return [
        np.tensordot(
            np.diff(own, prepend=0).astype(np.float32),
            mine.astype(np.float32),
            axes=1,
        )
        for own, mine in zip(levels, np.split(fitted, ends), strict=True)
    ]
