"""Creases: where bodies touch at equal depth."""

import numpy as np
import pytest
from helpers.cuts import touching, touching_local

from mmcuts3d.cuts import creases, mask_iou
from mmcuts3d.cuts.spatial.creases import lengthen
from mmcuts3d.cuts.spatial.parts import absorb
from mmcuts3d.cuts.spatial.point_cloud import Graph

SIDE = 40
ROWS, COLUMNS = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE


def two_cups():
    """Depth of two upright cups that touch in the middle, and their masks."""
    left = COLUMNS < 0.5
    middle = np.where(left, 0.25, 0.75)
    bulge = 0.06 * (1 - ((COLUMNS - middle) / 0.25) ** 2)
    depth = 0.5 - bulge
    inside = (ROWS > 0.2) & (ROWS < 0.8)
    return np.where(inside, depth, 1.0), inside & left, inside & ~left


@pytest.mark.parametrize('down', [0.0, 0.3, -0.6])
@pytest.mark.parametrize('right', [0.0, 0.4])
def test_a_plane_has_none(down, right):
    depth = np.clip(0.5 + down * (ROWS - 0.5) + right * (COLUMNS - 0.5), 0, 1)
    assert creases(depth).max() < 1e-4  # float32


@pytest.mark.parametrize('angle', [0, 30, 45, 90, 135])
@pytest.mark.parametrize('sigma', [1.0, 1.5, 2.5])
def test_a_valley_has_its_change_of_slope(angle, sigma):
    turn = np.deg2rad(angle)
    across = (ROWS - 0.5) * np.cos(turn) + (COLUMNS - 0.5) * np.sin(turn)
    slope = 0.4
    valley = creases(0.8 - slope * np.abs(across), sigma)
    ridge = creases(0.2 + slope * np.abs(across), sigma)
    middle = slice(SIDE // 2 - 4, SIDE // 2 + 4)
    peak = valley[middle, middle].max()
    assert peak == pytest.approx(2 * slope, rel=0.25)
    assert ridge[10:-10, 10:-10].max() < 0.03 * peak


@pytest.mark.parametrize('grid', [(30, 60), (60, 30), (40, 60)])
@pytest.mark.parametrize('axis', [0, 1])
def test_a_valley_is_the_same_on_any_grid(grid, axis):
    place = (np.indices(grid)[axis] + 0.5) / grid[axis]
    found = creases(0.8 - 0.4 * np.abs(place - 0.5), sigma=4)
    middle = tuple(slice(size // 3, -(size // 3)) for size in grid)
    assert found[middle].max() == pytest.approx(0.8, rel=0.1)


def test_creases_that_leave_no_part_do_not_count():
    # Bumps of two patches: every patch lies on a crease.
    depth = 0.5 + 0.1 * (np.indices((16, 20)).sum(axis=0) % 3 == 0)
    group = np.ones((16, 20), bool)
    x = np.linspace(0, 1, group.size).reshape(group.shape)
    strong = {'weight': 5.0, 'noise': 0.0}
    with_creases = touching_local(z_scale=0.5, creases=strong)(group, x, depth)
    without = touching_local(z_scale=0.5, creases=None)(group, x, depth)
    np.testing.assert_array_equal(with_creases, without)
    assert without.sum() > 17


def test_the_source_may_lie_on_a_fragment():
    depth, left, right = two_cups()
    group = left | right
    x = group * 0.5
    x[20, 19] = 1.0  # on the crease, in the left cup
    part = touching_local(k=8)(group, x, depth)
    assert mask_iou(part, left) > 0.95


def test_a_step_has_its_crease_on_the_farther_side():
    depth = np.where(COLUMNS < 0.5, 0.2, 0.6)
    found = creases(depth)[SIDE // 2]
    assert found[: SIDE // 2 - 1].max() < 1e-4
    assert found[SIDE // 2 :].max() > 1


def test_noise_takes_ripples_off_and_leaves_the_valley():
    rng = np.random.default_rng(0)
    depth = 0.8 - 0.4 * np.abs(COLUMNS - 0.5) + rng.normal(0, 0.002, (40, 40))
    plain, quiet = creases(depth), creases(depth, noise=3)
    far = np.abs(COLUMNS - 0.5) > 0.1
    assert plain[far].mean() > 0.02
    assert quiet[far].mean() < 0.2 * plain[far].mean()
    assert quiet[:, 19:21].mean() > 0.3
    np.testing.assert_array_equal(quiet <= plain, True)


def test_flat_and_tiny_maps_have_none():
    assert not creases(np.full((5, 7), 0.3)).any()
    assert creases(np.zeros((1, 1))).tolist() == [[0.0]]


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((np.zeros((3, 3)), 0.0), 'sigma'),
        ((np.zeros((3, 3)), 1.0, -1.0), 'noise'),
        ((np.full((3, 3), 1.5),), 'depth'),
        ((np.zeros(3),), 'depth'),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        creases(*arguments)


@pytest.mark.parametrize('outside', ['push', 'drop'])
def test_cups_at_equal_depth_part_where_they_touch(outside):
    depth, left, right = two_cups()
    group = left | right
    seed = np.where(left, 1.0, 0.5) * group
    settings = {'k': 8, 'outside': outside}
    joined = touching_local(creases=None, **settings)(group, seed, depth)
    parted = touching_local(**settings)(group, seed, depth)
    assert mask_iou(joined, left) < 0.6
    assert mask_iou(parted, left) > 0.95


def test_split_leaves_no_patch_of_the_crease_out():
    depth, left, right = two_cups()
    parts = touching_local(k=8).split(left | right, depth)
    assert len(parts) == 2
    np.testing.assert_array_equal(parts.any(axis=0), left | right)
    assert max(mask_iou(part, left) for part in parts) > 0.95


def test_one_cup_stays_whole():
    depth, left, _ = two_cups()
    part = touching_local(k=8)(left, left.astype(float), depth)
    assert mask_iou(part, left) > 0.99


def test_cuts3d_finds_both_cups():
    depth, left, right = two_cups()
    rng = np.random.default_rng(0)
    features = np.where(left | right, 1.0, 0.0)[None] * np.ones((4, 1, 1))
    features = np.concatenate([features, 1 - features])
    features += rng.normal(0, 0.05, features.shape)
    joined = touching(local={'k': 8, 'creases': None}).steps(features, depth)
    parted = touching(local={'k': 8}).steps(features, depth)

    def best(steps, mask):
        return max(mask_iou(step.local_cut, mask) for step in steps)

    assert best(joined, left) < 0.7 or best(joined, right) < 0.7
    assert best(parted, left) > 0.85 and best(parted, right) > 0.85


def test_lengthen_by_the_crease_an_edge_crosses():
    # Patches 0 1 2 in a row, the crease on 1: an edge from 0 to 2 crosses it.
    edges = np.array([[0, 1], [0, 2]])
    graph = Graph(3, edges, np.array([1.0, 2.0]))
    turn = np.array([[0.0, 0.5, 0.0]])
    longer = lengthen(graph, np.arange(3), turn, weight=2.0)
    assert longer.lengths.tolist() == [2.0, 4.0]
    assert lengthen(graph, np.arange(3), turn, 0.0).lengths.tolist() == [1, 2]


def test_fragments_join_the_nearest_part_along_the_surface():
    # A chain 0-1-2-3-4-5 and 6 apart; parts {0,1} and {4,5} are large.
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]])
    lengths = np.array([1.0, 1.0, 5.0, 2.0, 1.0])
    labels = np.array([0, 0, 1, 2, 3, 3, 4], np.int32)
    graph = Graph(7, edges, lengths)
    everywhere = np.ones(7, bool)
    reach = np.ones(5, bool)
    got = absorb(labels, graph, reach, everywhere, 2)
    assert got.tolist() == [0, 0, 0, 3, 3, 3, 4]
    # Without the edge 1-2 as surface, 2 goes the long way round.
    reach[1] = False
    assert absorb(labels, graph, reach, everywhere, 2)[2] == 3
    # No part is large: nothing moves.
    assert absorb(labels, graph, reach, everywhere, 9).tolist() == (
        labels.tolist()
    )
