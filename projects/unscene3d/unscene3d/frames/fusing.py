"""A mesh from posed RGB-D frames, for users who have no mesh."""

from collections.abc import Iterable

import cv2
import numpy as np

from ..optional import need
from ..structures import Frame, Scene
from .checks import check_frame

#: The signed distance is known within so many voxels of the surface.
TRUNCATION = 4.0


def fuse_frames(
    frames: Iterable[Frame],
    voxel: float = 0.02,
    max_depth: float = 4.0,
    min_faces: int = 200,
    name: str = 'fused',
) -> Scene:
    """Fuse frames into one mesh by a truncated signed distance field.

    Open3D does the fusing (Curless and Levoy 1996, as in KinectFusion). The
    mesh stays in the world of the poses, so that the frames fit it.

    Args:
        frames (Iterable[Frame]): Read one after the other, none is kept.
        voxel (float): Side of a voxel and about the distance of two
            vertices, metres. Defaults to 0.02, as ScanNet's.
        max_depth (float): Farther depths are left out, metres: the noise of
            the sensor grows with the square. Defaults to 4.
        min_faces (int): Pieces of the surface with fewer faces, which float
            in the air for the most part, are left out. Defaults to 200.
        name (str): Of the scene. Defaults to 'fused'.

    Returns:
        Scene: With colours, normals and faces; no truth.

    Raises:
        ValueError: If a setting is out of its range, a frame is bad, or the
            frames give no surface.
        ImportError: If Open3D is not installed.
    """
    for key, value in (('voxel', voxel), ('max_depth', max_depth)):
        if not value > 0:
            raise ValueError(
                f'Expected argument `{key}` to be above 0 metres, but got '
                f'{value}.'
            )
    o3d = need('open3d', 'Fusing frames into a mesh')
    float32 = o3d.core.float32
    volume = o3d.t.geometry.VoxelBlockGrid(
        attr_names=('tsdf', 'weight', 'color'),
        attr_dtypes=(float32, float32, float32),
        attr_channels=((1), (1), (3)),
        voxel_size=voxel,
        block_resolution=16,
        block_count=1000,  # it grows
        device=o3d.core.Device('CPU:0'),
    )
    seen = False
    for frame in frames:
        check_frame(frame)
        within = (frame.depth > 0) & (frame.depth <= max_depth)
        if within.any():
            seen = True
            _integrate(o3d, volume, frame, max_depth)
    if seen:
        mesh = volume.extract_triangle_mesh(weight_threshold=0.5).to_legacy()
        mesh = _without_small_pieces(mesh, min_faces)
    if not seen or not len(mesh.vertices):
        raise ValueError(
            f'{name}: expected frames that show a surface within '
            f'{max_depth} m, but got none.'
        )
    return _in_order(name, mesh)


def _integrate(o3d, volume, frame: Frame, max_depth: float) -> None:
    height, width = frame.depth.shape
    colour = frame.colour
    if colour.shape[:2] != (height, width):
        shrinks = colour.shape[0] > height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        colour = cv2.resize(colour, (width, height), interpolation=way)
    image = o3d.t.geometry.Image
    depth = image(np.ascontiguousarray(frame.depth, np.float32))
    matrix = o3d.core.Tensor(np.asarray(frame.intrinsics, np.float64))
    view = o3d.core.Tensor(np.linalg.inv(frame.pose))
    settings = (1.0, max_depth, TRUNCATION)
    blocks = volume.compute_unique_block_coordinates(
        depth, matrix, view, *settings
    )
    colour = image(np.ascontiguousarray(colour, np.float32) / 255)
    volume.integrate(blocks, depth, colour, matrix, matrix, view, *settings)


def _without_small_pieces(mesh, min_faces: int):
    if not len(mesh.triangles):
        return mesh
    piece, sizes, _ = mesh.cluster_connected_triangles()
    small = np.asarray(sizes)[np.asarray(piece)] < min_faces
    mesh.remove_triangles_by_mask(small)
    mesh.remove_unreferenced_vertices()
    return mesh


def _in_order(name: str, mesh) -> Scene:
    """The mesh with its vertices in an order that threads do not change."""
    mesh.compute_vertex_normals()
    points = np.asarray(mesh.vertices, np.float32)
    order = np.lexsort(points.T)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    faces = rank[np.asarray(mesh.triangles)]
    # Each face begins with its lowest vertex, and keeps its side.
    first = faces.argmin(axis=1)[:, None]
    faces = np.take_along_axis(faces, (first + np.arange(3)) % 3, axis=1)
    colours = 255 * np.asarray(mesh.vertex_colors)
    return Scene(
        name,
        points[order],
        colours.round().clip(0, 255).astype(np.uint8)[order],
        np.asarray(mesh.vertex_normals, np.float32)[order],
        faces[np.lexsort(faces.T[::-1])],
    )
