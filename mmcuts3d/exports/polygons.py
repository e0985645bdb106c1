"""Masks as polygons, for formats that know nothing else.

Corners are centres of border pixels. A tool that draws the polygon with its
border (OpenCV's ``fillPoly``) gets the mask back pixel by pixel.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ring = npt.NDArray[np.int64]


def rings_of(mask: npt.NDArray[np.bool_]) -> list[tuple[Ring, list[Ring]]]:
    """Outlines of a mask.

    Args:
        mask (ndarray): (H, W), bool.

    Returns:
        list: For each 8-connected part, the largest first, its outline and
        those of its holes, (n, 2) x and y in pixels. The outline of a hole
        runs through pixels of the mask.
    """
    import cv2

    found, tree = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    if not found:
        return []
    rings = [ring.reshape(-1, 2).astype(np.int64) for ring in found]
    parts: dict[int, tuple[Ring, list[Ring]]] = {
        place: (rings[place], [])
        for place, (_, _, _, parent) in enumerate(tree[0])
        if parent < 0
    }
    for place, (_, _, _, parent) in enumerate(tree[0]):
        if parent >= 0:
            parts[parent][1].append(rings[place])
    return sorted(
        parts.values(), key=lambda part: -cv2.contourArea(part[0].astype('f4'))
    )


def one_ring(mask: npt.NDArray[np.bool_]) -> Ring:
    """A mask as a single closed ring, for formats without parts and holes.

    Holes and further parts hang on the ring by bridges: a line there and the
    same line back. It covers no area, but a tool that draws borders draws it,
    one pixel wide; between parts that is what is not the mask's.

    Args:
        mask (ndarray): (H, W), bool, at least one pixel.

    Returns:
        ndarray: (n, 2), int64, x and y in pixels.
    """
    parts = rings_of(mask)
    ring = parts[0][0]
    for hole in parts[0][1]:
        ring = _bridged(ring, hole)
    for outline, holes in parts[1:]:
        part = outline
        for hole in holes:
            part = _bridged(part, hole)
        ring = _bridged(ring, part)
    return ring


def _bridged(ring: Ring, other: Ring) -> Ring:
    """Both rings as one, joined where corners are closest."""
    apart = ((ring[:, None] - other[None]) ** 2).sum(axis=-1)
    here, there = np.unravel_index(int(apart.argmin()), apart.shape)
    turned = np.roll(other, -int(there), axis=0)
    return np.concatenate(
        [ring[: here + 1], turned, turned[:1], ring[here:]], axis=0
    )
