"""Drawing images anew equals evaluating copies of them with pycocotools."""

import math
import time

import numpy as np
import pytest
from helpers.bootstrap import copied, random_set

from mmcuts3d.evaluation.functional.bootstrap import (
    average_precision,
    bootstrap,
    coco_tables,
    compare,
    percentile_interval,
)
from mmcuts3d.evaluation.functional.coco_evaluation import evaluate_coco

FIGURES = ['AP', 'AP50', 'AP75', 'AR100']


@pytest.mark.parametrize('iou_type', ['bbox', 'segm'])
@pytest.mark.parametrize('seed', range(4))
def test_equals_pycocotools_on_copies_of_images(seed, iou_type):
    images, truth, found = random_set(seed)
    tables = coco_tables(images, truth, found, iou_type)
    assert tables.image_ids == sorted(image['id'] for image in images)
    rng = np.random.default_rng(seed)
    draws = [None] + [rng.integers(0, 6, 6) for _ in range(12)]
    seen = set()
    for draw in draws:
        indices = range(6) if draw is None else draw
        expected = evaluate_coco(
            *copied(indices, images, truth, found), iou_type
        )
        got = average_precision(tables, draw)
        assert list(got) == FIGURES
        for name in FIGURES:
            assert got[name] == pytest.approx(expected[name], abs=1e-9), name
        seen.add(round(got['AP'], 6))
    assert len(seen) > 8
    assert average_precision(tables) == average_precision(tables, range(6))


def test_counts_only_so_many_predictions():
    images, truth, found = random_set(11)
    tables = coco_tables(images, truth, found, 'segm', max_det=2)
    expected = evaluate_coco(images, truth, found, 'segm', (1, 2))
    got = average_precision(tables)
    assert got['AP'] == pytest.approx(expected['AP'], abs=1e-9)
    assert got['AR2'] == pytest.approx(expected['AR2'], abs=1e-9)
    everything = average_precision(coco_tables(images, truth, found, 'segm'))
    assert got['AR2'] < everything['AR100']


def test_box_of_negative_size_is_ignored_as_by_pycocotools():
    images, truth, found = random_set(3)
    spoilt = [
        {**row, 'bbox': [*row['bbox'][:2], -3.0, 5.0]} if place % 3 else row
        for place, row in enumerate(found)
    ]
    got = average_precision(coco_tables(images, truth, spoilt, 'bbox'))
    expected = evaluate_coco(images, truth, spoilt, 'bbox')
    assert 0 < got['AP'] == pytest.approx(expected['AP'], abs=1e-9)


def test_equals_a_bootstrap_by_hand():
    images, truth, first, second = random_set(5, runs=2)
    runs = {'a': first, 'b': second}
    tables = {
        name: coco_tables(images, truth, rows, 'segm')
        for name, rows in runs.items()
    }
    number = 60
    result = bootstrap(tables, number, 0.9, seed=3, baseline='a')
    rng = np.random.default_rng(3)
    values = {name: [] for name in runs}
    for _ in range(number):
        draw = rng.integers(0, 6, 6)
        for name, rows in runs.items():
            drawn = copied(draw, images, truth, rows)
            values[name].append(evaluate_coco(*drawn, 'segm')['AP50'])
    # -1 is pycocotools' way to say that a draw has no ground truth.
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


def test_runs_share_their_draws():
    images, truth, found = random_set(2)
    tables = coco_tables(images, truth, found, 'segm')
    result = bootstrap({'a': tables, 'b': tables}, 50, baseline='a')
    for name in FIGURES:
        got = result.comparisons['b'][name]
        assert (got.difference.low, got.difference.high) == (0, 0)
        assert (got.ratio.low, got.ratio.high) == (1, 1)
        assert (got.better, got.equal) == (0, 1)
    assert result.runs['a'] == result.runs['b']
    assert result.runs['a']['AP'].low < result.runs['a']['AP'].high
    assert bootstrap({'a': tables}, 50, seed=1).runs['a'] != result.runs['a']


