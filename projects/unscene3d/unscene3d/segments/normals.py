"""Normals of vertices, from faces or from neighbours."""

import numpy as np
from numba import njit

from ..structures import Scene


def vertex_normals(
    scene: Scene, edges: np.ndarray, rings: int = 1, smooth: int = 0
) -> tuple[np.ndarray, bool]:
    """Normals of a scene's vertices.

    Those of the scene are taken where it has some. With faces, the normal is
    the mean of those of the faces around, weighted by area. Without, it is
    the direction in which a vertex and its neighbours vary least; its sign
    is then arbitrary, so that two of them are compared by ``|n·n'|``.

    Args:
        scene (Scene): Of n vertices.
        edges (np.ndarray): (e, 2) int, see :func:`neighbour_graph`.
        rings (int): How often moments of clouds are summed over neighbours:
            2 takes the neighbours of neighbours as well. Defaults to 1.
        smooth (int): How often normals with a sign become the mean of their
            own and their neighbours'. Defaults to 0.

    Returns:
        tuple: (n, 3) float32 of length 1, or 0 where nothing says what it
        is (no face, or less than two neighbours); and whether the signs
        mean something.
    """
    normals = None
    if scene.normals is not None:
        normals = scene.normals.astype(np.float32)
    elif scene.faces is not None and len(scene.faces):
        normals = _of_faces(scene)
    if normals is not None:
        for _ in range(smooth):
            normals = _smoothed(normals, edges)
        return normals, True
    return _of_neighbours(scene.points, edges, rings), False


def _of_faces(scene: Scene) -> np.ndarray:
    corners = scene.points.astype(np.float64)[scene.faces]
    areas = np.cross(
        corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    )
    normals = np.empty((len(scene), 3))
    at = scene.faces.reshape(-1)
    for axis in range(3):
        normals[:, axis] = np.bincount(
            at, np.repeat(areas[:, axis], 3), len(scene)
        )
    return _unit(normals)


def _of_neighbours(
    points: np.ndarray, edges: np.ndarray, rings: int
) -> np.ndarray:
    points = points.astype(np.float64)
    moments = _sums(points, edges, rings)
    count = moments[:, 0]
    mean = moments[:, 1:4] / count[:, None]
    # xx xy xz, yx yy yz, zx zy zz
    square = moments[:, [4, 5, 6, 5, 7, 8, 6, 8, 9]].reshape(-1, 3, 3)
    spread = square / count[:, None, None]
    spread -= mean[:, :, None] * mean[:, None, :]
    normals = np.zeros(points.shape)
    known = np.flatnonzero(count > 2)
    for at in np.array_split(known, len(known) // 200_000 + 1):
        # Eigenvalues come in ascending order.
        normals[at] = np.linalg.eigh(spread[at])[1][:, :, 0]
    return _unit(normals)


@njit(cache=True)
def _sums(points, edges, rings):
    """(n, 10) number, sums and sums of products of offsets from a vertex.

    Of each vertex and its neighbours, then ``rings - 1`` times of what those
    have. In the frame of each vertex: squares of large coordinates would take
    the digits of small differences.
    """
    sums = np.zeros((len(points), 10))
    sums[:, 0] = 1
    for _ in range(rings):
        before = sums.copy()
        for index in range(len(edges)):
            for turn in range(2):
                here = edges[index, turn]
                there = edges[index, 1 - turn]
                x = points[there, 0] - points[here, 0]
                y = points[there, 1] - points[here, 1]
                z = points[there, 2] - points[here, 2]
                n, a, b, c = before[there, :4]
                # Moved from the frame of there to that of here.
                sums[here, 0] += n
                sums[here, 1] += a + n * x
                sums[here, 2] += b + n * y
                sums[here, 3] += c + n * z
                sums[here, 4] += before[there, 4] + (2 * a + n * x) * x
                sums[here, 5] += before[there, 5] + a * y + (b + n * y) * x
                sums[here, 6] += before[there, 6] + a * z + (c + n * z) * x
                sums[here, 7] += before[there, 7] + (2 * b + n * y) * y
                sums[here, 8] += before[there, 8] + b * z + (c + n * z) * y
                sums[here, 9] += before[there, 9] + (2 * c + n * z) * z
    return sums


def _smoothed(normals: np.ndarray, edges: np.ndarray) -> np.ndarray:
    total = normals.astype(np.float64)
    start, end = edges.T
    for axis in range(3):
        for here, there in ((start, end), (end, start)):
            total[:, axis] += np.bincount(
                here, normals[there, axis], len(normals)
            )
    return _unit(total)


def _unit(normals: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    length[length < 1e-20] = np.inf
    return (normals / length).astype(np.float32)
