"""Similarities of segments: range, symmetry, what nobody sees."""

import numpy as np
import pytest

from projects.unscene3d.unscene3d.features import SegmentFeatures, similarity


def features(values, seen=None):
    values = np.asarray(values, np.float32)
    seen = np.ones(len(values), bool) if seen is None else np.array(seen)
    return SegmentFeatures(values, seen)


@pytest.fixture
def random():
    rng = np.random.default_rng(0)
    first = features(rng.normal(size=(700, 12)), rng.random(700) < 0.8)
    second = features(rng.normal(size=(700, 5)), rng.random(700) < 0.7)
    return first, second


def test_cosines_by_hand():
    alike = similarity([features([[2, 0], [0, 1], [-1, 0], [3, 3]])])
    half = 0.5**0.5
    cosines = np.array(
        [
            [1, 0, -1, half],
            [0, 1, 0, half],
            [-1, 0, 1, -half],
            [half, half, -half, 1],
        ]
    )
    assert alike == pytest.approx((cosines + 1) / 2, abs=1e-6)


def test_distances_by_hand():
    alike = similarity([features([[0, 0], [3, 4], [0, 2.5]])], metric='l2')
    far = np.hypot(3, 1.5)
    expected = 1 - np.array([[0, 5, 2.5], [5, 0, far], [2.5, far, 0]]) / 5
    assert alike == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('metric', ['cosine', 'l2'])
def test_symmetric_and_in_range(random, metric):
    for sources in ([random[0]], random):
        alike = similarity(sources, metric=metric)
        assert alike.dtype == np.float32
        assert np.array_equal(alike, alike.T)
        assert alike.min() == 0 and alike.max() <= 1


def test_mean_where_both_see_the_other_where_one_does(random):
    first, second = random
    alike = similarity([first, second], weights=[3, 1])
    one, two = (similarity([source]) for source in random)
    a = np.outer(first.seen, first.seen)
    b = np.outer(second.seen, second.seen)
    both = (3 * one + two)[a & b] / 4
    assert np.allclose(alike[a & b], both, atol=1e-6)
    assert np.allclose(alike[a & ~b], one[a & ~b], atol=1e-6)
    assert np.allclose(alike[~a & b], two[~a & b], atol=1e-6)
    assert (alike[~a & ~b] == 0).all() and (~a & ~b).any()


def test_each_modality_is_scaled_by_itself():
    """Keys of a ViT are all much alike; the other does not drown them."""
    angles = np.deg2rad([0, 1, 5])
    narrow = features(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    wide = features([[1, 0], [-1, 0], [1, 0]])
    alike = similarity([narrow, wide])
    assert alike[0, 2] == pytest.approx(0.5, abs=1e-3)
    assert alike[0, 1] == pytest.approx(0.5, abs=0.05)
    assert alike[1, 2] < 0.25


def test_constant_features_are_all_alike():
    assert (similarity([features(np.ones((4, 3)))]) == 1).all()
    assert (similarity([features(np.zeros((4, 3)))]) == 1).all()
    assert (similarity([features(np.ones((4, 3)))], metric='l2') == 1).all()
    assert similarity([features([[0.3]])]).tolist() == [[1]]


def test_a_row_of_zeros_is_like_zeros_only():
    alike = similarity([features([[0, 0], [0, 0], [1, 0], [-1, 0]])])
    assert alike[0].tolist() == [1, 1, 0.5, 0.5]


def test_nothing_seen_is_nothing_alike():
    blind = features(np.zeros((3, 2)), [False] * 3)
    assert (similarity([blind]) == 0).all()
    assert (similarity([blind, features(np.ones((3, 2)))]) == 1).all()


@pytest.mark.parametrize(
    'settings,words',
    [
        (dict(features=[]), 'got none'),
        (dict(metric='dot'), "'dot'"),
        (dict(weights=[1, 1]), '`weights`'),
        (dict(weights=[0]), '`weights`'),
        (dict(weights=[np.nan]), '`weights`'),
        (dict(max_segments=2), 'at most 2 segments.*got 3'),
    ],
)
def test_bad_arguments_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        similarity(**{'features': [features(np.eye(3))], **settings})
    with pytest.raises(ValueError, match=r'\[3, 2\]'):
        similarity([features(np.eye(3)), features(np.eye(2))])


def test_features_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match='NaN'):
        features([[np.nan], [1]])
    features([[np.nan], [1]], [False, True])
    with pytest.raises(ValueError, match='shape'):
        features([[1.0]], [True, False])
