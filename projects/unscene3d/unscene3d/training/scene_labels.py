"""Files of pseudo-masks and predictions: one NPZ file for each scene.

Arrays of a file, n vertices, s segments, N masks:

- ``of_vertex`` (n,) int32, the segment of each vertex, 0 to s - 1;
- ``edges`` (e, 2) int32, pairs of segments that touch, the lower first;
- ``masks`` (N, s) bool;
- ``scores`` (N,) float32 in [0, 1].
"""

from pathlib import Path

import numpy as np

from mmcuts3d.files import read_array, shown
from mmcuts3d.files.whole_files import whole_file

from ..structures import SceneInstances, Segments

_WHAT = 'a file of pseudo-masks'


def label_path(folder: str | Path, name: str) -> Path:
    """The file of a scene.

    Args:
        folder (str | Path): Of the labels.
        name (str): Of the scene.

    Returns:
        Path: ``folder/name.npz``.

    Raises:
        ValueError: If the name cannot be that of a file.
    """
    if not name or name in ('.', '..') or set(name) & set('/\\\0'):
        raise ValueError(
            'Expected the name of a scene to be that of a file, but got '
            f'{shown(repr(name))}.'
        )
    return Path(folder) / f'{name}.npz'


def write_scene_labels(
    folder: str | Path, name: str, instances: SceneInstances
) -> Path:
    """Write the masks of a scene: the whole file, or none.

    Args:
        folder (str | Path): Made where it is not there.
        name (str): Of the scene.
        instances (SceneInstances): Its masks; ``steps`` are not written.

    Returns:
        Path: The file, of the same bytes for the same masks.

    Raises:
        ValueError: If the name cannot be that of a file.
    """
    path = label_path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            of_vertex=np.asarray(instances.segments.of_vertex, np.int32),
            edges=np.asarray(instances.segments.edges, np.int32).reshape(
                -1, 2
            ),
            masks=np.asarray(instances.masks, bool),
            scores=np.asarray(instances.scores, np.float32),
        )
    return path


def read_scene_labels(
    folder: str | Path, name: str, num_vertices: int | None = None
) -> SceneInstances:
    """Read the masks of a scene.

    Args:
        folder (str | Path): Of the labels.
        name (str): Of the scene.
        num_vertices (int, optional): Of the scene, to check. Defaults to
            None: not checked.

    Returns:
        SceneInstances: As written.

    Raises:
        ValueError: If the file is missing, damaged, or of another scene; it
            names the file.
    """
    path = label_path(folder, name)
    of_vertex, edges, masks, scores = (
        read_array(path, key, _WHAT, allow_only=False)
        for key in ('of_vertex', 'edges', 'masks', 'scores')
    )
    if of_vertex.ndim != 1 or of_vertex.dtype.kind not in 'iu':
        raise _wrong(
            path, 'whole numbers `of_vertex` of shape (n,)', of_vertex
        )
    if num_vertices is not None and len(of_vertex) != num_vertices:
        raise ValueError(
            f'{name}: expected labels of its {num_vertices} vertices, but '
            f'{shown(path)} has {len(of_vertex)}: it is of another scene, or '
            'of another version of this one.'
        )
    number = _check_dense(path, of_vertex)
    if edges.ndim != 2 or edges.shape[1] != 2 or edges.dtype.kind not in 'iu':
        raise _wrong(path, 'whole numbers `edges` of shape (e, 2)', edges)
    if edges.size and (edges.min() < 0 or edges.max() >= number):
        raise ValueError(
            f'{shown(path)}: expected `edges` of segments 0 to {number - 1}, '
            f'but got {edges.min()} to {edges.max()}.'
        )
    if masks.shape != (len(scores), number) or masks.dtype != bool:
        raise _wrong(
            path, f'`masks` of shape {(len(scores), number)}, bool', masks
        )
    if scores.ndim != 1 or not ((scores >= 0) & (scores <= 1)).all():
        raise _wrong(path, '`scores` of shape (N,), in [0, 1]', scores)
    segments = Segments(of_vertex.astype(np.int32), edges.astype(np.int32))
    return SceneInstances(masks, scores.astype(np.float32), segments)


def _check_dense(path: Path, of_vertex: np.ndarray) -> int:
    """The number of segments, each of which has a vertex."""
    if not len(of_vertex) or of_vertex.min() < 0:
        raise _wrong(path, 'a segment from 0 on for each vertex', of_vertex)
    if of_vertex.max() >= len(of_vertex):
        raise _wrong(path, 'segments that all have a vertex', of_vertex)
    empty = np.flatnonzero(np.bincount(of_vertex) == 0)
    if len(empty):
        raise ValueError(
            f'{shown(path)}: expected segments that all have a vertex, but '
            f'got none in segment {empty[0]}.'
        )
    return int(of_vertex.max()) + 1


def _wrong(path: Path, wanted: str, got: np.ndarray) -> ValueError:
    span = f', from {got.min()} to {got.max()}' if got.size else ''
    return ValueError(
        f'{shown(path)}: expected {wanted}, but got shape {got.shape} of '
        f'{got.dtype}{span}.'
    )
