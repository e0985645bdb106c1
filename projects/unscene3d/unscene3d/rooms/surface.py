"""One connected mesh around all bodies of a room, as a scanner gives it."""

from collections.abc import Sequence

import numpy as np

from ..optional import need
from .solids import Solid


def surface_of(
    solids: Sequence[Solid],
    low: np.ndarray,
    high: np.ndarray,
    spacing: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Marching cubes on the signed distance of the union of bodies.

    Scanners fuse depth into such a field too: what touches is joined, edges
    are a little blunt.

    Args:
        solids (Sequence[Solid]): The bodies.
        low (np.ndarray): (3,) lower corner of the field, metres.
        high (np.ndarray): (3,) upper corner; the surface is open there.
        spacing (float): Of the grid, and about of the vertices, metres.

    Returns:
        tuple: (n, 3) float64 vertices and (m, 3) int32 faces, whose normals
        point out of the bodies.

    Raises:
        ImportError: If scikit-image is not installed.
    """
    measure = need('skimage.measure', 'The surface of an embedded room')
    counts = np.ceil((high - low) / spacing).astype(int) + 1
    axes = [low[i] + spacing * np.arange(counts[i]) for i in range(3)]
    reach = 2.0 * spacing
    field = np.full(counts, reach)
    for solid in solids:
        corners = solid.box(reach)
        window = tuple(
            slice(*np.searchsorted(axis, (corners[0][i], corners[1][i])))
            for i, axis in enumerate(axes)
        )
        part = field[window]
        if not part.size:
            continue
        mesh = np.meshgrid(*(axes[i][window[i]] for i in range(3)),
                           indexing='ij')  # fmt: skip
        points = np.stack(mesh, axis=-1).reshape(-1, 3)
        own = solid.distance(points).reshape(part.shape)
        np.minimum(part, own, out=part)
    points, faces, _, _ = measure.marching_cubes(
        field, 0.0, spacing=(spacing,) * 3, gradient_direction='descent'
    )
    return points.astype(np.float64) + low, faces.astype(np.int32)


def vertex_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(n, 3) float32 normals of a mesh, faces weighted by their area."""
    first, second, third = (points[faces[:, i]] for i in range(3))
    across = np.cross(second - first, third - first)
    normals = np.zeros((len(points), 3))
    for corner in range(3):
        for axis in range(3):
            normals[:, axis] += np.bincount(
                faces[:, corner], across[:, axis], len(points)
            )
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    upwards = np.array([0.0, 0.0, 1.0])
    good = length > 1e-12
    return np.where(good, normals / np.where(good, length, 1), upwards).astype(
        np.float32
    )


def keep_vertices(
    keep: np.ndarray, faces: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A mesh without some vertices.

    Args:
        keep (np.ndarray): (n,) bool.
        faces (np.ndarray): (m, 3).

    Returns:
        tuple: Indices of the vertices that stay, those in a face of kept
        vertices, and the faces between them in the new count.
    """
    faces = faces[keep[faces].all(axis=1)]
    kept, renamed = np.unique(faces, return_inverse=True)
    return kept, renamed.reshape(faces.shape).astype(np.int32)
