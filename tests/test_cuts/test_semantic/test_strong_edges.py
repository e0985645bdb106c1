"""Strong edges as bits, against matrices of them."""

import numpy as np
import pytest

from mmcuts3d.cuts import affinity, sharpen
from mmcuts3d.cuts.semantic.spatial_importance import PairRule
from mmcuts3d.cuts.semantic.strong_edges import TILE, StrongEdges

SIZES = (1, 2, 7, 8, 9, 127, 128, 129, 300)


def relation(number, share=0.4, seed=0):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((number, number)) < share)
    return upper | upper.T


@pytest.mark.parametrize('number', SIZES)
@pytest.mark.parametrize('share', [0.0, 0.4, 1.0])
def test_equals_the_matrix(number, share):
    strong = relation(number, share)
    edges = StrongEdges(strong)
    assert len(edges) == number
    np.testing.assert_array_equal(edges.to_array(), strong)
    np.testing.assert_array_equal(edges.degrees, strong.sum(axis=1))
    between = strong.sum() - np.trace(strong)
    assert edges.num_between == between
    values = np.random.default_rng(1).normal(size=number)
    np.testing.assert_allclose(
        edges.product(values), strong @ values, atol=1e-12 * number
    )


@pytest.mark.parametrize('number', SIZES)
def test_without_some(number):
    strong = relation(number)
    edges = StrongEdges(strong)
    gone = np.random.default_rng(2).random(number) < 0.3
    gone[0] = True
    left = edges.without(gone)
    strong[gone] = False
    strong[:, gone] = False
    np.testing.assert_array_equal(left.to_array(), strong)
    np.testing.assert_array_equal(left.degrees, strong.sum(axis=1))
    # The first stays as it is, and nothing gone is no copy.
    assert np.array_equal(edges.to_array(), relation(number))
    assert edges.without(np.zeros(number, bool)) is edges


@pytest.mark.parametrize('pair_rule', [None, *PairRule.__args__])
@pytest.mark.parametrize('tau', [0.0, 0.13, 0.5, 1.0])
@pytest.mark.parametrize('grid', [(3, 5), (23, 24)])
def test_equals_the_sharpened_affinity(pair_rule, tau, grid):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(6, *grid)).astype(np.float32)
    features[:, 0, :2] = 0  # no look at all
    importance = rng.uniform(0.45, 1, grid).astype(np.float32)
    importance[-1] = 1  # a power of 0
    expected = affinity(features)
    if pair_rule is None:
        got = StrongEdges.of_features(features, tau)
    else:
        expected = sharpen(expected, importance, pair_rule)
        got = StrongEdges.of_features(features, tau, importance, pair_rule)
    strong = expected > tau
    # Save where rounding puts a pair on the threshold.
    odd = got.to_array() != strong
    assert (np.abs(expected[odd] - tau) < 1e-6).all()
    assert odd.mean() < (0.05 if tau == 1 else 1e-3)
    assert np.array_equal(got.to_array(), got.to_array().T)
    assert not got.to_array()[:2].any()


def test_more_than_one_tile():
    assert TILE < 23 * 24  # of the test before


def test_of_an_affinity():
    weights = affinity(np.random.default_rng(4).normal(size=(3, 6, 7)))
    got = StrongEdges.of_affinity(weights, 0.3)
    np.testing.assert_array_equal(got.to_array(), weights > 0.3)


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((np.ones((2, 3, 3)), 1.5), '`tau` to lie in .* but got 1.5'),
        ((np.ones((3, 3)), 0.5), r'\(C, h, w\)'),
        (
            (np.ones((2, 3, 3)), 0.5, np.ones((2, 2), np.float32)),
            r'one value per patch \(9\), but got 4',
        ),
        (
            (np.ones((2, 3, 3)), 0.5, np.ones((3, 3), np.float32), 'sum'),
            '`pair_rule` to be one of',
        ),
    ],
)
def test_bad_input(arguments, words):
    with pytest.raises(ValueError, match=words):
        StrongEdges.of_features(*arguments)


def test_a_mask_of_another_grid():
    with pytest.raises(ValueError, match='a mask of 9 patches, but got 4'):
        StrongEdges(np.ones((9, 9), bool)).without(np.ones((2, 2), bool))
