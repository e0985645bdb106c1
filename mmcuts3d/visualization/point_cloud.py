"""The orthographic point cloud of an image, coloured, and its PLY file.

The geometry is that of the method (CutS3D §3.2): x right, y down, z away
from the camera.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mmcuts3d.cuts.spatial.point_cloud import knn_graph, point_cloud

from .drawing import enlarge, instance_colors

_VERTEX = np.dtype([('point', '<f4', 3), ('color', 'u1', 3)])
_PLY_END = b'end_header\n'
_PLY_HEADER = """ply
format binary_little_endian 1.0
comment x right, y up, z towards the camera
element vertex {}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
end_header
"""


@dataclass(frozen=True)
class Cloud:
    """A coloured point cloud, with lines between points of their own.

    Args:
        points (np.ndarray): (P, 3) float, x right, y down, z away.
        colors (np.ndarray): (P, 3) uint8 RGB.
        line_ends (np.ndarray): (L, 2, 3) float, both ends of each line.
    """

    points: np.ndarray
    colors: np.ndarray
    line_ends: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, 3)))


def build_point_cloud(
    image: np.ndarray,
    depth: np.ndarray,
    masks: np.ndarray | None = None,
    z_scale: float = 1.5,
    max_points: int = 300_000,
) -> Cloud:
    """Lift an image into space.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (H', W') float in [0, 1], 0 = nearest. Another
            size than the image's is brought to it by nearest neighbour:
            interpolation would put points into the air between objects.
        masks (np.ndarray, optional): (N, H, W) bool: their points take the
            colour of the instance, the others pale. Defaults to None,
            colours of the image.
        z_scale (float): Length of the depth range in units of the image's
            side. Defaults to 1.5, which looks natural; the graph of the
            method stretches it further, to 3.
        max_points (int): Larger images are thinned to about as many.
            Defaults to 300,000.

    Returns:
        Cloud: One point a pixel, at its centre: x and y within ±0.5, z in
        [0, z_scale].

    Raises:
        ValueError: If the arrays have another shape or range.
    """
    _check(image, masks)
    depth = np.asarray(depth)
    if depth.shape != image.shape[:2] and depth.ndim == 2:
        depth = enlarge(depth, image.shape[:2])
    colors = image if masks is None else _painted(image, masks)
    stride = max(1, int(np.ceil(np.sqrt(depth.size / max_points))))
    depth, colors = depth[::stride, ::stride], colors[::stride, ::stride]
    points = _centred(depth, z_scale)
    return Cloud(points, colors.reshape(-1, 3).copy())


def removed_edges(
    depth: np.ndarray,
    tau: float = 0.115,
    k: int = 16,
    z_scale: float = 3.0,
    foreground: np.ndarray | None = None,
    view_scale: float = 1.5,
) -> np.ndarray:
    """The edges of the k-NN graph that the threshold takes away.

    Args:
        depth (np.ndarray): (h, w) on the patch grid, in [0, 1].
        tau (float): Longer edges are removed. Defaults to 0.115.
        k (int): Neighbours per point. Defaults to 16.
        z_scale (float): Of the graph, as in the method. Defaults to 3.
        foreground (np.ndarray, optional): (h, w) bool, only edges between
            these patches. Defaults to None, all.
        view_scale (float): ``z_scale`` of the cloud that the edges are
            drawn into. Defaults to 1.5.

    Returns:
        np.ndarray: (L, 2, 3) ends of the edges, x right, y down, z away.
    """
    points = _centred(np.asarray(depth), z_scale)
    if foreground is not None:
        points = points[np.asarray(foreground, bool).ravel()]
    if len(points) < 2:
        return np.zeros((0, 2, 3))
    graph = knn_graph(points, k)
    points = points * np.array([1, 1, view_scale / z_scale])
    return points[graph.edges[graph.lengths > tau]]


def upright(points: np.ndarray) -> np.ndarray:
    """(..., 3) from x right, y down, z away to x right, y up, z towards.

    Half a turn about x, so that programs that look along -z with y up, as
    most viewers do, show the cloud as the image shows it.
    """
    return points * np.array([1, -1, -1])


def save_ply(cloud: Cloud, path: str | os.PathLike[str]) -> Path:
    """Write a cloud as binary PLY, :func:`upright`; lines are left out.

    Args:
        cloud (Cloud): The cloud.
        path (str | PathLike): The file; its folder is made.

    Returns:
        Path: The file.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    vertices = np.empty(len(cloud.points), _VERTEX)
    vertices['point'] = upright(cloud.points)
    vertices['color'] = cloud.colors
    header = _PLY_HEADER.format(len(vertices))
    path.write_bytes(header.encode() + vertices.tobytes())
    return path


def load_ply(path: str | os.PathLike[str]) -> Cloud:
    """Read a cloud that :func:`save_ply` wrote.

    Args:
        path (str | PathLike): The file.

    Returns:
        Cloud: In the frame of the method again, without lines.

    Raises:
        ValueError: If the file was written by something else.
    """
    content = Path(path).read_bytes()
    end = content.find(_PLY_END) + len(_PLY_END)
    number = max(len(content) - end, 0) // _VERTEX.itemsize
    if content[:end] != _PLY_HEADER.format(number).encode():
        raise ValueError(
            f'Expected {path} to be a point cloud written by `save_ply`, '
            'but got another header'
        )
    vertices = np.frombuffer(content[end:], _VERTEX, number)
    points = upright(vertices['point'].astype(np.float64))
    return Cloud(points, vertices['color'].copy())


def _check(image: np.ndarray, masks: np.ndarray | None) -> None:
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


def _centred(depth: np.ndarray, z_scale: float) -> np.ndarray:
    """Points at the centres of the cells: two grids then fit each other."""
    height, width = depth.shape
    points = point_cloud(depth, z_scale)
    return points + np.array([0.5 / width, 0.5 / height, 0])


def _painted(image: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Instance colours that keep the shading; the rest in pale grey."""
    light = image.mean(2, keepdims=True)
    painted = 255 - 0.45 * (255 - light.repeat(3, 2))
    for mask, color in zip(masks, instance_colors(len(masks)), strict=True):
        inside = np.asarray(mask, bool)
        shade = 0.45 + 0.75 * light[inside] / 255
        painted[inside] = shade * color
    return painted.round().clip(0, 255).astype(np.uint8)
