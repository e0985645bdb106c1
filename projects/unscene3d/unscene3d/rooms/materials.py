"""What surfaces look like: colour, pattern and shading, anywhere in space."""

from collections.abc import Mapping, Sequence

import numpy as np

from .solids import Solid

#: Colours that things are painted in, RGB in [0, 1]: few, so that instances
#: share them.
WOODS = ((0.55, 0.38, 0.22), (0.72, 0.55, 0.36), (0.38, 0.25, 0.16))
CLOTHS = (
    (0.45, 0.2, 0.18),
    (0.25, 0.32, 0.42),
    (0.35, 0.4, 0.28),
    (0.5, 0.48, 0.45),
    (0.62, 0.52, 0.38),
)
WALLS = ((0.86, 0.84, 0.79), (0.78, 0.82, 0.8), (0.85, 0.8, 0.72))
FLOORS = ((0.52, 0.4, 0.28), (0.6, 0.57, 0.53), (0.42, 0.4, 0.42))
PLAINS = ((0.2, 0.35, 0.5), (0.55, 0.55, 0.55), (0.6, 0.25, 0.15))

Palette = Mapping[str, np.ndarray]


def choose_palette(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Colours of the materials of one room, each (3,) in [0, 1]."""

    def one(of: Sequence[Sequence[float]]) -> np.ndarray:
        return np.array(of[rng.integers(len(of))])

    wood, cloth = one(WOODS), one(CLOTHS)
    white = np.array([0.88, 0.87, 0.84])
    cupboards = wood if rng.random() < 0.6 else white
    return {
        'floor': one(FLOORS),
        'wall': one(WALLS),
        'wood': wood,
        'board': cupboards,
        'doors': cupboards,
        'drawers': cupboards,
        'seat': cloth if rng.random() < 0.5 else wood,
        'frame': wood if rng.random() < 0.5 else np.array([0.2, 0.2, 0.22]),
        'fabric': cloth if rng.random() < 0.5 else one(CLOTHS),
        'sheet': one(CLOTHS) * 0.5 + 0.45,
        'white': white,
        'shade': np.array([0.92, 0.86, 0.7]),
        'plain': one(PLAINS),
        'stripes': one(PLAINS),
        'card': np.array([0.66, 0.52, 0.36]),
        'clay': np.array([0.62, 0.36, 0.25]),
        'leaf': np.array([0.22, 0.42, 0.18]),
        'books': one(CLOTHS),
        'metal': np.array([0.6, 0.6, 0.62]),
        'dark': np.array([0.14, 0.14, 0.15]),
    }


def paint(
    points: np.ndarray,
    normals: np.ndarray,
    owners: np.ndarray,
    openness: np.ndarray,
    solids: Sequence[Solid],
    tints: np.ndarray,
    palette: Palette,
) -> np.ndarray:
    """Colours of points on the surface of a room.

    Args:
        points (np.ndarray): (p, 3) metres.
        normals (np.ndarray): (p, 3) of length 1.
        owners (np.ndarray): (p,) index of the body of each point.
        openness (np.ndarray): (p,) in [0, 1], 0 in corners, which are dark.
        solids (Sequence[Solid]): The bodies.
        tints (np.ndarray): (bodies, 3) factors near 1: pieces of a kind are
            alike and not equal.
        palette (Mapping): Colour of each material.

    Returns:
        np.ndarray: (p, 3) uint8 RGB.
    """
    colours = np.zeros((len(points), 3))
    for index in np.unique(owners):
        own = np.flatnonzero(owners == index)
        solid = solids[index]
        local = solid.local(points[own])
        pattern = _pattern(solid, local)
        base = palette[solid.material] * tints[index]
        colours[own] = base * pattern
    window = np.array([0.35, 0.5, 0.79])
    light = 0.72 + 0.2 * normals @ window + 0.1 * np.abs(normals[:, 0])
    light *= 0.7 + 0.3 * openness
    light *= 1 + 0.05 * _noise(points, 0.7)
    return (255 * colours * light[:, None]).round().clip(0, 255).astype('u1')


def _pattern(solid: Solid, local: np.ndarray) -> np.ndarray:
    """(p, 1) or (p, 3) factors of the colour of a material."""
    x, y, z = local.T
    grain = 1 + 0.06 * _noise(local, 9.0)
    kind = solid.material
    if kind in ('wood', 'board', 'doors', 'drawers', 'seat'):
        # Along the longest side of the body.
        across = np.argsort(solid.half)[:2]
        wave = local[:, across].sum(axis=1) * 70 + 2 * _noise(local, 2.5)
        grain = 1 + 0.05 * np.sin(wave) + 0.03 * _noise(local, 9.0)
    if kind in ('fabric', 'sheet'):
        grain = 1 + 0.09 * _noise(local, 16.0) + 0.04 * _noise(local, 3.0)
    if kind == 'sheet':
        grain = grain * np.where(np.sin(22 * y) > 0.6, 0.88, 1.0)
    if kind == 'floor':
        board = np.floor(y / 0.14)
        tone = np.sin(board * 12.9898) * 43758.5453
        grain = 1 + 0.12 * (tone - np.floor(tone) - 0.5)
        grain = grain + 0.05 * np.sin(60 * y + 3 * _noise(local, 1.5))
    if kind == 'wall':
        grain = 1 + 0.02 * _noise(local, 2.0)
    if kind == 'doors':  # the gap between two doors, on the front
        front = y > solid.half[1] - 0.02
        grain = np.where(front & (np.abs(x) < 0.012), 0.45, grain)
    if kind == 'drawers':
        share = (z / solid.half[2] + 1) * 1.5  # three of them
        gap = np.abs(share - np.round(share)) * 2 / 3 * solid.half[2]
        front = y > solid.half[1] - 0.02
        grain = np.where(front & (gap < 0.012), 0.45, grain)
    if kind == 'stripes':
        grain = np.where(np.sin(np.arctan2(y, x) * 4) > 0, 1.0, 1.5)
    if kind == 'card':
        grain = np.where(np.abs(x) < 0.025, 1.15, grain)
    if kind == 'books':
        number = np.floor(x / 0.035)
        hue = np.sin(number[:, None] * (12.9, 78.2, 37.7)) * 43758.5453
        return 0.6 + 0.8 * (hue - np.floor(hue))
    return grain[:, None]


def _noise(points: np.ndarray, frequency: float) -> np.ndarray:
    """(p,) smooth noise of mean 0 and deviation 1, the same everywhere."""
    rng = np.random.default_rng(round(frequency * 1000))
    waves = rng.normal(0, frequency, (6, 3))
    phases = rng.uniform(0, 2 * np.pi, 6)
    angles = 2 * np.pi * np.asarray(points) @ waves.T + phases
    return np.sin(angles).sum(axis=1) / np.sqrt(3)
