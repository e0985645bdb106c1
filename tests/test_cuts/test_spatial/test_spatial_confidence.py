"""Equation 4 by hand."""

import numpy as np
import pytest

from mmcuts3d.cuts import spatial_confidence, sweep_taus


def test_sweep_of_the_paper():
    np.testing.assert_allclose(
        sweep_taus(), [0.05, 0.063, 0.076, 0.089, 0.102, 0.115]
    )


def test_sweep_of_one_cuts_at_the_top():
    assert sweep_taus(0.05, 0.115, 1).tolist() == [0.115]


def test_sweep_of_equal_ends():
    np.testing.assert_allclose(sweep_taus(0.1, 0.1, 3), 0.1)


@pytest.mark.parametrize(
    'arguments,words',
    [
        ((0.2, 0.1), '`tau_min`.* but got 0.2'),
        ((0, 0.1), '`tau_min`.* but got 0'),
        ((0.05, 0), '`tau_max`.* but got 0'),
        ((0.05, 0.1, 0), '`num_cuts`.* but got 0'),
        ((0.05, 0.1, 2.5), '`num_cuts`.* but got 2.5'),
        ((0.05, 0.1, True), '`num_cuts`.* but got True'),
    ],
)
def test_bad_sweep(arguments, words):
    with pytest.raises(ValueError, match=words):
        sweep_taus(*arguments)


def test_by_hand():
    cuts = np.array(
        [
            [[1, 1, 0, 0]],
            [[1, 1, 0, 1]],
            [[1, 1, 1, 1]],
            [[1, 0, 0, 0]],
        ],
        bool,
    )
    mask = np.array([[1, 1, 1, 0]], bool)
    got = spatial_confidence(cuts, mask)
    assert got.dtype == np.float32
    # 4/4, 3/4, 1/4 without a floor; 0 outside the mask.
    assert got.tolist() == [[1, 0.75, 0.25, 0]]


@pytest.mark.parametrize('number', [1, 2, 3, 6, 10])
def test_multiples_of_one_over_the_number_of_cuts(number):
    rng = np.random.default_rng(number)
    cuts = rng.random((number, 9, 9)) < 0.7
    mask = rng.random((9, 9)) < 0.6
    got = spatial_confidence(cuts, mask)
    np.testing.assert_allclose(got * number, np.rint(got * number), atol=1e-5)
    np.testing.assert_allclose(got[mask], cuts.mean(axis=0)[mask], rtol=1e-6)
    assert not got[~mask].any()


def test_empty_mask_is_all_zero():
    cuts = np.ones((2, 3, 3), bool)
    assert not spatial_confidence(cuts, np.zeros((3, 3))).any()


@pytest.mark.parametrize(
    'shape', [(0, 3, 3), (3, 3), (2, 3, 4)], ids=['none', '2D', 'other grid']
)
def test_bad_cuts(shape):
    words = r'grid of `mask` \(3, 3\), but got shape \(' + str(shape)[1:-1]
    with pytest.raises(ValueError, match=words):
        spatial_confidence(np.ones(shape), np.ones((3, 3)))
