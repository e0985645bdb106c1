"""The kinds of furniture, as bodies around the origin of the floor.

The back of a piece, which may stand against a wall, lies at negative y.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .solids import Solid


@dataclass(frozen=True)
class Piece:
    """A piece of furniture, one instance of the truth.

    Attributes:
        kind (str): Key of :data:`KINDS`.
        solids (tuple): Its bodies.
        half (tuple): Half width and half depth of the ground that it takes.
        top (tuple, optional): Height, half width and half depth of a
            surface in its middle that things can stand on.
        position (tuple): x and y of its middle. Defaults to (0, 0).
        yaw (float): Turn about z, radians. Defaults to 0.
    """

    kind: str
    solids: tuple[Solid, ...]
    half: tuple[float, float]
    top: tuple[float, float, float] | None = None
    position: tuple[float, float] = (0.0, 0.0)
    yaw: float = 0.0

    def placed(
        self, position: np.ndarray, yaw: float, height: float = 0.0
    ) -> 'Piece':
        """The piece, which stood at the origin, somewhere else."""
        solids = tuple(s.moved(position, yaw, height) for s in self.solids)
        where = (float(position[0]), float(position[1]))
        return replace(self, solids=solids, position=where, yaw=yaw)


def _box(x, y, z, hx, hy, hz, material, rounding=0.0) -> Solid:
    return Solid('box', (x, y, z), (hx, hy, hz), material, 0.0, rounding)


def _can(x, y, z, radius, half, material) -> Solid:
    return Solid('can', (x, y, z), (radius, radius, half), material)


def _legs(hx, hy, height, thick, material) -> list[Solid]:
    return [
        _box(i * hx, j * hy, height / 2, thick, thick, height / 2, material)
        for i in (-1, 1)
        for j in (-1, 1)
    ]


def _table(rng: np.random.Generator) -> Piece:
    hx, hy, high = rng.uniform((0.5, 0.35, 0.7), (0.7, 0.45, 0.76))
    top = _box(0, 0, high - 0.022, hx, hy, 0.022, 'wood', 0.008)
    legs = _legs(hx - 0.05, hy - 0.05, high - 0.04, 0.027, 'wood')
    return Piece('table', (top, *legs), (hx, hy), (high, hx, hy))


def _round_table(rng: np.random.Generator) -> Piece:
    radius, high = rng.uniform((0.35, 0.5), (0.48, 0.72))
    solids = (
        _can(0, 0, high - 0.022, radius, 0.022, 'white'),
        _can(0, 0, high / 2, 0.035, high / 2 - 0.01, 'metal'),
        _can(0, 0, 0.018, radius * 0.55, 0.018, 'metal'),
    )
    flat = 0.65 * radius
    return Piece('round table', solids, (radius, radius), (high, flat, flat))


def _chair(rng: np.random.Generator) -> Piece:
    hx, hy, seat = 0.21, 0.21, rng.uniform(0.42, 0.47)
    back = rng.uniform(0.82, 0.95)
    middle, half = (back + seat) / 2 + 0.06, (back - seat) / 2 - 0.06
    solids = (
        _box(0, 0, seat - 0.022, hx, hy, 0.022, 'seat', 0.01),
        _box(0, -hy + 0.022, middle, hx, 0.02, half, 'seat', 0.01),
        *_legs(hx - 0.025, hy - 0.025, seat - 0.02, 0.022, 'frame'),
        _box(-hx + 0.03, -hy + 0.022, seat + 0.05, 0.02, 0.018, 0.07, 'frame'),
        _box(hx - 0.03, -hy + 0.022, seat + 0.05, 0.02, 0.018, 0.07, 'frame'),
    )
    return Piece('chair', solids, (hx, hy))


def _stool(rng: np.random.Generator) -> Piece:
    radius, high = rng.uniform((0.15, 0.38), (0.19, 0.5))
    solids = (
        _can(0, 0, high - 0.03, radius, 0.03, 'seat'),
        *_legs(radius * 0.6, radius * 0.6, high - 0.04, 0.02, 'frame'),
    )
    return Piece('stool', solids, (radius, radius))


def _cupboard(rng: np.random.Generator) -> Piece:
    hx, hy, high = rng.uniform((0.3, 0.2, 0.75), (0.5, 0.27, 1.35))
    body = _box(0, 0, high / 2 + 0.03, hx, hy, high / 2 - 0.03, 'doors')
    base = _box(0, -0.02, 0.03, hx - 0.03, hy - 0.03, 0.035, 'dark')
    knobs = [
        Solid('ball', (i * 0.06, hy, 0.6 * high), (0.02, 0.025, 0.02), 'metal')
        for i in (-1, 1)
    ]
    return Piece('cupboard', (body, base, *knobs), (hx, hy), (high, hx, hy))


def _drawers(rng: np.random.Generator) -> Piece:
    hx, hy, high = rng.uniform((0.22, 0.2, 0.5), (0.42, 0.26, 0.8))
    body = _box(0, 0, high / 2, hx, hy, high / 2, 'drawers')
    return Piece('drawers', (body,), (hx, hy), (high, hx, hy))


def _shelf(rng: np.random.Generator) -> Piece:
    hx, hy, high = rng.uniform((0.35, 0.14, 1.0), (0.5, 0.17, 1.4))
    thick = 0.02
    solids = [
        _box(-hx + thick, 0, high / 2, thick, hy, high / 2, 'board'),
        _box(hx - thick, 0, high / 2, thick, hy, high / 2, 'board'),
        _box(0, -hy + thick, high / 2, hx, thick, high / 2, 'board'),
    ]
    count = int(rng.integers(3, 5))
    levels = np.linspace(0.05, high - thick, count)
    solids += [_box(0, 0, z, hx, hy, thick, 'board') for z in levels]
    for low in levels[:-1]:  # a row of books, which belongs to the shelf
        width = rng.uniform(0.3, 0.85) * (hx - 2 * thick)
        x = rng.uniform(-1, 1) * (hx - 2 * thick - width)
        tall = rng.uniform(0.09, 0.12)
        z = low + thick + tall
        solids.append(_box(x, -0.02, z, width, hy - 0.05, tall, 'books'))
    return Piece('shelf', tuple(solids), (hx, hy), (high, hx, hy))


def _sofa(rng: np.random.Generator) -> Piece:
    hx, hy = rng.uniform((0.6, 0.38), (0.85, 0.44))
    seat, back, arm = 0.4, rng.uniform(0.72, 0.85), 0.08
    solids = [
        _box(0, 0, seat / 2, hx, hy, seat / 2, 'fabric', 0.04),
        _box(0, -hy + 0.1, back / 2, hx, 0.1, back / 2, 'fabric', 0.05),
    ]
    solids += [
        _box(i * (hx - arm), 0, 0.3, arm, hy, 0.3, 'fabric', 0.05)
        for i in (-1, 1)
    ]
    inner = (hx - 2 * arm) / 2
    solids += [
        _box(i * inner, 0.06, seat + 0.03, inner, hy - 0.09, 0.06, 'fabric',
             0.04)
        for i in (-1, 1)
    ]  # fmt: skip
    return Piece('sofa', tuple(solids), (hx, hy))


def _bed(rng: np.random.Generator) -> Piece:
    hx, hy = rng.uniform((0.45, 0.9), (0.6, 1.0))
    head = rng.uniform(0.7, 0.95)
    solids = (
        _box(0, 0, 0.14, hx, hy, 0.14, 'wood'),
        _box(0, 0.02, 0.36, hx - 0.02, hy - 0.04, 0.12, 'sheet', 0.05),
        _box(0, -hy + 0.03, head / 2, hx, 0.03, head / 2, 'wood', 0.01),
        _box(0, -hy + 0.3, 0.5, hx * 0.6, 0.18, 0.06, 'white', 0.05),
    )
    return Piece('bed', solids, (hx, hy), (0.48, hx * 0.6, hy * 0.4))


def _lamp(rng: np.random.Generator) -> Piece:
    high, wide = rng.uniform((1.15, 0.14), (1.4, 0.19))
    solids = (
        _can(0, 0, 0.02, 0.14, 0.02, 'metal'),
        _can(0, 0, high / 2, 0.022, high / 2, 'metal'),
        Solid('cone', (0, 0, high), (wide, wide * 0.6, 0.13), 'shade'),
    )
    return Piece('lamp', solids, (wide, wide))


def _bin(rng: np.random.Generator) -> Piece:
    radius, high = rng.uniform((0.11, 0.28), (0.16, 0.45))
    body = Solid(
        'cone', (0, 0, high / 2), (radius * 0.8, radius, high / 2), 'plain'
    )
    return Piece('bin', (body,), (radius, radius))


def _plant(rng: np.random.Generator) -> Piece:
    radius, high = rng.uniform((0.12, 0.25), (0.16, 0.35))
    pot = Solid(
        'cone', (0, 0, high / 2), (radius * 0.75, radius, high / 2), 'clay'
    )
    leaves = [
        Solid(
            'ball', (*rng.uniform(-0.07, 0.07, 2), high + rise), half, 'leaf'
        )
        for rise, half in (
            (0.12, (0.17, 0.15, 0.14)),
            (0.28, (0.14, 0.17, 0.13)),
            (0.42, (0.1, 0.1, 0.12)),
        )
    ]
    return Piece('plant', (pot, *leaves), (0.22, 0.22))


def _ball(rng: np.random.Generator) -> Piece:
    radius = rng.uniform(0.1, 0.16)
    body = Solid('ball', (0, 0, radius), (radius,) * 3, 'stripes')
    return Piece('ball', (body,), (radius, radius))


def _parcel(rng: np.random.Generator) -> Piece:
    hx, hy, hz = rng.uniform((0.1, 0.08, 0.07), (0.19, 0.15, 0.16))
    body = _box(0, 0, hz, hx, hy, hz, 'card')
    return Piece('parcel', (body,), (hx, hy), (2 * hz, hx, hy))


def _monitor(rng: np.random.Generator) -> Piece:
    hx, hz = rng.uniform((0.22, 0.14), (0.28, 0.17))
    solids = (
        _box(0, 0, 0.02, 0.13, 0.09, 0.02, 'dark'),
        _box(0, -0.03, 0.1, 0.03, 0.02, 0.1, 'dark'),
        _box(0, 0, 0.1 + hz, hx, 0.02, hz, 'dark', 0.005),
    )
    return Piece('monitor', solids, (hx, 0.09))


def _pot(rng: np.random.Generator) -> Piece:
    radius, high = rng.uniform((0.07, 0.16), (0.1, 0.26))
    body = Solid(
        'cone', (0, 0, high / 2), (radius, radius * 0.7, high / 2), 'clay'
    )
    return Piece('pot', (body,), (radius, radius))


KINDS: dict[str, Callable[[np.random.Generator], Piece]] = {
    'table': _table,
    'round table': _round_table,
    'chair': _chair,
    'stool': _stool,
    'cupboard': _cupboard,
    'drawers': _drawers,
    'shelf': _shelf,
    'sofa': _sofa,
    'bed': _bed,
    'lamp': _lamp,
    'bin': _bin,
    'plant': _plant,
    'ball': _ball,
    'parcel': _parcel,
    'monitor': _monitor,
    'pot': _pot,
}
