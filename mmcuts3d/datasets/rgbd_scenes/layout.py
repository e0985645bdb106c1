"""Where the objects of an embedded RGB-D scene stand.

Objects are added one by one beside one that stands already, and checked in
a small z-buffer: visible, touching, and apart in depth.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .kinds import KINDS, Part, Thing, place, resize
from .rendering import Stage, trace

_ROWS, _TRIES, _STARTS = 96, 40, 8
# Shares of the picture and of the object itself that must stay visible:
# MaskCut drops what is below 1 % of the grid.
_MIN_AREA, _MIN_VISIBLE = 0.02, 0.5
# Neighbouring pixel pairs of the small picture that make a contact.
_MIN_CONTACT = 4


@dataclass(frozen=True)
class Wishes:
    """What the layout has to keep to.

    Args:
        kind (str): Key of ``KINDS``.
        scale (float): Size of the objects, 1 as ``KINDS`` makes them.
        aspect (float): Width over height of the picture.
        depth_gap (tuple): Smallest and largest step in depth between
            touching objects, shares of the depth range.
    """

    kind: str
    scale: float
    aspect: float
    depth_gap: tuple[float, float]


@dataclass(frozen=True)
class _Placed:
    thing: Thing
    spot: np.ndarray
    distance: np.ndarray


def arrange(
    rng: np.random.Generator,
    stage: Stage,
    wishes: Wishes,
    num_objects: tuple[int, int],
    isolated: float,
) -> list[Thing]:
    """Choose and place the objects of one scene.

    Args:
        rng (np.random.Generator): Source of all choices.
        stage (Stage): The ground they stand on.
        wishes (Wishes): What they are and how they stand.
        num_objects (tuple): Fewest and most objects.
        isolated (float): Chance that one of three or more stands alone.

    Returns:
        list[Thing]: The objects; all but an isolated last one are
        connected in the picture.

    Raises:
        ValueError: If the fewest objects find no room.
    """
    count = int(rng.integers(num_objects[0], num_objects[1] + 1))
    alone = count > 2 and rng.random() < isolated
    columns = max(round(_ROWS * wishes.aspect), 1)
    ground = stage.depth(_ROWS, columns)
    best: list[_Placed] = []
    # A first object in an unlucky place leaves no room: begin again then,
    # and keep the fullest attempt.
    for _ in range(_STARTS):
        placed: list[_Placed] = []
        for index in range(count):
            apart = alone and index == count - 1
            new = _add(rng, stage, wishes, ground, placed, apart)
            if new is None:
                break
            placed.append(new)
        best = max(best, placed, key=len)
        if len(best) == count:
            break
    if len(best) < num_objects[0]:
        raise ValueError(
            'Expected argument `num_objects` to be at most what the picture '
            f'has room for, {len(best)} here, but got {num_objects}'
        )
    return [item.thing for item in best]


def _add(
    rng: np.random.Generator,
    stage: Stage,
    wishes: Wishes,
    ground: np.ndarray,
    placed: list[_Placed],
    apart: bool,
) -> _Placed | None:
    """One more object, or None where no try was good."""
    for _ in range(_TRIES):
        stand = partial(
            _stand,
            parts=resize(KINDS[wishes.kind](rng), wishes.scale),
            yaw=rng.uniform(0, 2 * np.pi),
            phase=rng.uniform(0, 2 * np.pi),
            tint=_tint(rng),
            stage=stage,
            ground=ground,
        )
        if not placed or apart:
            new = stand(_free_spot(rng, stage, wishes.aspect))
        else:
            host = placed[rng.integers(len(placed))]
            gap = rng.uniform(*wishes.depth_gap)
            side = rng.choice([-1, 1]) * rng.uniform(0.07, 0.22)
            behind = rng.choice([-1, 1])
            spot = host.spot + np.array([side, behind * 0.35])
            new = stand(spot)
            step = _step_towards(new, host, ground, gap, behind)
            if step is None:
                continue
            new = stand(spot + np.array([0, step / np.cos(stage.elevation)]))
        if _good([*placed, new], ground, wishes.depth_gap, apart):
            return new
    return None


def _stand(
    spot: np.ndarray,
    *,
    parts: list[Part],
    yaw: float,
    phase: float,
    tint: np.ndarray,
    stage: Stage,
    ground: np.ndarray,
) -> _Placed:
    thing = place(parts, spot, yaw, stage.elevation, phase, tint)
    hits = trace([thing], ground)
    distance = np.where(hits.owner == 0, hits.depth, np.inf)
    return _Placed(thing, spot, distance)


def _tint(rng: np.random.Generator) -> np.ndarray:
    """(3,) brightness of one thing, and a shade of another hue."""
    tint = rng.uniform(0.72, 1.25) * rng.uniform(0.93, 1.07, 3)
    return tint.astype(np.float32)


def _free_spot(
    rng: np.random.Generator, stage: Stage, aspect: float
) -> np.ndarray:
    right = rng.uniform(-0.36, 0.36) * aspect
    row = rng.uniform(0.08, 0.42)
    return np.array([right, (0.5 - row) / np.sin(stage.elevation)])


def _step_towards(
    new: _Placed,
    host: _Placed,
    ground: np.ndarray,
    gap: float,
    behind: int,
) -> float | None:
    """How far along z a new object has to move for a step of `gap`."""
    jumps = _jumps([new, host], ground)
    if (0, 1) not in jumps:
        return None
    span = ground.max() - min(new.distance.min(), host.distance.min(), 0)
    return float(behind * (gap * span - np.median(jumps[0, 1])))


def _good(
    placed: list[_Placed],
    ground: np.ndarray,
    depth_gap: tuple[float, float],
    apart: bool,
) -> bool:
    """Whether the newest object leaves a valid scene."""
    distances = np.stack([item.distance for item in placed])
    hits = np.isfinite(distances)
    if _on_border(hits[-1]):
        return False
    owner = _owners(distances)
    visible = (owner == np.arange(len(placed))[:, None, None]).sum((1, 2))
    whole = hits.sum((1, 2))
    if (visible < _MIN_AREA * owner.size).any():
        return False
    if (visible < _MIN_VISIBLE * whole).any():
        return False
    newest = len(placed) - 1
    if apart:
        near = ndimage.binary_dilation(hits[-1], iterations=4)
        return not (near & hits[:-1].any(0)).any()
    span = ground.max() - min(distances.min(), ground.min())
    jumps = _jumps(placed, ground)
    steps = {pair: np.median(jump) / span for pair, jump in jumps.items()}
    if any(step < depth_gap[0] for step in steps.values()):
        return False
    nearest = [step for pair, step in steps.items() if newest in pair]
    if newest and not (nearest and min(nearest) <= depth_gap[1]):
        return False
    return _connected(list(jumps), len(placed))


def _on_border(hits: np.ndarray) -> bool:
    margin = 2
    inner = hits[margin:-margin, margin:-margin]
    return not hits.any() or inner.sum() < hits.sum()


def _owners(distances: np.ndarray) -> np.ndarray:
    owner = distances.argmin(0)
    return np.where(np.isfinite(distances.min(0)), owner, -1)


def _jumps(
    placed: list[_Placed], ground: np.ndarray
) -> dict[tuple[int, int], np.ndarray]:
    """Steps in depth along the common border of each touching pair."""
    distances = np.stack([item.distance for item in placed])
    owner = _owners(distances)
    depth = np.minimum(distances.min(0), ground)
    pairs: dict[tuple[int, int], list[np.ndarray]] = {}
    for first, second in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1], np.s_[1:]),
    ):
        a, b = owner[first], owner[second]
        jump = np.abs(depth[first] - depth[second])
        border = (a != b) & (a >= 0) & (b >= 0)
        low, high = np.minimum(a, b)[border], np.maximum(a, b)[border]
        for pair in set(zip(low.tolist(), high.tolist(), strict=True)):
            here = (low == pair[0]) & (high == pair[1])
            pairs.setdefault(pair, []).append(jump[border][here])
    joined = {pair: np.concatenate(jump) for pair, jump in pairs.items()}
    return {p: j for p, j in joined.items() if len(j) >= _MIN_CONTACT}


def _connected(pairs: list[tuple[int, int]], count: int) -> bool:
    rows = [pair[0] for pair in pairs]
    columns = [pair[1] for pair in pairs]
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), (count,) * 2)
    return connected_components(graph, directed=False)[0] == 1
