"""A mesh from posed RGB-D frames, for users who have no mesh."""

from collections.abc import Iterable

import cv2
import numpy as np

from ..optional import need
from ..structures import Frame, Scene
from .checks import check_frame


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
    volume = o3d.pipelines.integration.ScalableTSDFVolume(
        voxel_length=voxel,
        sdf_trunc=4 * voxel,
        color_type=o3d.pipelines.integration.TSDFVolumeColorType.RGB8,
    )
    number = 0
    for frame in frames:
        _integrate(o3d, volume, check_frame(frame), max_depth)
        number += 1
    mesh = volume.extract_triangle_mesh()
    mesh = _without_small_pieces(mesh, min_faces)
    if not len(mesh.vertices):
        raise ValueError(
            f'{name}: expected frames that show a surface within '
            f'{max_depth} m, but {number} frames gave none.'
        )
    mesh.compute_vertex_normals()
    colours = 255 * np.asarray(mesh.vertex_colors)
    return Scene(
        name,
        np.asarray(mesh.vertices, np.float32),
        colours.round().clip(0, 255).astype(np.uint8),
        np.asarray(mesh.vertex_normals, np.float32),
        np.asarray(mesh.triangles, np.int32),
    )


def _integrate(o3d, volume, frame: Frame, max_depth: float) -> None:
    height, width = frame.depth.shape
    colour = frame.colour
    if colour.shape[:2] != (height, width):
        shrinks = colour.shape[0] > height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        colour = cv2.resize(colour, (width, height), interpolation=way)
    picture = o3d.geometry.RGBDImage.create_from_color_and_depth(
        o3d.geometry.Image(np.ascontiguousarray(colour)),
        o3d.geometry.Image(np.ascontiguousarray(frame.depth, np.float32)),
        depth_scale=1.0,
        depth_trunc=max_depth,
        convert_rgb_to_intensity=False,
    )
    matrix = frame.intrinsics
    camera = o3d.camera.PinholeCameraIntrinsic(
        width, height, matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2]
    )
    volume.integrate(picture, camera, np.linalg.inv(frame.pose))


def _without_small_pieces(mesh, min_faces: int):
    if not len(mesh.triangles):
        return mesh
    piece, sizes, _ = mesh.cluster_connected_triangles()
    small = np.asarray(sizes)[np.asarray(piece)] < min_faces
    mesh.remove_triangles_by_mask(small)
    mesh.remove_unreferenced_vertices()
    return mesh
