"""Colours and patterns of the embedded RGB-D scenes.

One material dresses all objects of a scene: what looks alike is joined by
semantics alone, and only depth tells one object from the next.
"""

import colorsys
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

PATTERNS = ('plain', 'bands', 'stripes', 'dots', 'checks')
# Red, orange, yellow, leaf, teal, blue, violet, magenta: an even draw of the
# hue circle would be mostly green to the eye.
_HUES = (0.99, 0.06, 0.125, 0.3, 0.49, 0.59, 0.74, 0.9)
# Sand, clay, sage, slate: muted grounds that any object stands out from.
_GROUND_HUES = (0.11, 0.06, 0.38, 0.58)


@dataclass(frozen=True)
class Material:
    """What the objects of one scene are made of; colours (3,) are linear."""

    body: np.ndarray
    second: np.ndarray
    trim: np.ndarray
    pattern: str
    gloss: float
    waves: np.ndarray


@dataclass(frozen=True)
class Ground:
    """Floor and wall of one scene; colours (3,) are linear."""

    colour: np.ndarray
    second: np.ndarray
    planks: bool
    grid: np.ndarray


def linear(hue: float, saturation: float, value: float) -> np.ndarray:
    """HSV (each in [0, 1]) as linear RGB (3,)."""
    rgb = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return np.array(rgb, np.float32) ** np.float32(2.2)


def random_hue(rng: np.random.Generator) -> float:
    """A hue for the objects of one scene."""
    return float(rng.choice(_HUES) + rng.uniform(-0.02, 0.02)) % 1.0


def random_material(rng: np.random.Generator, hue: float) -> Material:
    """A saturated material of one hue with a pattern in a near colour."""
    saturation, value = rng.uniform(0.65, 0.88), rng.uniform(0.78, 0.97)
    second = linear(
        hue + rng.uniform(-0.05, 0.05),
        saturation * rng.uniform(0.6, 0.9),
        value * rng.uniform(0.6, 0.8),
    )
    return Material(
        body=linear(hue, saturation, value),
        second=second,
        trim=linear(hue + rng.uniform(0.04, 0.08), 0.5, value * 0.85),
        pattern=str(rng.choice(PATTERNS)),
        gloss=float(rng.uniform(0.1, 0.55)),
        waves=_waves(rng, count=8, shortest=0.02, longest=0.12),
    )


def random_ground(rng: np.random.Generator, hue: float) -> Ground:
    """A muted ground, its hue far from the objects'."""
    distances = [abs((hue - other + 0.5) % 1 - 0.5) for other in _GROUND_HUES]
    far = [h for h, d in zip(_GROUND_HUES, distances, strict=True) if d > 0.2]
    away = rng.choice(far) + rng.uniform(-0.02, 0.02)
    saturation, value = rng.uniform(0.06, 0.24), rng.uniform(0.72, 0.95)
    return Ground(
        colour=linear(away, saturation, value),
        second=linear(away + 0.03, saturation * 1.3, value * 0.78),
        planks=bool(rng.random() < 0.5),
        grid=rng.random((64, 64), np.float32),
    )


def object_albedo(
    material: Material,
    local: np.ndarray,
    size: float,
    tone: np.ndarray,
    phase: float,
) -> np.ndarray:
    """Colour of surface points.

    Args:
        material (Material): Of the scene.
        local (np.ndarray): (P, 3) right, away, up from the object's base.
        size (float): Height of the object.
        tone (np.ndarray): (P,) 0 body, 1 trim.
        phase (float): Shift of the pattern, radians.

    Returns:
        np.ndarray: (P, 3) linear RGB.
    """
    height = local[:, 2] / size
    angle = np.arctan2(local[:, 1], local[:, 0]) + phase
    share = _PATTERN_SHARES[material.pattern](angle, height, phase)
    share = 0.75 * share + 0.25 * _noise(local, material.waves, phase)
    colour = _mix(material.body, material.second, share)
    trim = _mix(material.trim, material.second, 0.3 * share)
    return np.where(tone[:, None] == 1, trim, colour)


def ground_albedo(ground: Ground, points: np.ndarray) -> np.ndarray:
    """Colour of the ground.

    Args:
        ground (Ground): Of the scene.
        points (np.ndarray): (P, 3) right, away, up along the floor's axes.

    Returns:
        np.ndarray: (P, 3) linear RGB.
    """
    # Floor and wall as one sheet, unrolled: right, and away plus up.
    across, along = points[:, 0], points[:, 1] + points[:, 2]
    share = np.zeros_like(across)
    for octave in range(4):
        scale = 9 * 2**octave
        rows, columns = along * scale * 0.6 + 7 * octave, across * scale
        share += 0.5**octave * ndimage.map_coordinates(
            ground.grid, [rows, columns], order=1, mode='grid-wrap'
        )
    share /= 1.875
    if ground.planks:
        # Boards run away from the camera; each has its own shade and a
        # dark joint beside it.
        board = np.floor(across / 0.11)
        shade = 0.5 + 0.5 * np.sin(board * 12.9898 + 1)
        joint = np.exp(-(((across / 0.11 - board) / 0.045) ** 2))
        share = 0.5 * share + 0.4 * shade + 0.8 * joint
    return _mix(ground.colour, ground.second, share)


def _waves(
    rng: np.random.Generator, count: int, shortest: float, longest: float
) -> np.ndarray:
    """(count, 4) wave vectors and phases, log-uniform in wavelength."""
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    length = np.exp(rng.uniform(np.log(shortest), np.log(longest), count))
    phase = rng.uniform(0, 2 * np.pi, count)
    vectors = direction * (2 * np.pi / length)[:, None]
    return np.concatenate([vectors, phase[:, None]], 1).astype(np.float32)


def _noise(points: np.ndarray, waves: np.ndarray, phase: float) -> np.ndarray:
    """Smooth pseudo-noise (P,) in [0, 1] from a sum of waves."""
    total = np.zeros(len(points), np.float32)
    for wave in waves:
        total += np.sin(points @ wave[:3] + (wave[3] + phase))
    return np.clip(0.5 + 0.5 * total / np.sqrt(len(waves)), 0, 1)


def _mix(
    first: np.ndarray, second: np.ndarray, share: np.ndarray
) -> np.ndarray:
    return first + (second - first) * share[:, None].astype(np.float32)


def _soft_step(value: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above, with a soft edge instead of a jagged one."""
    return 0.5 + 0.5 * np.tanh(4 * value)


def _plain(angle: np.ndarray, height: np.ndarray, phase: float) -> np.ndarray:
    return np.full_like(angle, 0.3)


def _bands(angle: np.ndarray, height: np.ndarray, phase: float) -> np.ndarray:
    return _soft_step(np.sin(height * 34 + phase))


def _stripes(
    angle: np.ndarray, height: np.ndarray, phase: float
) -> np.ndarray:
    return _soft_step(np.sin(angle * 12))


def _dots(angle: np.ndarray, height: np.ndarray, phase: float) -> np.ndarray:
    return _soft_step(np.sin(angle * 8) * np.sin(height * 24 + phase) - 0.35)


def _checks(angle: np.ndarray, height: np.ndarray, phase: float) -> np.ndarray:
    return _soft_step(2 * np.sin(angle * 7) * np.sin(height * 20 + phase))


_PATTERN_SHARES = {
    'plain': _plain,
    'bands': _bands,
    'stripes': _stripes,
    'dots': _dots,
    'checks': _checks,
}
