"""The orthographic point cloud of an image, coloured.

The geometry is that of the method (CutS3D §3.2): x right, y down, z away
from the camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mmcuts3d.cuts import CutStep
from mmcuts3d.cuts.spatial import LocalCut, point_cloud

from .drawing import enlarge, instance_colors


@dataclass(frozen=True)
class Cloud:
    """A coloured point cloud, with lines between points of their own.

    Args:
        points (np.ndarray): (P, 3) float, x right, y down, z away.
        colors (np.ndarray): (P, 3) uint8 RGB.
        line_ends (np.ndarray): (L, 2, 3) float, both ends of each line.
        instances (np.ndarray, optional): (P,) int32, index of the instance
            of each point, -1 where there is none. Defaults to None: unknown.
        confidences (np.ndarray, optional): (P,) float32, raw Spatial
            Confidence in [0, 1], 0 where there is no instance. Defaults to
            None: unknown.
    """

    points: np.ndarray
    colors: np.ndarray
    line_ends: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, 3)))
    instances: np.ndarray | None = None
    confidences: np.ndarray | None = None


def build_point_cloud(
    image: np.ndarray,
    depth: np.ndarray,
    masks: np.ndarray | None = None,
    z_scale: float = 1.5,
    max_points: int = 300_000,
    confidences: np.ndarray | None = None,
    paint: bool = True,
) -> Cloud:
    """Lift an image into space.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (H', W') float in [0, 1], 0 = nearest. Another
            size than the image's is brought to it by nearest neighbour:
            interpolation would put points into the air between objects.
        masks (np.ndarray, optional): (N, H, W) bool; where they overlap,
            the last one counts. Defaults to None: no instances are known.
        z_scale (float): Length of the depth range in units of the image's
            side. Defaults to 1.5, which looks natural; the graph of the
            method stretches it further, to 3.
        max_points (int): Larger images are thinned to about as many.
            Defaults to 300,000.
        confidences (np.ndarray, optional): (N, h, w) float in [0, 1], maps
            of the masks, of any size. Defaults to None: 1 everywhere.
        paint (bool): Whether points of masks take the colour of their
            instance, and the others turn pale; else all keep the colour of
            the image. Defaults to True.

    Returns:
        Cloud: One point a pixel, at its centre: x and y within ±0.5, z in
        [0, z_scale].

    Raises:
        ValueError: If the arrays have another shape or range.
    """
    _check(image, masks, confidences)
    depth = np.asarray(depth)
    if depth.shape != image.shape[:2] and depth.ndim == 2:
        depth = enlarge(depth, image.shape[:2])
    painted = paint and masks is not None
    colors = _painted(image, masks) if painted else image
    depth, colors = thinned(depth, max_points), thinned(colors, max_points)
    cloud = Cloud(centred_points(depth, z_scale), colors.reshape(-1, 3).copy())
    if masks is None:
        return cloud
    which, sure = _instances(masks, confidences)
    return replace(
        cloud,
        instances=thinned(which, max_points).ravel(),
        confidences=thinned(sure, max_points).ravel(),
    )


def removed_edges(
    local_cut: LocalCut,
    steps: Sequence[CutStep],
    view_scale: float = 1.5,
    image: np.ndarray | None = None,
) -> np.ndarray:
    """The edges of the k-NN graphs that the threshold takes away.

    Args:
        local_cut (LocalCut): What made the steps.
        steps (Sequence[CutStep]): Of one image; those without depth have no
            edges. An edge that several steps remove is there once.
        view_scale (float): ``z_scale`` of the cloud that the edges are
            drawn into. Defaults to 1.5.
        image (np.ndarray, optional): (H, W, 3) uint8 RGB, where colours
            count. Defaults to None.

    Returns:
        np.ndarray: (L, 2, 3) ends of the edges, both in a semantic mask, x
        right, y down, z away.
    """
    found = [
        local_cut.removed_edges(
            step.semantic_mask,
            local_cut.surface(step.depth, step.depth.shape, image),
        )
        for step in steps
        if step.depth is not None
    ]
    if not found:
        return np.zeros((0, 2, 3))
    edges = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    depth = next(step.depth for step in steps if step.depth is not None)
    return centred_points(depth, view_scale)[edges]


def thinned(pixels: np.ndarray, max_points: int) -> np.ndarray:
    """Every n-th row and column of (H, W, ...), about `max_points` at most."""
    area = pixels.shape[0] * pixels.shape[1]
    stride = max(1, int(np.ceil(np.sqrt(area / max_points))))
    return pixels[::stride, ::stride]


def upright(points: np.ndarray) -> np.ndarray:
    """(..., 3) from x right, y down, z away to x right, y up, z towards.

    Half a turn about x, so that programs that look along -z with y up, as
    most viewers do, show the cloud as the image shows it.
    """
    return points * np.array([1, -1, -1])


def _check(
    image: np.ndarray,
    masks: np.ndarray | None,
    confidences: np.ndarray | None,
) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            'Expected argument `image` to be (H, W, 3) uint8, but got '
            f'{image.shape} {image.dtype}'
        )
    if masks is not None and np.shape(masks)[1:] != image.shape[:2]:
        raise ValueError(
            f'Expected argument `masks` to be (N, {image.shape[0]}, '
            f'{image.shape[1]}), but got {np.shape(masks)}'
        )
    if confidences is not None and len(confidences) != len(
        () if masks is None else masks
    ):
        raise ValueError(
            'Expected argument `confidences` to be maps of the masks, but got '
            f'{len(confidences)} for {0 if masks is None else len(masks)}'
        )


def centred_points(depth: np.ndarray, z_scale: float) -> np.ndarray:
    """Points (h*w, 3) at the centres of the cells of a map (h, w).

    Clouds of two grids, such as pixels and patches, then fit each other.
    """
    height, width = depth.shape
    points = point_cloud(depth, z_scale)
    return points + np.array([0.5 / width, 0.5 / height, 0])


def shaded(
    colors: np.ndarray, which: np.ndarray, palette: np.ndarray
) -> np.ndarray:
    """Colours of groups that keep the shading; the rest in pale grey.

    Args:
        colors (np.ndarray): (P, 3) uint8 RGB, of the image.
        which (np.ndarray): (P,) int, row of the palette, -1 for the rest.
        palette (np.ndarray): (N, 3) RGB.

    Returns:
        np.ndarray: (P, 3) uint8 RGB.
    """
    light = colors.mean(1, keepdims=True)
    painted = 255 - 0.45 * (255 - light.repeat(3, 1))
    inside = which >= 0
    shade = 0.45 + 0.75 * light[inside] / 255
    painted[inside] = shade * np.asarray(palette)[which[inside]]
    return painted.round().clip(0, 255).astype(np.uint8)


def _instances(
    masks: np.ndarray, confidences: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) int32 index of the mask at each pixel, and its confidence."""
    which = np.full(np.shape(masks)[1:], -1, np.int32)
    sure = np.zeros(which.shape, np.float32)
    for index, mask in enumerate(masks):
        inside = np.asarray(mask, bool)
        which[inside] = index
        sure[inside] = 1
        if confidences is not None:
            sure[inside] = enlarge(confidences[index], which.shape)[inside]
    return which, sure


def _painted(image: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Instance colours that keep the shading; the rest in pale grey."""
    which, _ = _instances(masks, None)
    palette = instance_colors(len(masks))
    painted = shaded(image.reshape(-1, 3), which.ravel(), palette)
    return painted.reshape(image.shape)
