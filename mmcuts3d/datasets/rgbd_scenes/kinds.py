"""The kinds of objects in the embedded RGB-D scenes, as parts on a floor.

A kind is a list of parts (shape, centre, half sizes, tone) in the frame
right / away / up with the floor at up = 0, in image heights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .solids import Solid

Part = tuple[str, tuple[float, ...], tuple[float, ...], int]


@dataclass(frozen=True)
class Thing:
    """One object of a scene.

    Args:
        solids (tuple): Its parts in camera coordinates.
        base (np.ndarray): (3,) where it stands, camera coordinates.
        frame (np.ndarray): (3, 3) rows right, away, up of the object.
        size (float): Height of the object, image heights.
        phase (float): Shifts the pattern, so that no two look the same.
        tint (np.ndarray): (3,) factors of the colour, near 1: things of a
            kind are alike and not equal.
    """

    solids: tuple[Solid, ...]
    base: np.ndarray
    frame: np.ndarray
    size: float
    phase: float
    tint: np.ndarray


def floor_frame(elevation: float) -> np.ndarray:
    """Rows right, away, up of the floor in camera coordinates.

    Args:
        elevation (float): Angle of the camera above the floor, radians.

    Returns:
        np.ndarray: (3, 3) unit rows.
    """
    sin, cos = np.sin(elevation), np.cos(elevation)
    return np.array([[1, 0, 0], [0, -sin, cos], [0, -cos, -sin]])


def resize(parts: list[Part], scale: float) -> list[Part]:
    """The same object, larger or smaller."""
    return [
        (
            shape,
            tuple(scale * value for value in centre),
            tuple(scale * value for value in half),
            tone,
        )
        for shape, centre, half, tone in parts
    ]


def place(
    parts: list[Part],
    position: np.ndarray,
    yaw: float,
    elevation: float,
    phase: float,
    tint: np.ndarray,
) -> Thing:
    """Stand an object on the floor.

    Args:
        parts (list): What :data:`KINDS` makes.
        position (np.ndarray): (2,) right of the image centre and away from
            the lower image border, both along the floor, image heights.
        yaw (float): Turn about the upright axis, radians.
        elevation (float): Angle of the camera above the floor, radians.
        phase (float): Shift of the pattern.
        tint (np.ndarray): (3,) factors of the colour.

    Returns:
        Thing: The object in camera coordinates.
    """
    floor = floor_frame(elevation)
    turn = np.eye(3)
    turn[:2, :2] = [
        [np.cos(yaw), np.sin(yaw)],
        [-np.sin(yaw), np.cos(yaw)],
    ]
    frame = turn @ floor
    base = np.array([0, 0.5, 0]) + np.array([*position, 0.0]) @ floor
    solids = tuple(
        Solid(
            shape,
            (base + np.array(centre) @ frame).astype(np.float32),
            frame.astype(np.float32),
            np.array(half, np.float32),
            tone,
        )
        for shape, centre, half, tone in parts
    )
    size = max(centre[2] + half[2] for _, centre, half, _ in parts)
    return Thing(solids, base, frame, size, phase, tint)


def _fruit(rng: np.random.Generator) -> list[Part]:
    wide, high = rng.uniform(0.105, 0.135), rng.uniform(0.09, 0.115)
    stalk = ('can', (0, 0, 2 * high), (0.007, 0.007, 0.018), 1)
    leaf = ('ball', (0.03, 0, 2 * high + 0.008), (0.032, 0.016, 0.006), 1)
    body = ('ball', (0, 0, high), (wide, wide * 0.95, high), 0)
    return [body, stalk, leaf]


def _can(rng: np.random.Generator) -> list[Part]:
    radius, half = rng.uniform(0.075, 0.09), rng.uniform(0.115, 0.145)
    return [
        ('can', (0, 0, half), (radius, radius, half), 0),
        ('can', (0, 0, 0.01), (radius * 1.03, radius * 1.03, 0.01), 1),
        ('can', (0, 0, 2 * half), (radius * 0.96, radius * 0.96, 0.012), 1),
    ]


def _box(rng: np.random.Generator) -> list[Part]:
    half = rng.uniform((0.075, 0.055, 0.11), (0.1, 0.075, 0.15))
    ribbon = (half[0] * 1.015, half[1] * 0.22, half[2] * 1.008)
    centre = (0, 0, half[2])
    return [('cube', centre, tuple(half), 0), ('cube', centre, ribbon, 1)]


def _bottle(rng: np.random.Generator) -> list[Part]:
    radius, body = rng.uniform(0.062, 0.075), rng.uniform(0.1, 0.125)
    top = 2 * body
    return [
        ('can', (0, 0, body), (radius, radius, body), 0),
        ('ball', (0, 0, top), (radius, radius, radius * 1.05), 0),
        ('can', (0, 0, top + 0.085), (radius * 0.36, radius * 0.36, 0.05), 0),
        ('can', (0, 0, top + 0.14), (radius * 0.44, radius * 0.44, 0.022), 1),
    ]


def _person(rng: np.random.Generator) -> list[Part]:
    radius, half = rng.uniform(0.07, 0.082), rng.uniform(0.14, 0.165)
    foot = ('can', (0, 0, 0.012), (radius * 0.95, radius * 0.95, 0.012), 0)
    body = ('ball', (0, 0, half), (radius, radius * 0.9, half), 0)
    scarf = (
        'ball',
        (0, 0, 1.78 * half),
        (radius * 0.62, radius * 0.62, 0.022),
        1,
    )
    head = 0.058
    skull = ('ball', (0, 0, 1.8 * half + head), (head, head, head * 1.08), 0)
    return [foot, body, scarf, skull]


def _mushroom(rng: np.random.Generator) -> list[Part]:
    stem, cap = rng.uniform(0.04, 0.05), rng.uniform(0.11, 0.13)
    half = rng.uniform(0.075, 0.1)
    return [
        ('can', (0, 0, half), (stem, stem, half), 1),
        ('ball', (0, 0, 0.012), (stem * 1.5, stem * 1.5, 0.03), 1),
        ('ball', (0, 0, 2 * half), (cap, cap, cap * 0.62), 0),
    ]


KINDS: dict[str, Callable[[np.random.Generator], list[Part]]] = {
    'fruit': _fruit,
    'can': _can,
    'box': _box,
    'bottle': _bottle,
    'person': _person,
    'mushroom': _mushroom,
}
