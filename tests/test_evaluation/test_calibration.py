"""Calibration, error detection and correlation against scipy and by hand."""

import numpy as np
import pytest
from scipy import stats

from mmcuts3d.evaluation.functional import (
    error_auroc,
    expected_calibration_error,
    reliability_bins,
)
from mmcuts3d.evaluation.functional.calibration import correlation


def pixels_of(confidence, right, wrong):
    """Every pixel spelled out: confidence, and whether it is right."""
    values = np.repeat(np.tile(confidence, 2), np.append(right, wrong))
    return values, np.repeat([True, False], [right.sum(), wrong.sum()])


def random_patches(seed, levels=7):
    rng = np.random.default_rng(seed)
    confidence = rng.integers(0, levels, 40) / (levels - 1)
    return confidence, rng.integers(0, 9, 40), rng.integers(0, 9, 40)


@pytest.mark.parametrize('seed', range(5))
def test_auroc_is_the_rank_sum_of_all_pixels(seed):
    patches = random_patches(seed)
    values, right = pixels_of(*patches)
    test = stats.mannwhitneyu(values[right], values[~right])
    expected = test.statistic / (right.sum() * (~right).sum())
    assert error_auroc(*patches) == pytest.approx(expected)


def test_auroc_by_hand():
    assert error_auroc([0.9, 0.1], [5, 0], [0, 3]) == 1
    assert error_auroc([0.9, 0.1], [0, 5], [3, 0]) == 0
    assert error_auroc([0.5, 0.5], [5, 0], [0, 3]) == 0.5
    # Right at 0.9, 0.5; wrong at 0.5, 0.1: of four pairs one is a tie.
    got = error_auroc([0.9, 0.5, 0.1], [1, 1, 0], [0, 1, 1])
    assert got == pytest.approx(3.5 / 4)
    assert error_auroc([0.9], [5], [0]) == -1
    assert error_auroc([0.9], [0], [5]) == -1
    assert error_auroc([], [], []) == -1


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('num_bins', [1, 4, 10, 15])
def test_bins_by_pixels(seed, num_bins):
    patches = random_patches(seed, levels=14)
    values, right = pixels_of(*patches)
    bins = reliability_bins(*patches, num_bins)
    error = 0
    for index in range(num_bins):
        low, high = index / num_bins, (index + 1) / num_bins
        inside = (values > low + 1e-9) & (values <= high + 1e-9)
        if index == 0:
            inside |= values == 0
        assert bins.weight[index] == inside.sum()
        if not inside.any():
            assert np.isnan(bins.confidence[index])
            assert np.isnan(bins.accuracy[index])
            continue
        accuracy, confidence = right[inside].mean(), values[inside].mean()
        assert bins.accuracy[index] == pytest.approx(accuracy)
        assert bins.confidence[index] == pytest.approx(confidence)
        error += inside.mean() * abs(accuracy - confidence)
    assert expected_calibration_error(bins) == pytest.approx(error)


def test_calibration_by_hand():
    # 0.75 and right three times in four: calibrated. 1.0 and right half the
    # time: off by 0.5, on half of the pixels.
    bins = reliability_bins([0.75, 1.0], [3, 2], [1, 2])
    assert expected_calibration_error(bins) == pytest.approx(0.25)
    assert bins.weight.tolist() == [0, 0, 0, 0, 0, 0, 0, 4, 0, 4]
    assert expected_calibration_error(reliability_bins([], [], [])) == -1
    # A border of bins is a border in single precision, too.
    values = np.arange(11, dtype=np.float32) / 10
    for array in (values, values.astype(np.float64)):
        got = reliability_bins(array, np.ones(11), np.zeros(11)).weight
        assert got.tolist() == [2, *[1] * 9]


def test_correlation_is_scipys_or_nan():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, (2, 50))
    expected = np.corrcoef(x, y)[0, 1]
    assert correlation(x, y, 'pearson') == pytest.approx(expected)
    ranks = [stats.rankdata(values) for values in (x, y)]
    expected = np.corrcoef(*ranks)[0, 1]
    assert correlation(x, y, 'spearman') == pytest.approx(expected)
    for kind in ('pearson', 'spearman'):
        assert correlation([1, 2, 3], [6, 4, 2], kind) == pytest.approx(-1)
        assert np.isnan(correlation([], [], kind))
        assert np.isnan(correlation([1], [2], kind))
        assert np.isnan(correlation([1, 1, 1], [1, 2, 3], kind))
        assert np.isnan(correlation([1, 2, 3], [1, 1, 1], kind))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r'one length.*\[2, 1, 1\]'):
        error_auroc([0, 1], [1], [1])
    with pytest.raises(ValueError, match='`num_bins`.*got 0'):
        reliability_bins([0.5], [1], [1], 0)
    for bad in (-0.1, 1.2, float('nan')):
        with pytest.raises(ValueError, match=r'lie in \[0, 1\]'):
            reliability_bins([0.5, bad], [1, 1], [1, 1])
    with pytest.raises(ValueError, match="`kind`.*'kendall'"):
        correlation([1, 2], [1, 2], 'kendall')
