"""Where the furniture of a room stands: close together, as at home."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .furniture import KINDS, Piece

_TRIES = 40
#: Bodies may go into each other by so much, metres: things touch.
_PENETRATION = 0.006
#: Free rim of the floor where there is no wall, metres.
_RIM = 0.08
#: Pieces that stand with their back to a wall, on the floor, on others.
AT_WALL = ('bed', 'sofa', 'cupboard', 'drawers', 'shelf')
IN_ROOM = ('table', 'round table')
SMALL = ('lamp', 'bin', 'plant', 'ball', 'parcel', 'stool')
ON_TOP = ('parcel', 'monitor', 'pot', 'parcel')
SEATS = ('chair', 'stool')
DESKS = ('table', 'round table', 'cupboard', 'drawers')


@dataclass(frozen=True)
class Ground:
    """The floor, from (0, 0) to its size, and its walls.

    Attributes:
        size (tuple): Along x and y, metres.
        walls (tuple): Of 'y0', 'x0', 'x1', 'y1': the side of the floor.
        height (float): Of the walls, metres.
    """

    size: tuple[float, float]
    walls: tuple[str, ...]
    height: float

    def holds(self, piece: Piece) -> bool:
        """Whether a piece is over the floor, below the top, in no wall."""
        for solid in piece.solids:
            low, high = solid.box()
            if high[2] > self.height - _RIM:
                return False
            for axis, name in enumerate('xy'):
                least = -0.02 if f'{name}0' in self.walls else _RIM
                rim = -0.02 if f'{name}1' in self.walls else _RIM
                if low[axis] < least or high[axis] > self.size[axis] - rim:
                    return False
        return True


def arrange(
    rng: np.random.Generator, ground: Ground, num_objects: tuple[int, int]
) -> list[Piece]:
    """Choose and place the furniture of one room.

    Args:
        rng (np.random.Generator): Source of all choices.
        ground (Ground): Where it stands.
        num_objects (tuple): Fewest and most pieces.

    Returns:
        list[Piece]: As many as were drawn, or as found room.

    Raises:
        ValueError: If the fewest pieces find no room.
    """
    count = int(rng.integers(num_objects[0], num_objects[1] + 1))
    best: list[Piece] = []
    for _ in range(8):  # an unlucky beginning leaves no room: begin again
        placed: list[Piece] = []
        for kind in _wishes(rng, count):
            if len(placed) == count:
                break
            new = _add(rng, kind, ground, placed)
            if new is not None:
                placed.append(new)
        best = max(best, placed, key=len)
        if len(best) == count:
            return best
    if len(best) < num_objects[0]:
        raise ValueError(
            'Expected argument `num_objects` to begin with what a room has '
            f'space for, here {len(best)}, but got {num_objects}.'
        )
    return best


def _wishes(rng: np.random.Generator, count: int) -> Iterator[str]:
    """Kinds in the order they are tried, some of them twice in a row."""
    large = list(rng.permutation(AT_WALL))[:2]
    if rng.random() < 0.6:  # two of a kind stand side by side
        large.insert(1, large[0] if large[0] != 'bed' else 'drawers')
    table = str(rng.choice(IN_ROOM, p=[0.75, 0.25]))
    seat = str(rng.choice(SEATS, p=[0.8, 0.2]))
    seats = [seat] * int(rng.integers(1, 5))
    order = [*large[:1], table, *seats[:2], *large[1:], *seats[2:]]
    order = order[: max(count - 2, 1)]
    yield from map(str, order)
    for _ in range(3 * count):  # what is left goes to small things
        group = ON_TOP if rng.random() < 0.5 else SMALL
        yield str(rng.choice(group))


def _add(
    rng: np.random.Generator,
    kind: str,
    ground: Ground,
    placed: list[Piece],
) -> Piece | None:
    """One more piece, or None where no try was good."""
    for _ in range(_TRIES):
        piece = KINDS[kind](rng)
        spot = _spot(rng, piece, ground, placed)
        if spot is None:
            return None
        piece = piece.placed(*spot)
        if ground.holds(piece) and not _hits_any(piece, placed):
            return piece
    return None


def _spot(
    rng: np.random.Generator,
    piece: Piece,
    ground: Ground,
    placed: list[Piece],
) -> tuple[np.ndarray, float, float] | None:
    """Position, yaw and height to try; None where the kind has no place."""
    if piece.kind in AT_WALL:
        alike = [one for one in placed if one.kind in AT_WALL]
        if alike and rng.random() < 0.6:
            return _beside(rng, piece, alike)
        return _at_wall(rng, piece, ground)
    if piece.kind in SEATS:
        tables = [one for one in placed if one.kind in IN_ROOM]
        if tables and rng.random() < 0.85:
            return _at_table(rng, piece, tables)
    hosts = [one for one in placed if one.top is not None]
    if piece.kind in ON_TOP and (piece.kind != 'parcel' or rng.random() < 0.6):
        return _on_top(rng, piece, hosts)
    if piece.kind in SMALL and placed and rng.random() < 0.7:
        return _beside(rng, piece, placed)
    low = np.array(piece.half) * 0.8
    where = rng.uniform(low, np.maximum(ground.size - low, low + 0.01))
    turn = rng.choice(4) * np.pi / 2 + rng.normal(0, 0.08)
    return where, float(turn), 0.0


def _at_wall(rng, piece: Piece, ground: Ground):
    name = str(rng.choice(ground.walls))
    yaw = {'y0': 0.0, 'x0': -0.5, 'x1': 0.5, 'y1': 1.0}[name] * np.pi
    axis = 0 if name[0] == 'x' else 1
    away = piece.half[1] + rng.uniform(0, 0.02)
    where = np.zeros(2)
    where[axis] = away if name[1] == '0' else ground.size[axis] - away
    length = ground.size[1 - axis]
    corner = rng.random() < 0.4  # into the corner, or anywhere
    along = piece.half[0] if corner else rng.uniform(0, length)
    where[1 - axis] = along
    return where, yaw, 0.0


def _beside(rng, piece: Piece, others: list[Piece]):
    """At a side of another piece, in line with its back, nearly touching."""
    other = others[rng.integers(len(others))]
    side = rng.choice([-1, 1])
    gap = rng.uniform(0.0, 0.03)
    x = side * (other.half[0] + piece.half[0] + gap)
    y = piece.half[1] - other.half[1]
    if piece.kind in SMALL:
        y = rng.uniform(-0.5, 1) * max(other.half[1] - piece.half[1], 0)
    where = np.array(other.position) + _turn(np.array([x, y]), other.yaw)
    return where, other.yaw, 0.0


def _at_table(rng, piece: Piece, tables: list[Piece]):
    """Towards a table, more or less under it."""
    table = tables[rng.integers(len(tables))]
    quarter = int(rng.integers(4))
    reach, width = table.half[(1, 0)[quarter % 2]], table.half[quarter % 2]
    under = rng.uniform(-0.02, 0.3)
    along = rng.uniform(-1, 1) * max(width - piece.half[0] - 0.08, 0)
    spot = np.array([along, -(reach + piece.half[1] - under)])
    turn = quarter * np.pi / 2
    where = np.array(table.position) + _turn(spot, table.yaw + turn)
    return where, table.yaw + turn + rng.normal(0, 0.12), 0.0


def _on_top(rng, piece: Piece, hosts: list[Piece]):
    if piece.kind == 'monitor':
        hosts = [one for one in hosts if one.kind in DESKS]
    if not hosts:
        return None
    host = hosts[rng.integers(len(hosts))]
    height, hx, hy = host.top
    base = min(s.box()[0][2] for s in host.solids)  # not of one on another
    half = max(piece.half) if host.kind != 'cupboard' else min(piece.half)
    room = np.maximum(np.array([hx, hy]) - half, 0)
    where = np.array(host.position)
    where = where + _turn(rng.uniform(-1, 1, 2) * room, host.yaw)
    yaw = host.yaw + rng.choice([0, np.pi]) + rng.normal(0, 0.15)
    return where, float(yaw), float(base + height)


def _turn(spot: np.ndarray, yaw: float) -> np.ndarray:
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.array([[cos, -sin], [sin, cos]]) @ spot


def _hits_any(piece: Piece, placed: list[Piece]) -> bool:
    return any(
        _inside(a, b) or _inside(b, a) for a, b in _pairs(piece, placed)
    )


def _pairs(piece: Piece, placed: list[Piece]):
    """Bodies of a piece and of the others whose boxes meet."""
    for other in placed:
        for theirs in other.solids:
            low, high = theirs.box()
            for own in piece.solids:
                from_, to = own.box()
                if (from_ < high).all() and (low < to).all():
                    yield own, theirs


def _inside(first, second) -> bool:
    return bool((second.distance(first.samples()) < -_PENETRATION).any())
