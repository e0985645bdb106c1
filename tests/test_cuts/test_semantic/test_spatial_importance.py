"""Equations 1 to 3 against literal loops and a Gaussian written out."""

import numpy as np
import pytest

from mmcuts3d.cuts import affinity, sharpen, spatial_importance


def blur(depth, sigma):
    """G_sigma * D, separable, four sigma wide, borders repeated."""
    radius = int(4 * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        width = [(radius, radius) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(depth, width, mode='edge')
        depth = np.apply_along_axis(
            np.convolve, axis, padded, kernel, mode='valid'
        )
    return depth


@pytest.mark.parametrize('beta,sigma', [(0.45, 3), (0, 1), (0.8, 2.5)])
def test_equals_the_formula(beta, sigma):
    depth = np.random.default_rng(0).random((20, 14))
    difference = np.abs(blur(depth, sigma) - depth)
    normal = (difference - difference.min()) / np.ptp(difference)
    got = spatial_importance(depth, beta, sigma)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, (1 - beta) * normal + beta, atol=1e-5)
    assert got.min() == pytest.approx(beta, abs=1e-6)
    assert got.max() == pytest.approx(1)


def test_default_settings_are_the_papers():
    depth = np.random.default_rng(1).random((12, 12))
    assert np.array_equal(
        spatial_importance(depth), spatial_importance(depth, 0.45, 3.0)
    )


def test_depth_edges_are_important():
    depth = np.full((20, 20), 0.2)
    depth[:, 10:] = 0.7
    importance = spatial_importance(depth)
    assert (importance[:, 9:11] > 0.99).all()
    assert (importance[:, [0, -1]] < 0.46).all()


@pytest.mark.parametrize('value', [0.0, 0.31, 1.0])
def test_flat_depth_is_not_important_and_sharpens_nothing(value):
    importance = spatial_importance(np.full((4, 5), value))
    assert not importance.any()
    rng = np.random.default_rng(2)
    weights = affinity(rng.normal(size=(8, 4, 5)))
    np.testing.assert_allclose(
        sharpen(weights, importance), np.clip(weights, 0, None), atol=1e-6
    )


def test_one_patch():
    assert spatial_importance([[0.4]]).tolist() == [[0]]


@pytest.mark.parametrize('scale', [0.5, 0.01])
def test_contrast_of_depth_is_of_no_matter(scale):
    depth = np.random.default_rng(3).random((10, 10))
    np.testing.assert_allclose(
        spatial_importance(0.2 + scale * depth * 0.8),
        spatial_importance(depth),
        atol=1e-4,
    )


RULES = {
    'mean': lambda a, b: (a + b) / 2,
    'max': max,
    'product': lambda a, b: a * b,
    'row': None,
}


def loop(weights, importance, rule):
    """W_ij ** (1 - importance_ij), pair by pair."""
    flat = importance.ravel()
    result = np.zeros(weights.shape)
    for i, row in enumerate(weights):
        for j, weight in enumerate(row):
            if weight <= 0:
                continue
            if rule == 'row':
                by_row = weight ** (1 - flat[i])
                by_column = weight ** (1 - flat[j])
                result[i, j] = (by_row + by_column) / 2
            else:
                exponent = 1 - RULES[rule](flat[i], flat[j])
                result[i, j] = weight**exponent
    return result


@pytest.mark.parametrize('rule', RULES)
def test_sharpen_equals_a_loop(rule):
    rng = np.random.default_rng(4)
    weights = affinity(rng.normal(size=(6, 4, 5)))
    importance = spatial_importance(rng.random((4, 5)))
    importance[1, 2] = 0
    got = sharpen(weights, importance, rule)
    assert got.dtype == np.float32
    np.testing.assert_allclose(
        got, loop(weights, importance, rule), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize('rule', RULES)
def test_sharpened_graph_is_symmetric_and_bounded(rule):
    rng = np.random.default_rng(5)
    weights = affinity(rng.normal(size=(9, 7, 7)))
    got = sharpen(weights, rng.random((7, 7)), rule)
    assert np.array_equal(got, got.T)
    assert got.min() >= 0 and got.max() <= 1
    assert (got >= np.clip(weights, 0, None) - 1e-6).all()


@pytest.mark.parametrize('rule', RULES)
def test_zero_and_negative_stay_zero_even_to_the_power_zero(rule):
    weights = np.array([[1, 0, -0.5], [0, 1, 0.25], [-0.5, 0.25, 1]])
    got = sharpen(weights, np.ones((1, 3)), rule)
    np.testing.assert_allclose(got, [[1, 0, 0], [0, 1, 1], [0, 1, 1]])


def test_default_rule_is_the_mean():
    weights = np.array([[1, 0.5], [0.5, 1]])
    got = sharpen(weights, np.array([[0.2, 0.6]]))
    assert got[0, 1] == pytest.approx(0.5**0.6)


def test_grids_must_agree():
    with pytest.raises(ValueError, match=r'\(6\), but got \(4, 4\)'):
        sharpen(np.eye(4), np.ones((2, 3)))


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'beta': -0.1}, '`beta`.* but got -0.1'),
        ({'beta': 1.1}, '`beta`.* but got 1.1'),
        ({'sigma': 0}, '`sigma`.* but got 0'),
        ({'sigma': float('nan')}, '`sigma`.* but got nan'),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        spatial_importance(np.zeros((3, 3)), **settings)


def test_bad_rule():
    with pytest.raises(ValueError, match="`pair_rule` .* but got 'min'"):
        sharpen(np.eye(2), np.ones((1, 2)), 'min')
