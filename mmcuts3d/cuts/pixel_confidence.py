"""Confidence maps at the pixels of the image, beyond those of patches.

The paper finds both as good (Table 5d; supplement, B.3), and probabilities of
the CRF worse (B.5): these are the maps of its ablations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .dense_crf import crf_probability, dense_crf
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
    levels = np.unique(confidence[confidence > 0])
    if not levels.size:
        return np.zeros(image.shape[:2], np.float32)
    size = (image.shape[0], image.shape[1])
    sets = np.stack([resize_nearest(confidence >= v, size) for v in levels])
    settings = dict(crf) if isinstance(crf, Mapping) else {}
    open_pixels = None
    if unknown is not None:
        open_pixels = np.broadcast_to(unknown, sets.shape)
    fitted = dense_crf(image, sets, open_pixels, **settings)  # type: ignore[arg-type]
    shares = np.diff(levels, prepend=0).astype(np.float32)
    return np.tensordot(shares, fitted.astype(np.float32), axes=1)


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
        settings = dict(crf) if isinstance(crf, Mapping) else {}
        rests = None if unknown is None else np.stack(list(unknown))
        likely = crf_probability(
            image, np.stack(list(masks)), rests, **settings
        )
        return list(likely)
    maps: list[Map] = []
    for place, confidence in enumerate(confidences):
        if confidence is None:
            raise ValueError(
                'Expected steps with a confidence for maps of the kind '
                "'aligned', but got none: the method has no Spatial "
                'Confidence.'
            )
        rest = None if unknown is None else unknown[place]
        maps.append(aligned_confidence(image, confidence, rest, crf))
    return maps
