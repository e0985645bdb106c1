"""Normals of vertices, from faces or from neighbours."""

import numpy as np

from ..structures import Scene


def vertex_normals(
    scene: Scene, edges: np.ndarray, rings: int = 1
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

    Returns:
        tuple: (n, 3) float32 of length 1, or 0 where nothing says what it
        is (no face, or less than two neighbours); and whether the signs
        mean something.
    """
    if scene.normals is not None:
        return scene.normals.astype(np.float32), True
    if scene.faces is not None and len(scene.faces):
        return _of_faces(scene), True
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
    # In the frame of each neighbourhood: squares of large coordinates would
    # take the digits of small differences.
    points = points.astype(np.float64)
    number = len(points)
    start, end = edges.T
    offset = points[end] - points[start]
    count = np.ones(number)
    count += np.bincount(start, minlength=number)
    count += np.bincount(end, minlength=number)
    mean = np.zeros((number, 3))
    moment = np.zeros((number, 3, 3))
    for a in range(3):
        mean[:, a] = np.bincount(start, offset[:, a], number)
        mean[:, a] -= np.bincount(end, offset[:, a], number)
        for b in range(a, 3):
            product = offset[:, a] * offset[:, b]
            total = np.bincount(start, product, number)
            total += np.bincount(end, product, number)
            moment[:, a, b] = moment[:, b, a] = total
    for _ in range(rings - 1):
        count, mean, moment = _spread(start, end, offset, count, mean, moment)
    mean /= count[:, None]
    moment /= count[:, None, None]
    spread = moment - mean[:, :, None] * mean[:, None, :]
    normals = np.zeros((number, 3))
    known = count > 2
    for at in np.array_split(np.flatnonzero(known), number // 200_000 + 1):
        # Eigenvalues come in ascending order.
        normals[at] = np.linalg.eigh(spread[at])[1][:, :, 0]
    return _unit(normals)


def _spread(start, end, offset, count, mean, moment):
    """Adds the moments of each vertex's neighbours to its own."""
    number = len(count)
    totals = (count.copy(), mean.copy(), moment.copy())
    for here, there, way in ((start, end, offset), (end, start, -offset)):
        # Moved by `way`, from the frame of there to that of here.
        mass = count[there]
        first = mean[there] + mass[:, None] * way
        totals[0][:] += np.bincount(here, mass, number)
        for a in range(3):
            totals[1][:, a] += np.bincount(here, first[:, a], number)
            for b in range(a, 3):
                second = (
                    moment[there, a, b]
                    + mean[there, a] * way[:, b]
                    + way[:, a] * mean[there, b]
                    + mass * way[:, a] * way[:, b]
                )
                total = np.bincount(here, second, number)
                totals[2][:, a, b] += total
                if a != b:
                    totals[2][:, b, a] += total
    return totals


def _unit(normals: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    length[length < 1e-20] = np.inf
    return (normals / length).astype(np.float32)
