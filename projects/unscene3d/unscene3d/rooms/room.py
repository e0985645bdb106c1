"""Indoor scenes made by code, with frames and truth: the default demo."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..frames.camera import sight
from ..structures import NO_INSTANCE, Frame, Scene
from .furniture import Piece
from .layout import Ground, arrange
from .materials import choose_palette, paint
from .solids import Solid, nearest_solid
from .surface import keep_vertices, surface_of, vertex_normals
from .views import Caster, camera_poses, intrinsics_of, with_noise

#: Height of the walls that is scanned, metres.
WALL_HEIGHT = 1.6
#: Corners darken within so many metres of another surface.
_CORNER = 0.15


@dataclass(frozen=True)
class Room:
    """An embedded scene with the frames that saw it.

    Attributes:
        scene (Scene): Mesh with colours, normals, faces and truth.
        frames (list[Frame]): Posed RGB-D images.
        kinds (tuple[str, ...]): What instance 1, 2, … is.
    """

    scene: Scene
    frames: list[Frame]
    kinds: tuple[str, ...]


def make_room(
    seed: int,
    *,
    num_objects: tuple[int, int] = (5, 12),
    num_frames: int = 14,
    image_size: tuple[int, int] = (120, 160),
    spacing: float = 0.03,
    noise: float = 0.002,
    holes: bool = True,
) -> Room:
    """Make one room, always the same from the same arguments.

    Furniture of sixteen kinds stands against walls and against each other,
    chairs under tables, things on things. Instances share materials.

    Args:
        seed (int): Chooses everything that is left open here, >= 0.
        num_objects (tuple): Fewest and most pieces of furniture. Crowded
            rooms may end with fewer than drawn, never fewer than the first
            number. Defaults to (5, 12).
        num_frames (int): Frames, >= 1. Defaults to 14.
        image_size (tuple): Height and width of colour and depth, pixels.
            Defaults to (120, 160).
        spacing (float): About the distance of two vertices, metres, within
            0.01 and 0.05. Defaults to 0.03, some 25,000 vertices.
        noise (float): Deviation of a vertex, and of the depth at 1 m,
            metres. Defaults to 0.002.
        holes (bool): Whether vertices that no frame saw are missing, as in
            a scan. Defaults to True.

    Returns:
        Room: The scene, with z upwards and the floor at 0, and its frames.
        Truth 0 is the floor and the walls.

    Raises:
        ValueError: If an argument is out of its range.
        ImportError: If Open3D or scikit-image is not installed.
    """
    _check(seed, num_objects, num_frames, image_size, spacing, noise)
    rng = np.random.default_rng(seed)
    ground = _ground(rng)
    pieces = arrange(rng, ground, num_objects)
    solids, owners, tints = _bodies(rng, ground, pieces)
    palette = choose_palette(rng)
    low = np.array([-1.4, -1.4, -1.4]) * spacing
    high = np.array([*ground.size, WALL_HEIGHT])
    points, faces = surface_of(solids, low, high, spacing)
    painted = partial(
        _painted, solids=solids, tints=tints, palette=palette
    )  # fmt: skip
    which = nearest_solid(points, solids, 2 * spacing)[1]
    caster = Caster(points, faces)
    name = f'room{seed:04d}'
    matrix = intrinsics_of(image_size)
    poses = camera_poses(rng, ground, solids, num_frames)
    frames = []
    for index, pose in enumerate(poses):
        colour, depth = caster.render(matrix, pose, image_size, painted)
        frame = Frame(f'{name}/{index:03d}', colour, depth, matrix, pose)
        frames.append(with_noise(frame, rng, noise) if noise else frame)
    normals = vertex_normals(points, faces)
    colours = painted(points, normals)
    if holes:
        seen = _seen(points, normals, caster, frames, spacing)
        kept, faces = keep_vertices(seen, faces)
        points, colours, which = points[kept], colours[kept], which[kept]
    points = points + rng.normal(0, 1, points.shape) * noise
    grain = rng.normal(0, 1000 * noise, colours.shape)
    scene = Scene(
        name,
        points.astype(np.float32),
        (colours + grain).round().clip(0, 255).astype(np.uint8),
        vertex_normals(points, faces),
        faces,
        owners[which].astype(np.int32),
    )
    return _without_unseen(Room(scene, frames, tuple(p.kind for p in pieces)))


def make_rooms(number: int, seed: int = 0, **settings) -> list[Room]:
    """Make some rooms.

    Args:
        number (int): How many, >= 1.
        seed (int): Of the first; the others have the next ones. Defaults to
            0.
        **settings: See :func:`make_room`.

    Returns:
        list[Room]: The rooms.

    Raises:
        ValueError: If an argument is out of its range.
    """
    if number < 1:
        raise ValueError(
            f'Expected argument `number` to be at least 1, but got {number}.'
        )
    return [make_room(seed + index, **settings) for index in range(number)]


def _check(seed, num_objects, num_frames, image_size, spacing, noise) -> None:
    wrong = {
        'seed': (seed, seed >= 0, 'at least 0'),
        'num_objects': (
            num_objects,
            len(num_objects) == 2 and 1 <= num_objects[0] <= num_objects[1],
            '(fewest, most) with 1 <= fewest <= most',
        ),
        'num_frames': (num_frames, num_frames >= 1, 'at least 1'),
        'image_size': (
            image_size,
            len(image_size) == 2 and min(image_size) >= 16,
            '(height, width) of at least 16 pixels each',
        ),
        'spacing': (spacing, 0.01 <= spacing <= 0.05, 'within [0.01, 0.05]'),
        'noise': (noise, 0 <= noise <= 0.02, 'within [0, 0.02]'),
    }
    for key, (value, good, words) in wrong.items():
        if not good:
            raise ValueError(
                f'Expected argument `{key}` to be {words}, but got {value}.'
            )


def _ground(rng: np.random.Generator) -> Ground:
    size = rng.uniform((2.8, 2.5), (3.5, 3.0))
    walls = ('y0', 'x0', 'x1', 'y1')[: int(rng.integers(2, 5))]
    return Ground((float(size[0]), float(size[1])), walls, WALL_HEIGHT)


def _bodies(
    rng: np.random.Generator, ground: Ground, pieces: list[Piece]
) -> tuple[list[Solid], np.ndarray, np.ndarray]:
    """Bodies of a room, their instances (b,) and their tints (b, 3)."""
    x, y = ground.size
    # Thick enough that nobody sees behind them.
    reach = 0.5
    walls = {
        'y0': ((x / 2, -reach), (x, reach)),
        'x0': ((-reach, y / 2), (reach, y)),
        'x1': ((x + reach, y / 2), (reach, y)),
        'y1': ((x / 2, y + reach), (x, reach)),
    }
    # Not in the plane of grid points, where a surface has slivers.
    solids = [
        Solid('box', (x / 2, y / 2, -reach), (2 * x, 2 * y, reach), 'floor')
    ]
    for name in ground.walls:
        (cx, cy), (hx, hy) = walls[name]
        solids.append(Solid('box', (cx, cy, 0.0), (hx, hy, 4.0), 'wall'))
    owners = [NO_INSTANCE] * len(solids)
    tints = [np.ones(3)] * len(solids)
    for instance, piece in enumerate(pieces, 1):
        tint = rng.uniform(0.92, 1.08) * rng.uniform(0.97, 1.03, 3)
        solids.extend(piece.solids)
        owners.extend([instance] * len(piece.solids))
        tints.extend([tint] * len(piece.solids))
    return solids, np.array(owners), np.array(tints)


def _painted(points, normals, solids, tints, palette) -> np.ndarray:
    owners = nearest_solid(points, solids, 0.08)[1]
    ahead = points + _CORNER * 0.6 * normals
    openness = nearest_solid(ahead, solids, _CORNER)[0] / (_CORNER * 0.6)
    return paint(
        points, normals, owners, openness.clip(0, 1), solids, tints, palette
    )


def _seen(points, normals, caster, frames, spacing) -> np.ndarray:
    """(n,) bool: a frame has the vertex in view, with nothing before it."""
    seen = np.zeros(len(points), bool)
    start = points + 0.3 * spacing * normals  # off the faceted surface
    for frame in frames:
        # Any depth will do: rays are finer than pixels.
        anywhere = replace(frame, depth=np.ones_like(frame.depth))
        in_view = sight(points, anywhere, (np.inf, 0.0)).vertices
        left = in_view[~seen[in_view]]
        eyes = np.broadcast_to(frame.pose[:3, 3], (len(left), 3))
        faces_it = ((eyes - points[left]) * normals[left]).sum(axis=1) > 0
        left, eyes = left[faces_it], eyes[faces_it]
        clear = caster.seen_from(start[left], eyes, 0.4 * spacing)
        seen[left[clear]] = True
    return seen


def _without_unseen(room: Room) -> Room:
    """Instances that no vertex is left of do not count."""
    truth = room.scene.instances
    alive = np.unique(truth[truth != NO_INSTANCE])
    renamed = np.zeros(len(room.kinds) + 1, np.int32)
    renamed[alive] = np.arange(1, len(alive) + 1)
    kinds = tuple(room.kinds[old - 1] for old in alive)
    scene = replace(room.scene, instances=renamed[truth])
    return Room(scene, room.frames, kinds)
