"""The bootstrap over images equals evaluating copies of them."""

import math
import time

import numpy as np
import pytest
from helpers.bootstrap import copied, random_set
from helpers.coco import reference

from mmcuts3d.evaluation import evaluate_coco
from mmcuts3d.evaluation.functional import AveragePrecision, image_statistics
from mmcuts3d.evaluation.functional.bootstrap import (
    bootstrap,
    compare,
    percentile_interval,
)
from mmcuts3d.evaluation.statistics import Measure

NAMES = ['AP', 'AP50', 'AP75', 'AP_S', 'AP_M', 'AP_L', 'AR1', 'AR10', 'AR100']
RESAMPLED = ['AP', 'AP50', 'AP75', 'AR100']


def matched(images, truth, found, iou_type):
    group = AveragePrecision(iou_type, prefix=False)
    return image_statistics([group], images, truth, found)


def measured(statistics, draw):
    counts = np.bincount(list(draw), minlength=len(statistics.image_ids))
    return statistics.compute(counts, NAMES)


@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
@pytest.mark.parametrize('seed', range(4))
def test_equals_pycocotools_on_copies_of_images(seed, iou_type, tmp_path):
    images, truth, found = random_set(seed)
    statistics = matched(images, truth, found, iou_type)
    assert statistics.image_ids == sorted(image['id'] for image in images)
    rng = np.random.default_rng(seed)
    seen = set()
    for draw in [range(6), *(rng.integers(0, 6, 6) for _ in range(12))]:
        copies = copied(draw, images, truth, found)
        expected = reference(tmp_path, *copies, iou_type)
        got = measured(statistics, draw)
        assert list(got) == NAMES
        for name in NAMES:
            value = -1 if math.isnan(got[name]) else got[name]
            assert value == pytest.approx(expected[name], abs=1e-9), name
        seen.add(round(got['AP'], 6))
    assert len(seen) > 8
    np.testing.assert_equal(statistics.values, measured(statistics, range(6)))


def test_only_what_is_asked_for_is_computed():
    statistics = matched(*random_set(2), 'bbox')
    got = statistics.compute(np.ones(6, int), ['AR100', 'AP50'])
    assert got == {name: statistics.values[name] for name in ('AP50', 'AR100')}


def test_equals_a_bootstrap_by_hand():
    images, truth, first, second = random_set(5, runs=2)
    runs = {'a': first, 'b': second}
    statistics = {
        name: matched(images, truth, rows, 'segm')
        for name, rows in runs.items()
    }
    number = 60
    result = bootstrap(statistics, number, 0.9, seed=3, baseline='a')
    rng = np.random.default_rng(3)
    values = {name: [] for name in runs}
    for _ in range(number):
        draw = rng.integers(0, 6, 6)
        for name, rows in runs.items():
            drawn = copied(draw, images, truth, rows)
            values[name].append(evaluate_coco(*drawn, 'segm')['AP50'])
    # -1 is pycocotools' way to say that a sample has no ground truth.
    known = np.array(values['a']) >= 0
    a, b = (np.array(values[name])[known] for name in runs)
    assert 40 < len(a) < number
    place = math.floor((len(a) + 1) * 0.05)
    for name, drawn in (('a', a), ('b', b)):
        interval = result.runs[name]['AP50']
        whole = evaluate_coco(images, truth, runs[name], 'segm')['AP50']
        assert interval.value == pytest.approx(whole, abs=1e-9)
        assert interval.low == pytest.approx(np.sort(drawn)[place - 1])
        assert interval.high == pytest.approx(np.sort(drawn)[-place])
        assert interval.low < interval.high
        assert interval.undefined == number - len(a)
    got = result.comparisons['b']['AP50']
    assert got.difference.low == pytest.approx(np.sort(b - a)[place - 1])
    assert got.difference.high == pytest.approx(np.sort(b - a)[-place])
    assert got.ratio.low == pytest.approx(np.sort(b / a)[place - 1])
    assert got.better == pytest.approx(np.mean(b > a))
    assert got.equal == pytest.approx(np.mean(b == a))
    assert list(result.comparisons) == ['b']
    assert (result.num_images, result.num_samples) == (6, 60)


