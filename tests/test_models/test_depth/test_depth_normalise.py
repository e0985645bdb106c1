"""Depth of any direction and unit to [0, 1] with 0 = nearest."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from mmcuts3d.models.depth.normalise import normalise_depth

NAN = np.nan


def ramp(low, high, shape=(4, 5)):
    return np.linspace(low, high, 20).reshape(shape)


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.float32, np.int32])
def test_distances(dtype):
    depth = np.array([[10, 20], [30, 60]], dtype=dtype)
    actual = normalise_depth(depth)
    assert actual.dtype == np.float32
    np.testing.assert_allclose(actual, [[0, 0.2], [0.4, 1]], atol=1e-6)


def test_inverse_depth_is_turned_round():
    depth = np.array([[10, 20], [30, 60]])
    actual = normalise_depth(depth, direction='near_is_large')
    np.testing.assert_allclose(actual, [[1, 0.8], [0.6, 0]], atol=1e-6)


def test_result_does_not_depend_on_scale_and_offset():
    depth = np.random.default_rng(0).normal(size=(6, 7))
    np.testing.assert_allclose(
        normalise_depth(1000 * depth - 5), normalise_depth(depth), atol=1e-6
    )


@pytest.mark.parametrize('value', [0, 3.5, -2])
def test_constant_is_all_zeros(value):
    depth = np.full((3, 4), value)
    for direction in ('near_is_small', 'near_is_large'):
        actual = normalise_depth(depth, direction=direction)
        np.testing.assert_array_equal(actual, np.zeros((3, 4)))


def test_constant_beside_holes_is_all_zeros():
    depth = np.array([[NAN, 2.0], [2.0, NAN]])
    assert not normalise_depth(depth, fill='far').any()


def test_holes_are_far():
    depth = np.array([[NAN, 10.0, 20.0], [np.inf, 0.0, 30.0]])
    actual = normalise_depth(depth, invalid=0, fill='far')
    np.testing.assert_allclose(actual, [[1, 0, 0.5], [1, 1, 1]])


def test_far_is_far_in_both_directions():
    depth = np.array([[0.0, 10.0, 30.0]])
    actual = normalise_depth(
        depth, invalid=0, fill='far', direction='near_is_large'
    )
    np.testing.assert_allclose(actual, [[1, 1, 0]])


def test_holes_take_the_nearest_pixel():
    """Against a search tree over the valid pixels."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 5, (20, 30))
    hole = rng.random(depth.shape) < 0.6
    depth[hole] = 0
    actual = normalise_depth(depth, invalid=0, fill='nearest')
    expected = normalise_depth(np.where(hole, NAN, depth), fill='far')
    np.testing.assert_array_equal(actual[~hole], expected[~hole])
    tree = cKDTree(np.argwhere(~hole))
    values = expected[~hole]
    for pixel in np.argwhere(hole):
        distance = tree.query(pixel)[0]
        allowed = values[tree.query_ball_point(pixel, distance + 1e-9)]
        assert actual[tuple(pixel)] in allowed


def test_invalid_zero_counts_unless_it_is_named():
    depth = np.array([[0, 10, 20]])
    np.testing.assert_allclose(normalise_depth(depth), [[0, 0.5, 1]])
    np.testing.assert_allclose(normalise_depth(depth, invalid=0), [[0, 0, 1]])


def test_percentiles_cut_outliers():
    depth = np.arange(101.0).reshape(1, -1)
    depth[0, -1] = 1e6
    actual = normalise_depth(depth, clip=(10, 90))
    assert (actual[0, :11] == 0).all() and (actual[0, 90:] == 1).all()
    np.testing.assert_allclose(actual[0, 50], 0.5)


def test_huge_values_do_not_overflow():
    actual = normalise_depth(np.array([[-1.7e308, 0, 1.7e308]]))
    np.testing.assert_allclose(actual, [[0, 0.5, 1]])


@pytest.mark.parametrize(
    ('depth', 'unit'),
    [(ramp(500, 3000), 'mm'), (ramp(0.5, 3), 'm'), (ramp(50, 300), 'cm')],
)
def test_units_that_fit(depth, unit):
    actual = normalise_depth(depth, unit=unit)
    np.testing.assert_allclose(actual, ramp(0, 1), atol=1e-6)


@pytest.mark.parametrize(
    ('depth', 'kwargs', 'message'),
    [
        (np.full((2, 2), NAN), {}, 'a valid pixel, but got none among 4'),
        (np.zeros((2, 2)), {'invalid': 0}, r'a valid pixel.*equal to 0'),
        (ramp(-1, 3), {'unit': 'm'}, 'no negative distance, but got -1 m'),
        (ramp(500, 3000), {'unit': 'm'}, "`unit` to fit.*'m' with a median"),
        (ramp(0.5, 3), {'unit': 'mm'}, "`unit` to fit.*'mm'"),
        (np.zeros((2, 2, 3)), {}, r'\(H, W\) array.*\(2, 2, 3\)'),
        (np.zeros((0, 2)), {}, r'\(H, W\) array'),
        (np.array([['a']]), {}, r'\(H, W\) array of numbers'),
        (ramp(0, 1), {'direction': 'near'}, '`direction` to be one of'),
        (ramp(0, 1), {'unit': 'feet'}, '`unit` to be one of'),
        (ramp(0, 1), {'fill': 'near'}, '`fill` to be one of'),
        (ramp(0, 1), {'clip': (98, 1)}, '`clip` to be two rising'),
        (
            ramp(1, 2),
            {'unit': 'm', 'direction': 'near_is_large'},
            "`direction` to be 'near_is_small' for distances",
        ),
    ],
)
def test_bad_input(depth, kwargs, message):
    with pytest.raises(ValueError, match=message):
        normalise_depth(depth, **kwargs)
