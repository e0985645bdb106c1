"""What is drawn anew equals what is measured of the whole set."""

import math

import numpy as np
import pytest
from helpers.bootstrap import copied, random_set, row_of
from helpers.coco import SIZE

from mmcuts3d.evaluation.functional.bootstrap import bootstrap
from mmcuts3d.evaluation.functional.coco_tables import coco_tables
from mmcuts3d.evaluation.functional.quality import label_quality
from mmcuts3d.evaluation.functional.quality_tables import (
    RatioTables,
    best_overlaps,
    quality_tables,
)

#: What no sum over a sum gives, or only with areas or fewer predictions.
OTHERS = {
    f'{kind}_{name}'
    for kind in ('bbox', 'segm')
    for name in ('AP_S', 'AP_M', 'AP_L', 'AR1', 'AR10', 'score_IoU_spearman')
} | {'merged_per_mask'}


def measured(tables, counts):
    return {
        f'{prefix}_{name}' if prefix else name: value
        for prefix, part in tables.items()
        for name, value in part.figures(counts).items()
    }


@pytest.mark.parametrize('seed', range(3))
def test_equals_label_quality_on_copies_of_images(seed):
    images, truth, found = random_set(seed)
    tables = quality_tables(images, truth, found)
    rng = np.random.default_rng(seed)
    for draw in [np.arange(6), *rng.integers(0, 6, (6, 6))]:
        expected = label_quality(*copied(draw, images, truth, found))
        got = measured(tables, np.bincount(draw, minlength=6))
        assert set(expected) - set(got) == OTHERS
        assert set(got) - set(expected) == {'bbox_best_IoU', 'segm_best_IoU'}
        for name in set(got) & set(expected):
            value = -1 if math.isnan(got[name]) else got[name]
            assert value == pytest.approx(expected[name], abs=1e-9), name


def test_boxes_alone_are_measured_as_boxes():
    images, truth, found = random_set(4)
    for row in truth + found:
        del row['segmentation']
    tables = quality_tables(images, truth, found, ['bbox'])
    expected = label_quality(images, truth, found, ['bbox'])
    got = measured(tables, np.ones(6, int))
    assert got['CorLoc'] == pytest.approx(expected['CorLoc'])
    assert not any(name.startswith('segm') for name in got)
    assert 'split_instances' not in got


def test_best_overlap_of_an_image_by_hand():
    def square(left, width, **more):
        mask = np.zeros(SIZE, bool)
        mask[:10, left : left + width] = True
        return row_of(1, mask, **more)

    images = [
        {'id': key, 'height': SIZE[0], 'width': SIZE[1]} for key in (1, 2)
    ]
    # Found whole, found by half, missed; the crowd does not count.
    truth = [square(0, 10), square(20, 10), square(40, 10)]
    truth.append(square(60, 10, iscrowd=1))
    found = [square(0, 10, score=0.1), square(25, 5, score=0.9)]
    assert best_overlaps(images, truth, found) == {1: pytest.approx(50)}
    tables = quality_tables(images, truth, found)
    assert measured(tables, np.ones(2, int))['segm_best_IoU'] == 50
    assert best_overlaps(images, truth, [], 'bbox') == {1: 0.0}
    assert best_overlaps(images, [], found) == {}


def test_runs_are_drawn_together():
    images, truth, first, second = random_set(6, runs=2)
    runs = {
        name: quality_tables(images, truth, rows)
        for name, rows in (('a', first), ('b', second))
    }
    result = bootstrap(runs, 40, baseline='a')
    got = result.comparisons['b']
    assert set(got) == set(result.runs['a'])
    assert got['CorLoc'].difference.value == pytest.approx(
        result.runs['b']['CorLoc'].value - result.runs['a']['CorLoc'].value
    )


def test_an_image_that_is_listed_twice_is_named():
    images, truth, found = random_set(0)
    twice = [*images, images[2]]
    message = 'listed once, but got image 12 2 times'
    for make in (quality_tables, lambda *data: coco_tables(*data, 'bbox')):
        with pytest.raises(ValueError, match=message):
            make(twice, truth, found)
    tables = RatioTables([12, 12], {'a': np.ones(2)}, {'a': np.ones(2)})
    with pytest.raises(ValueError, match=message):
        bootstrap({'run': tables}, 40)