def test_runs_share_their_samples():
    images, truth, found = random_set(2)
    statistics = matched(images, truth, found, 'segm')
    result = bootstrap({'a': statistics, 'b': statistics}, 50, baseline='a')
    assert list(result.comparisons['b']) == RESAMPLED
    for name in RESAMPLED:
        got = result.comparisons['b'][name]
        assert (got.difference.low, got.difference.high) == (0, 0)
        assert (got.ratio.low, got.ratio.high) == (1, 1)
        assert (got.better, got.equal) == (0, 1)
    for name in RESAMPLED:
        assert result.runs['a'][name] == result.runs['b'][name]
    assert result.runs['a']['AP'].low < result.runs['a']['AP'].high
    other = bootstrap({'a': statistics}, 50, seed=1).runs['a']
    assert other['AP'] != result.runs['a']['AP']


def test_measures_without_an_interval_have_a_value():
    statistics = matched(*random_set(2), 'segm')
    got = bootstrap({'a': statistics}, 40).runs['a']
    assert list(got) == NAMES
    for name, interval in got.items():
        value = statistics.values[name]
        assert interval.value == value or math.isnan(value)
        assert math.isnan(interval.low) == (name not in RESAMPLED)


class Means:
    """A value that can be worked out by hand: the mean over images."""

    def __init__(self, values, higher_is_better=True):
        self.values = np.array(values, float)
        self.image_ids = list(range(len(values)))
        self.measures = (
            Measure('mean', 'mean', higher_is_better=higher_is_better),
        )

    def compute(self, counts, names):
        assert list(names) == ['mean']
        known = ~np.isnan(self.values)
        number = counts[known].sum()
        total = (counts[known] * self.values[known]).sum()
        return {'mean': total / number if number else math.nan}


def test_interval_of_a_mean_is_that_of_the_normal():
    values = np.random.default_rng(0).normal(10, 2, 400)
    interval = bootstrap({'a': Means(values)}, 2000).runs['a']['mean']
    assert interval.value == pytest.approx(values.mean())
    reach = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - reach, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + reach, abs=0.02)


@pytest.mark.parametrize('direction,better', [(True, 1), (False, 0)])
def test_the_direction_of_the_measure_says_what_is_better(direction, better):
    runs = {
        name: Means(values, direction)
        for name, values in (('a', [1, 2, 3]), ('b', [2, 3, 4]))
    }
    got = bootstrap(runs, 40, baseline='a').comparisons['b']['mean']
    assert got.better == better
    assert got.difference.value == 1


def test_without_a_direction_nothing_is_better():
    runs = {name: Means([1, 2, 3], None) for name in 'ab'}
    got = bootstrap(runs, 40, baseline='a').comparisons['b']['mean']
    assert math.isnan(got.better)
    assert got.equal == 1


def test_baseline_of_nothing():
    runs = {'zero': Means([0, 0]), 'some': Means([0, 1])}
    got = bootstrap(runs, 400, 0.5, baseline='zero').comparisons['some']
    ratio = got['mean'].ratio
    assert ratio.value == math.inf
    assert (ratio.low, ratio.high) == (math.inf, math.inf)
    # Both are 0 where the first image is in the sample twice.
    assert 60 < ratio.undefined < 140
    assert got['mean'].equal == ratio.undefined / 400
    assert got['mean'].difference.undefined == 0
    again = bootstrap({'z': runs['zero'], 'y': runs['zero']}, 40, baseline='z')
    ratio = again.comparisons['y']['mean'].ratio
    assert math.isnan(ratio.value)
    assert math.isnan(ratio.low)
    assert ratio.undefined == 40


