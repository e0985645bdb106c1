"""What is counted once gives the values of every sample of the images."""

import math

import numpy as np
import pytest
from helpers.bootstrap import copied, random_set, row_of
from helpers.coco import SIZE

from mmcuts3d.evaluation.functional import (
    BestIoU,
    image_statistics,
    overlaps,
    quality_groups,
)
from mmcuts3d.evaluation.functional.bootstrap import bootstrap
from mmcuts3d.evaluation.functional.quality import label_quality
from mmcuts3d.evaluation.statistics import RatioStatistics


def statistics_of(images, truth, found, *kinds):
    groups = quality_groups(truth, found, *kinds)
    return image_statistics(groups, images, truth, found)


def with_maps(found, seed):
    rng = np.random.default_rng(seed)
    return [
        {**row, 'confidence': rng.integers(3, 7, (6, 8)) / 6} for row in found
    ]


@pytest.mark.parametrize('seed', range(3))
def test_equals_label_quality_on_copies_of_images(seed):
    """All measures, those without an interval as well."""
    images, truth, found = random_set(seed)
    found = with_maps(found, seed)
    kinds = ('bbox', 'segm', 'boundary')
    statistics = statistics_of(images, truth, found, kinds)
    names = [measure.name for measure in statistics.measures]
    assert len(names) == len(set(names)) > 60
    rng = np.random.default_rng(seed)
    for draw in [np.arange(6), *rng.integers(0, 6, (4, 6))]:
        expected = label_quality(*copied(draw, images, truth, found), kinds)
        counts = np.bincount(draw, minlength=6)
        got = statistics.compute(counts, names)
        assert list(got) == list(expected) == names
        for measure in statistics.measures:
            value = measure.reported(got[measure.name])
            assert value == pytest.approx(
                expected[measure.name], abs=1e-9, nan_ok=True
            ), measure.name


def test_boxes_alone_are_measured_as_boxes():
    images, truth, found = random_set(4)
    for row in truth + found:
        del row['segmentation']
    names = list(statistics_of(images, truth, found).values)
    assert 'CorLoc' in names and 'bbox_AP' in names
    assert not any(name.startswith('segm') for name in names)
    assert 'split_instances' not in names


def square(left, width, **more):
    mask = np.zeros(SIZE, bool)
    mask[:10, left : left + width] = True
    return row_of(1, mask, **more)


IMAGES = [{'id': key, 'height': SIZE[0], 'width': SIZE[1]} for key in (1, 2)]


def test_values_of_single_images():
    truth = [square(0, 10), square(20, 10)]
    found = [square(0, 10, score=0.1)]
    statistics = statistics_of(IMAGES, truth, found)
    assert statistics.per_image('segm_best_IoU') == {1: 50}
    assert statistics.per_image('merged_per_mask') == {1: 1}
    with pytest.raises(ValueError, match="of each image, but got 'segm_AP'"):
        statistics.per_image('segm_AP')


def test_overlaps_are_computed_once(monkeypatch):
    images, truth, found = random_set(0)
    calls = []
    original = overlaps.iou_matrix

    def counting(found, truth, iou_type):
        calls.append(iou_type)
        return original(found, truth, iou_type)

    monkeypatch.setattr(overlaps, 'iou_matrix', counting)
    label_quality(images, truth, with_maps(found, 0))
    assert sorted(calls) == ['bbox'] * 6 + ['segm'] * 6


def test_runs_are_resampled_together():
    images, truth, first, second = random_set(6, runs=2)
    runs = {
        name: statistics_of(images, truth, rows)
        for name, rows in (('a', first), ('b', second))
    }
    result = bootstrap(runs, 40, baseline='a')
    got = result.comparisons['b']
    intervals = {m.name for m in runs['a'].measures if m.interval}
    assert set(got) == intervals < set(result.runs['a'])
    assert got['CorLoc'].difference.value == pytest.approx(
        result.runs['b']['CorLoc'].value - result.runs['a']['CorLoc'].value
    )


def test_an_image_that_is_listed_twice_is_named():
    images, truth, found = random_set(0)
    message = 'listed once, but got image 12 2 times'
    with pytest.raises(ValueError, match=message):
        statistics_of([*images, images[2]], truth, found)

    class Twice:
        image_ids = [12, 12]
        measures = ()

    with pytest.raises(ValueError, match=message):
        bootstrap({'run': Twice()}, 40)


def test_declarations_are_complete():
    _, truth, found = random_set(0)
    groups = quality_groups(truth, with_maps(found, 0))
    measures = [measure for group in groups for measure in group.measures]
    titles = [measure.title for measure in measures]
    assert len(titles) == len(set(titles))
    of = {measure.name: measure for measure in measures}
    assert {m.name for m in measures if m.unit == 'correlation'} == {
        name for name in of if name.endswith(('spearman', 'pearson'))
    }
    assert {m.name for m in measures if m.unit == 'count'} == {
        'merged_per_mask'
    }
    assert {m.name for m in measures if m.higher_is_better is None} == {
        'confidence_mean'
    }
    assert {m.name for m in measures if m.higher_is_better is False} == {
        'confidence_ECE',
        'confidence_error_pearson',
        'confidence_error_spearman',
        'found_again',
        'hoover_missed',
        'hoover_noise',
        'hoover_over',
        'hoover_under',
        'merged_per_mask',
        'merging_masks',
        'missed',
        'split_instances',
    }
    assert of['segm_AP50'].title_with_direction == 'mask AP50 ↑'
    assert of['missed'].title_with_direction.endswith(' ↓')
    assert of['confidence_mean'].title_with_direction == 'confidence: mean'
    assert (of['CorLoc'].digits, of['merged_per_mask'].digits) == (1, 2)


@pytest.mark.parametrize(
    'name,reported',
    [('CorLoc', -1), ('segm_score_IoU_spearman', math.nan)],
)
def test_nothing_to_measure(name, reported):
    statistics = statistics_of(IMAGES, [], [])
    assert math.isnan(statistics.values[name])
    value = statistics.reported()[name]
    assert value == reported or (math.isnan(value) and math.isnan(reported))


def test_a_ratio_of_nothing_does_not_exist():
    measures = BestIoU('bbox').measures
    name = measures[0].name
    got = RatioStatistics.gather(measures, [{name: (0.5, 1)}, {name: (0, 0)}])
    assert got.compute(np.array([3, 1]), [name]) == {name: 50}
    assert math.isnan(got.compute(np.array([0, 2]), [name])[name])
    assert got.compute(np.array([1, 1]), []) == {}
    np.testing.assert_array_equal(got.per_image(name), [50, np.nan])
