"""Farthest-point sampling against a slow literal version of it."""

from fractions import Fraction

import numpy as np
import pytest

from mmcuts3d.cuts import farthest_points


def slow(points, number, start=0):
    """By the definition, in exact arithmetic."""
    exact = [[Fraction(float(v)) for v in point] for point in points]
    chosen = [start]
    while len(chosen) < number:
        best, most = None, Fraction(-1)
        for index, point in enumerate(exact):
            if index in chosen:
                continue
            nearest = min(
                sum((a - b) ** 2 for a, b in zip(point, exact[c], strict=True))
                for c in chosen
            )
            if nearest > most:
                best, most = index, nearest
        chosen.append(best)
    return chosen


@pytest.mark.parametrize('seed', range(3))
def test_equals_the_definition(seed):
    points = np.random.default_rng(seed).random((40, 3))
    assert farthest_points(points, 12).tolist() == slow(points, 12)
    assert farthest_points(points, 12, 7).tolist() == slow(points, 12, 7)


def test_ties_go_to_the_first_and_no_point_comes_twice():
    # A grid of whole numbers is full of ties, and its points come twice.
    grid = np.stack(np.meshgrid(*[np.arange(3.0)] * 3), -1).reshape(-1, 3)
    points = np.concatenate([grid, grid])
    got = farthest_points(points, len(points))
    assert got.tolist() == slow(points, len(points))
    assert sorted(got) == list(range(len(points)))
    same = np.ones((5, 3))
    assert farthest_points(same, 5).tolist() == [0, 1, 2, 3, 4]


def test_clouds_are_sampled_as_each_alone():
    rng = np.random.default_rng(1)
    clouds = rng.random((4, 50, 3)).astype(np.float32)
    starts = rng.integers(0, 50, 4)
    got = farthest_points(clouds, 9, starts)
    assert got.shape == (4, 9) and got.dtype == np.intp
    for cloud, start, mine in zip(clouds, starts, got, strict=True):
        assert np.array_equal(mine, farthest_points(cloud, 9, int(start)))


def test_fewer_are_the_first_of_more():
    points = np.random.default_rng(2).random((60, 3))
    many = farthest_points(points, 30)
    for number in (1, 7, 29):
        assert np.array_equal(farthest_points(points, number), many[:number])


def test_a_step_in_depth_draws_samples():
    # DepthG, Figure 2 of the supplement: the steeper, the more samples.
    x = np.linspace(0, 1, 2000)
    shares = []
    for slope in (1, 8, 40):
        z = 1.5 / (1 + np.exp(-slope * (x - 0.5)))
        points = np.stack([x, np.zeros_like(x), z], axis=1)
        shares.append(
            (np.abs(x[farthest_points(points, 33)] - 0.5) < 0.1).mean()
        )
    assert shares[0] < 0.25 < shares[1] < 0.4 < shares[2]


def test_outermost_begins_farthest_from_the_mean():
    points = np.zeros((6, 3))
    points[4, 0] = 5
    assert farthest_points(points, 2, 'outermost').tolist() == [4, 0]
    clouds = np.stack([points, points[::-1]])
    assert farthest_points(clouds, 1, 'outermost').ravel().tolist() == [4, 1]


@pytest.mark.parametrize(
    'change,words',
    [
        ({'points': np.ones((4, 2))}, r'`points` .*shape \(4, 2\)'),
        ({'points': np.ones((0, 3))}, r'`points` .*shape \(0, 3\)'),
        ({'points': [[0, 0, np.nan]] * 9}, 'finite, but got 9 points'),
        ({'number': 0}, '`number`.* but got 0'),
        ({'number': 10}, '`number` .*points, 9, but got 10'),
        ({'start': 'random'}, "`start` .*'outermost'.* but got 'random'"),
        ({'start': 9}, '`start` .*from 0 to 8, or 1 of them, but got 9'),
        ({'start': -1}, '`start` .* but got -1'),
        ({'start': 0.5}, '`start` .* but got 0.5'),
        ({'start': [0, 1]}, r'`start` .* but got \[0, 1\]'),
    ],
)
def test_bad_input(change, words):
    arguments = dict(points=np.eye(9)[:, :3], number=3) | change
    with pytest.raises(ValueError, match=words):
        farthest_points(**arguments)