def test_one_image_has_no_interval():
    images, truth, found = random_set(1)
    one = [image for image in images if image['id'] == 9]
    truth, found = (
        [row for row in rows if row['image_id'] == 9]
        for rows in (truth, found)
    )
    statistics = matched(one, truth, found, 'segm')
    result = bootstrap({'a': statistics, 'b': statistics}, 40, baseline='a')
    interval = result.runs['a']['AP']
    assert interval.value == statistics.values['AP'] >= 0
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert interval.undefined == 0
    got = result.comparisons['b']['AP']
    assert got.difference.value == 0
    assert math.isnan(got.difference.low)
    assert math.isnan(got.better)


def test_no_ground_truth():
    images, _, found = random_set(1)
    statistics = matched(images, [], found, 'segm')
    assert statistics.reported() == dict.fromkeys(NAMES, -1.0)
    interval = bootstrap({'a': statistics}, 40).runs['a']['AP']
    assert math.isnan(interval.value)
    assert math.isnan(interval.low)
    assert interval.undefined == 40


def test_no_predictions():
    images, truth, _ = random_set(1)
    statistics = matched(images, truth, [], 'bbox')
    reported = statistics.reported()
    assert {reported[name] for name in RESAMPLED} == {0}
    interval = bootstrap({'a': statistics}, 40).runs['a']['AP']
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)


def test_samples_without_ground_truth_are_left_out_and_counted():
    interval = bootstrap({'a': Means([5, math.nan])}, 400).runs['a']['mean']
    assert (interval.low, interval.high) == (5, 5)
    assert 60 < interval.undefined < 140  # a quarter


@pytest.mark.parametrize(
    'number,level,ends',
    [(1000, 0.95, (25, 976)), (999, 0.95, (25, 975)), (39, 0.95, (1, 39))],
)
def test_ends_of_the_interval(number, level, ends):
    draws = np.random.default_rng(0).permutation(np.arange(1, number + 1.0))
    got = percentile_interval(7, draws, level)
    assert (got.value, got.low, got.high) == (7, *ends)
    # At most the share that the level allows lies outside on each side.
    outside = np.mean(draws < got.low), np.mean(draws > got.high)
    assert max(outside) <= (1 - level) / 2 + 1e-9


def test_compare_leaves_out_what_is_not_known():
    values = np.array([2, 1, 4, math.nan, 2])
    baseline = np.array([1, 2, 2, 1, 2])
    got = compare(values, baseline, 0.5)
    assert got.difference.value == 1
    assert got.ratio.value == 2
    assert got.difference.undefined == 1
    assert got.better == got.equal == pytest.approx(1 / 3)


def test_a_thousand_samples_take_seconds():
    rng = np.random.default_rng(0)
    ids = tuple(range(100))
    images, truth, found = random_set(0, ids)
    statistics = matched(images, truth, found, 'bbox')
    assert len(found) > 400
    begin = time.perf_counter()
    for _ in range(100):
        counts = np.bincount(rng.integers(0, 100, 100), minlength=100)
        statistics.compute(counts, RESAMPLED)
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize(
    'change,words',
    [
        ({'runs': {}}, '`runs` to hold the statistics of a run'),
        ({'level': 1.0}, r'`level` to be in \(0, 1\), but got 1.0'),
        ({'num_samples': 38}, '`num_samples` to be at least 39 .* got 38'),
        ({'baseline': 'c'}, r"one of \['a', 'b'\], but got 'c'"),
        (
            {'runs': {'a': Means([1, 2]), 'b': Means([1, 2, 3])}},
            'same images, but got 2 of a and 3 of b; only one has image 2',
        ),
    ],
)
def test_refuses(change, words):
    arguments = {'runs': {'a': Means([1, 2]), 'b': Means([2, 3])}}
    with pytest.raises(ValueError, match=words):
        bootstrap(**{**arguments, **change})


def test_rounding_makes_no_run_better():
    ones = np.array([0.3, 0.3, 0.3, 0.3])
    got = compare(ones, 3 * (ones / 3) + 1e-15, 0.5)
    assert (got.better, got.equal) == (0, 1)
    assert (got.difference.low, got.difference.high) == (0, 0)
