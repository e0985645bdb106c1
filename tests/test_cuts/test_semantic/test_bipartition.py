"""MaskCut's rules, on grids small enough to see."""

import numpy as np
import pytest
from scipy.ndimage import label

from mmcuts3d.cuts import Bipartition, bipartition
from mmcuts3d.cuts.semantic.bipartition import (
    num_corners,
    orient,
    sign_matters,
)


def picture(text):
    return np.array([[float(c) for c in row.split()] for row in text])


CENTRE = picture(
    [
        '0 0 0 0 0',
        '0 5 4 0 0',
        '0 4 4 0 0',
        '0 0 0 0 3',
        '0 0 0 0 0',
    ]
)


@pytest.mark.parametrize('sign', [1, -1])
def test_object_in_the_middle(sign):
    cut = bipartition(sign * CENTRE)
    assert isinstance(cut, Bipartition)
    assert np.array_equal(cut.foreground, CENTRE > 0)
    assert np.array_equal(cut.component, CENTRE > 3)
    assert cut.seed == (1, 1)
    assert cut.eigenvector[cut.seed] == cut.eigenvector.max() == 5


def test_diagonal_patches_are_not_connected():
    x = np.zeros((4, 4))
    x[1, 1] = x[2, 2] = 1
    x[1, 1] = 2
    assert np.argwhere(bipartition(x).component).tolist() == [[1, 1]]


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize('rule', ['any_sign', 'published', 'largest'])
def test_rules_hold_on_random_vectors(seed, rule):
    x = np.random.default_rng(seed).normal(size=(6, 7))
    cut = bipartition(x, rule)
    sides = [x > x.mean(), x <= x.mean()]
    assert any(np.array_equal(cut.foreground, side) for side in sides)
    assert cut.component[cut.seed] and not cut.component[~cut.foreground].any()
    labels, _ = label(cut.foreground)
    assert np.array_equal(cut.component, labels == labels[cut.seed])
    assert cut.eigenvector[cut.foreground].min() >= (
        cut.eigenvector[~cut.foreground].max()
    )


@pytest.mark.parametrize('seed', range(20))
def test_any_sign_does_not_see_the_sign(seed):
    x = np.random.default_rng(seed).normal(size=(5, 5))
    x[0, 0] = 9 * (-1) ** seed
    one, other = bipartition(x, 'any_sign'), bipartition(-x, 'any_sign')
    assert np.array_equal(one.component, other.component)
    assert one.seed == other.seed


@pytest.mark.parametrize('corners', range(5))
@pytest.mark.parametrize('sign', [1, -1])
def test_three_corners_are_background(corners, sign):
    places = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
    x = np.full((5, 5), -1.0)
    x[2, 2] = 8
    for place in places[:corners]:
        x[place] = 4
    assert num_corners(x > 0) == corners
    cut = bipartition(sign * x, 'any_sign')
    assert np.array_equal(cut.foreground, (x > 0) == (corners < 3))


def test_published_rule_counts_corners_above_the_mean_only():
    x = np.full((5, 5), -1.0)
    x[2, 2], x[0, 0], x[0, -1], x[-1, 0] = 8, 4, 4, 4
    high = x > x.mean()
    assert np.array_equal(bipartition(x, 'published').foreground, ~high)
    assert np.array_equal(bipartition(-x, 'published').foreground, high)


@pytest.mark.parametrize('sign', [1, -1])
def test_the_largest_side_holds_corners_or_not(sign):
    """TokenCut: the side of the largest magnitude is the object."""
    x = np.full((5, 5), -1.0)
    x[2, 2], x[0, 0], x[0, -1], x[-1, 0] = 8, 4, 4, 4
    cut = bipartition(sign * x, 'largest')
    assert np.array_equal(cut.foreground, x > 0)
    assert cut.seed == (2, 2)
    assert np.argwhere(cut.component).tolist() == [[2, 2]]
    assert not sign_matters(sign * x, None, 'largest')
    assert sign_matters(sign * x, None, 'published')


def test_constant_vector_has_no_foreground():
    cut = bipartition(np.ones((3, 3)))
    assert not cut.component.any()


def test_orient():
    x, flipped = orient([[1.0, -3.0], [0.0, 0.0]])
    assert flipped and x.tolist() == [[-1, 3], [0, 0]]
    x, flipped = orient([[1.0, 3.0], [0.0, 0.0]])
    assert not flipped and x.tolist() == [[1, 3], [0, 0]]


@pytest.mark.parametrize(
    'x', [np.ones(4), np.ones((1, 2, 2)), np.ones((0, 3))]
)
def test_bad_eigenvector(x):
    with pytest.raises(ValueError, match=r'be \(h, w\), but got shape'):
        bipartition(x)


def test_bad_rule():
    with pytest.raises(ValueError, match="`corner_rule` .* but got 'none'"):
        bipartition(np.ones((2, 2)), 'none')
