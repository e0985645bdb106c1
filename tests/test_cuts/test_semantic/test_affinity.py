"""Affinity against a literal loop, and painting out."""

import numpy as np
import pytest
import torch

from mmcuts3d.cuts import affinity, paint_out


def test_equals_cosines_one_by_one():
    features = np.random.default_rng(0).normal(size=(5, 3, 4))
    patches = features.reshape(5, -1).T
    expected = [
        [a @ b / np.sqrt((a @ a) * (b @ b)) for b in patches] for a in patches
    ]
    got = affinity(features)
    assert got.shape == (12, 12) and got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_equals_torch():
    features = torch.randn(7, 4, 5, generator=torch.manual_seed(0))
    flat = features.reshape(7, -1).T
    expected = torch.nn.functional.cosine_similarity(
        flat[:, None], flat[None], dim=-1
    )
    np.testing.assert_allclose(affinity(features), expected, atol=1e-6)


def test_order_is_row_major():
    features = np.zeros((2, 2, 3))
    features[0] = 1
    features[:, 1, 0] = (0, 1)
    assert np.flatnonzero(affinity(features)[0] < 0.5).tolist() == [3]


@pytest.mark.parametrize('scale', [4.0, 0.37, 1e4])
def test_scale_of_features_is_of_no_matter(scale):
    features = np.random.default_rng(1).normal(size=(6, 5, 5))
    np.testing.assert_allclose(
        affinity(scale * features), affinity(features), atol=1e-6
    )


def test_symmetric_and_bounded():
    features = np.random.default_rng(2).normal(size=(16, 9, 9))
    weights = affinity(features)
    assert np.array_equal(weights, weights.T)
    assert weights.min() >= -1 and weights.max() <= 1


def test_zero_features_are_like_nothing():
    features = np.ones((3, 2, 2))
    features[:, 0, 1] = 0
    weights = affinity(features)
    assert not weights[1].any() and not weights[:, 1].any()
    assert weights[0, 0] == pytest.approx(1)


def test_paint_out_is_what_zeroed_features_give():
    features = np.random.default_rng(3).normal(size=(4, 3, 3))
    mask = np.eye(3, dtype=bool)
    painted = paint_out(affinity(features), mask)
    expected = affinity(np.where(mask, 0, features))
    np.testing.assert_allclose(painted, expected, atol=1e-6)
    assert not painted[mask.ravel()].any()


def test_paint_out_of_another_grid_is_named():
    weights = affinity(np.ones((2, 3, 3)))
    with pytest.raises(ValueError, match='affinity'):
        paint_out(weights, np.ones((2, 3), bool))
