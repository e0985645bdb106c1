"""What the parts of UnScene3D hand to each other.

A scene is a cloud of vertices, with or without faces. n is their number, s
that of segments.
"""

from dataclasses import dataclass, field

import numpy as np

#: Truth of a vertex without an instance, and of walls and floors.
NO_INSTANCE = 0


@dataclass(frozen=True)
class Frame:
    """A posed RGB-D image of a scene.

    Attributes:
        name (str): How it is called in messages.
        colour (np.ndarray): (H, W, 3) uint8 RGB.
        depth (np.ndarray): (h, w) float32, metres along the optical axis, 0
            where there is none; may have another size than the colour.
        intrinsics (np.ndarray): (3, 3) float64, in pixels of the depth.
        pose (np.ndarray): (4, 4) float64, camera to world. The camera looks
            along +z, x is right and y is down (ScanNet, 7-Scenes).
    """

    name: str
    colour: np.ndarray
    depth: np.ndarray
    intrinsics: np.ndarray
    pose: np.ndarray


@dataclass(frozen=True)
class Scene:
    """The vertices of a scan, and what is known of them.

    Attributes:
        name (str): How it is called in messages and files.
        points (np.ndarray): (n, 3) float32, metres, z upwards.
        colours (np.ndarray, optional): (n, 3) uint8 RGB.
        normals (np.ndarray, optional): (n, 3) float32 of length 1.
        faces (np.ndarray, optional): (m, 3) int32, indices of vertices.
        instances (np.ndarray, optional): (n,) int32 truth, 0 = none.
    """

    name: str
    points: np.ndarray
    colours: np.ndarray | None = None
    normals: np.ndarray | None = None
    faces: np.ndarray | None = None
    instances: np.ndarray | None = None

    def __post_init__(self) -> None:
        points = self.points
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise ValueError(
                f'{self.name}: expected points of shape (n, 3) with a vertex '
                f'at least, but got {points.shape}.'
            )
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        if len(bad):
            raise ValueError(
                f'{self.name}: expected finite points, but {len(bad)} of '
                f'{len(points)} vertices are NaN or infinite, the first is '
                f'vertex {bad[0]}.'
            )
        shapes = {
            'colours': (len(points), 3),
            'normals': (len(points), 3),
            'instances': (len(points),),
        }
        for key, shape in shapes.items():
            value = getattr(self, key)
            if value is not None and value.shape != shape:
                raise ValueError(
                    f'{self.name}: expected {key} of shape {shape}, one for '
                    f'each vertex, but got {value.shape}.'
                )
        self._check_faces()

    def _check_faces(self) -> None:
        faces = self.faces
        if faces is None or not faces.size:
            return
        if faces.ndim != 2 or faces.shape[1] != 3:
            raise ValueError(
                f'{self.name}: expected faces of shape (m, 3), triangles, '
                f'but got {faces.shape}.'
            )
        if faces.min() < 0 or faces.max() >= len(self.points):
            raise ValueError(
                f'{self.name}: expected faces of vertices 0 to '
                f'{len(self.points) - 1}, but got {faces.min()} to '
                f'{faces.max()}.'
            )

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class Segments:
    """A scene cut into small pieces of one surface (Sec. 4.1).

    Attributes:
        of_vertex (np.ndarray): (n,) int32, segment of each vertex, from 0 to
            s - 1, each with a vertex at least.
        edges (np.ndarray): (e, 2) int32, the pairs of segments that touch,
            each once, the lower first.
    """

    of_vertex: np.ndarray
    edges: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """(s,) number of vertices of each segment."""
        return np.bincount(self.of_vertex)

    def __len__(self) -> int:
        return int(self.of_vertex.max()) + 1


@dataclass(frozen=True)
class SceneInstances:
    """Pseudo-masks or predictions of one scene, made of whole segments.

    Attributes:
        masks (np.ndarray): (N, s) bool, the segments of each instance.
        scores (np.ndarray): (N,) float32 in [0, 1].
        segments (Segments): Of which the masks are made.
        steps (tuple): What the masked normalized cut did, for pictures.
    """

    masks: np.ndarray
    scores: np.ndarray
    segments: Segments
    steps: tuple = field(default=(), repr=False)

    def __post_init__(self) -> None:
        shape = (len(self.scores), len(self.segments))
        if self.masks.shape != shape:
            raise ValueError(
                f'Expected masks of shape {shape}, instances and segments, '
                f'but got {self.masks.shape}.'
            )

    def __len__(self) -> int:
        return len(self.scores)

    def on_vertices(self) -> np.ndarray:
        """(N, n) bool, the vertices of each instance."""
        return self.masks[:, self.segments.of_vertex]
