"""k-means on a line against all ways to part the sorted values."""

from itertools import combinations

import numpy as np
import pytest

from mmcuts3d.cuts.vote_cut import kmeans_1d


def spread(values, labels):
    """Sum of squares around the means of the clusters."""
    return sum(
        float(((part - part.mean()) ** 2).sum())
        for part in (values[labels == label] for label in np.unique(labels))
    )


def best_spread(values, k):
    """The least one, of every choice of k - 1 borders."""
    values = np.sort(values)
    least = np.inf
    for borders in combinations(range(1, len(values)), k - 1):
        parts = np.split(values, borders)
        total = sum(float(((p - p.mean()) ** 2).sum()) for p in parts)
        least = min(least, total)
    return least


@pytest.mark.parametrize('k', [1, 2, 3, 4])
@pytest.mark.parametrize('seed', range(5))
def test_no_parting_is_better(seed, k):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=14) ** 3 + 1000 * (seed % 2)
    labels = kmeans_1d(values, k)
    assert sorted(set(labels)) == list(range(k))
    assert spread(values, labels) == pytest.approx(best_spread(values, k))
    # Intervals, the lowest first.
    assert (np.diff(labels[np.argsort(values)]) >= 0).all()


def test_counts_of_equal_values_weigh():
    # One border: with the outlier alone 4.8 is left, beside it 0.
    values = np.array([0.0] * 50 + [1.0] * 50 + [2.0])
    labels = kmeans_1d(values, 2)
    assert labels.tolist() == [0] * 50 + [1] * 51
    assert kmeans_1d(values, 3).tolist() == [0] * 50 + [1] * 50 + [2]


def test_fewer_values_than_clusters():
    assert kmeans_1d([3.0, 3.0, 3.0], 3).tolist() == [0, 0, 0]
    assert kmeans_1d([5.0, 1.0, 5.0], 3).tolist() == [1, 0, 1]
    assert kmeans_1d([0.0], 2).tolist() == [0]


def test_rounding_makes_no_clusters():
    values = np.array([1.0, 1 + 1e-12, 1 - 1e-12, -1.0, -1 + 1e-12])
    assert kmeans_1d(values, 3).tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    'values,k,words',
    [
        ([[1.0, 2.0]], 2, r'`values` to be \(n,\) .* got shape \(1, 2\)'),
        ([], 2, r'`values` to be \(n,\) .* got shape \(0,\)'),
        ([1.0, np.nan], 2, '`values` to be finite'),
        ([1.0, 2.0], 0, '`k` to be an integer >= 1, but got 0'),
    ],
)
def test_bad_input(values, k, words):
    with pytest.raises(ValueError, match=words):
        kmeans_1d(values, k)
