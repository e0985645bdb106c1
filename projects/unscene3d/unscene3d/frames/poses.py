"""Do the frames look at the scene?

Poses come in several conventions, and a wrong one fails silently: a few
vertices are seen by chance, and their features mean nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..structures import Frame, Scene
from .camera import sight
from .checks import check_frame

#: Frames and vertices that are looked at.
MOST_FRAMES, MOST_VERTICES = 16, 20_000
#: Another convention is the right one if it sees so many times more, and at
#: least such a share of what there is to see.
FACTOR, LEAST_SHARE = 3.0, 0.05
_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
CONVENTIONS = {
    'world to camera': np.linalg.inv,
    'camera to world of a camera that looks along -z with y up (OpenGL)': (
        lambda pose: pose @ _FLIP
    ),
    'world to camera of a camera that looks along -z with y up (OpenGL)': (
        lambda pose: np.linalg.inv(pose) @ _FLIP
    ),
}


def check_poses(
    scene: Scene,
    frames: Sequence[Frame],
    tolerance: tuple[float, float] = (0.05, 0.02),
) -> float:
    """Hold the poses of some frames against the scene.

    Args:
        scene (Scene): What they should see.
        frames (Sequence[Frame]): At most 16 of them are looked at, evenly
            spread.
        tolerance (tuple): See :func:`~.camera.sight`. Defaults to
            (0.05, 0.02).

    Returns:
        float: Share of the depth pixels' worth of vertices that agree: the
        mean over the frames of seen vertices over those inside the view, in
        [0, 1].

    Raises:
        ValueError: If there is no frame, the frames see no vertex, or they
            see many more when their poses are read in another convention;
            names the scene and the convention.
    """
    if not len(frames):
        raise ValueError(
            f'{scene.name}: expected posed RGB-D frames, but got none.'
        )
    places = np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int)
    some = [check_frame(frames[int(i)]) for i in np.unique(places)]
    stride = -(-len(scene) // MOST_VERTICES)
    points = scene.points[::stride]
    share = _share(points, some, tolerance)
    for words, read in CONVENTIONS.items():
        others = [replace(one, pose=read(one.pose)) for one in some]
        other = _share(points, others, tolerance)
        if other > max(FACTOR * share, LEAST_SHARE):
            raise ValueError(
                f'{scene.name}: expected poses that are camera to world, x '
                'right, y down, z forward, but got poses that look like '
                f'{words}: read so, frames agree with {other:.0%} of the '
                f'vertices in view, as given with {share:.0%}.'
            )
    return share


def _share(
    points: np.ndarray, frames: list[Frame], tolerance: tuple[float, float]
) -> float:
    """Seen vertices over vertices in view, mean over the frames."""
    shares = []
    for frame in frames:
        seen = len(sight(points, frame, tolerance).vertices)
        # With any depth allowed, all vertices in the picture are seen.
        in_view = len(sight(points, frame, (np.inf, 0.0)).vertices)
        shares.append(seen / max(in_view, 1))
    return float(np.mean(shares))