def test_prefixes_keep_boxes_and_masks_apart():
    images, truth, found = random_set(2)
    run = {
        kind: coco_tables(images, truth, found, kind)
        for kind in ('bbox', 'segm')
    }
    result = bootstrap({'a': run}, 40)
    assert set(result.runs['a']) == {
        f'{kind}_{name}' for kind in run for name in FIGURES
    }
    alone = bootstrap({'a': run['bbox']}, 40)
    assert result.runs['a']['bbox_AP'] == alone.runs['a']['AP']
    assert alone.comparisons == {}


class Means:
    """A figure that can be worked out by hand: the mean over images."""

    def __init__(self, values):
        self.values = np.array(values, float)
        self.image_ids = list(range(len(values)))

    def figures(self, counts):
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


def test_better_can_mean_less():
    runs = {'a': Means([1, 2, 3]), 'b': Means([2, 3, 4])}
    more = bootstrap(runs, 40, baseline='a')
    less = bootstrap(runs, 40, baseline='a', lower_is_better=['mean'])
    assert more.comparisons['b']['mean'].better == 1
    assert less.comparisons['b']['mean'].better == 0


def test_baseline_of_nothing():
    runs = {'zero': Means([0, 0]), 'some': Means([0, 1])}
    got = bootstrap(runs, 400, 0.5, baseline='zero').comparisons['some']
    ratio = got['mean'].ratio
    assert ratio.value == math.inf
    assert (ratio.low, ratio.high) == (math.inf, math.inf)
    # Both are 0 where the first image was drawn twice.
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
    tables = coco_tables(one, truth, found, 'segm')
    result = bootstrap({'a': tables, 'b': tables}, 40, baseline='a')
    interval = result.runs['a']['AP']
    assert interval.value == average_precision(tables)['AP'] >= 0
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    assert interval.undefined == 0
    got = result.comparisons['b']['AP']
    assert got.difference.value == 0
    assert math.isnan(got.difference.low)
    assert math.isnan(got.better)


def test_no_ground_truth():
    images, _, found = random_set(1)
    tables = coco_tables(images, [], found, 'segm')
    assert average_precision(tables) == dict.fromkeys(FIGURES, -1.0)
    interval = bootstrap({'a': tables}, 40).runs['a']['AP']
    assert math.isnan(interval.value)
    assert math.isnan(interval.low)
    assert interval.undefined == 40


def test_no_predictions():
    images, truth, _ = random_set(1)
    tables = coco_tables(images, truth, [], 'bbox')
    assert average_precision(tables) == dict.fromkeys(FIGURES, 0.0)
    interval = bootstrap({'a': tables}, 40).runs['a']['AP']
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)


def test_draws_without_ground_truth_are_left_out_and_counted():
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


def test_a_thousand_draws_take_seconds():
    rng = np.random.default_rng(0)
    ids = tuple(range(100))
    images, truth, found = random_set(0, ids)
    tables = coco_tables(images, truth, found, 'bbox')
    assert len(tables.scores) > 400
    begin = time.perf_counter()
    for _ in range(100):
        average_precision(tables, rng.integers(0, 100, 100))
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize(
    'change,words',
    [
        ({'runs': {}}, '`runs` to hold the tables of a run'),
        ({'runs': {'a': {}}}, '`runs` to hold the tables of a run'),
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


def test_refuses_indices_of_no_image():
    images, truth, found = random_set(0)
    tables = coco_tables(images, truth, found, 'bbox')
    with pytest.raises(ValueError, match=r'in \[0, 6\), but got 0 to 6'):
        average_precision(tables, [0, 6])
    with pytest.raises(ValueError, match="'bbox' or 'segm', but got 'mask'"):
        coco_tables(images, truth, found, 'mask')
    with pytest.raises(ValueError, match='hold an image'):
        coco_tables([], truth, found, 'bbox')
