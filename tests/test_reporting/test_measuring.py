"""Which images are shown, in which colours."""

import numpy as np
import pytest
from helpers.bootstrap import row_of
from helpers.coco import SIZE

from mmcuts3d.evaluation.functional import (
    AveragePrecision,
    BestIoU,
    CorLoc,
    SegmentationSplit,
)
from mmcuts3d.reporting import (
    ImageMetrics,
    Run,
    choose_images,
    evaluate_labels,
    table_text,
)
from mmcuts3d.reporting.pictures import _colors
from mmcuts3d.reporting.tables import (
    evaluation_to_dict,
    metrics_to_csv,
    tables_of,
)


def images_of(*scores):
    """Images whose runs, one or two, have these scores; None: no instances."""
    return [
        ImageMetrics(
            {'id': number},
            0 if score is None else 1,
            {},
            {} if score is None else dict(zip('ab', score, strict=False)),
        )
        for number, score in enumerate(scores)
    ]


def chosen(scores, names, number):
    kinds = choose_images(images_of(*scores), names, number)
    return {
        kind: [image.image['id'] for image in images]
        for kind, images in kinds.items()
    }


def test_best_median_and_worst_of_one_run():
    scores = [(30,), (90,), None, (10,), (50,), (70,), (20,), (80,)]
    assert chosen(scores, 'a', 2) == {
        'best': [1, 7],
        'median': [5, 4],
        'worst': [3, 6],
    }


@pytest.mark.parametrize(
    'number,expected',
    [
        (0, {}),
        (1, {'best': [0]}),
        (2, {'best': [0], 'worst': [1]}),
        (3, {'best': [0], 'median': [1], 'worst': [2]}),
        (5, {'best': [0], 'median': [2], 'worst': [4]}),
    ],
)
def test_few_images_are_not_shown_twice(number, expected):
    scores = [(90 - 10 * place,) for place in range(number)]
    assert chosen(scores, 'a', 4) == expected


def test_where_two_runs_differ():
    scores = [(50, 50), (90, 10), (20, 60), (40, 30), (0, 80)]
    found = chosen(scores, 'ab', 3)
    assert found['first'] == [1, 3]
    assert found['second'] == [4, 2]
    # By the mean of both; of equal images the first.
    assert found['best'] == [0]
    assert found['worst'] == [3]
    assert 'second' not in chosen([(50, 50), (60, 10)], 'ab', 3)
    assert chosen(scores, 'ab', 0) == {}


def square(left, width=20, **more):
    mask = np.zeros(SIZE, bool)
    mask[:20, left : left + width] = True
    return row_of(1, mask, **more)


@pytest.mark.parametrize('with_masks', [True, False])
def test_colours_follow_the_best_match(with_masks):
    truth = [square(0), square(50), square(100)]
    rows = [
        square(56),  # meets the second, but the next one does so better
        square(52),
        square(19, 2),  # hardly meets the first
        square(98),
        square(130),
    ]
    assert _colors(rows, truth, with_masks) == [3, 1, 4, 2, 5]
    assert _colors(rows[:2], [], with_masks) == [0, 1]
    assert _colors([], truth, with_masks) == []


def test_the_tables_say_what_the_declarations_say():
    images = [{'id': 1, 'height': SIZE[0], 'width': SIZE[1]}]
    maps = [square(3, score=0.5, confidence=np.full((4, 4), 0.7))]
    runs = [Run('plain', '', [square(3, score=0.5)], True)]
    runs.append(Run('maps', '', maps, True))
    found = evaluate_labels(images, [square(0)], runs, 40)
    # Those of either run.
    assert set(found.measures) == set(found.metrics['maps'])
    assert set(found.metrics['plain']) < set(found.measures)
    main, others = tables_of(found)
    declared = [m for m in found.measures.values() if m.main]
    assert [row[0] for row in main.rows] == [
        measure.title_with_direction for measure in declared
    ]
    titles = ['AP', 'AP50', 'AP75', 'AR100', 'mean best IoU']
    assert [row[0] for row in main.rows] == [
        f'{kind} {title} ↑' for kind in ('box', 'mask') for title in titles
    ]
    cells = {row[0]: row[1:3] for row in others.rows}
    assert cells['CorLoc ↑'] == ['100.0', '100.0']  # percent
    assert cells['instances per mask ↓'] == ['1.00', '1.00']
    assert cells['confidence: mean'] == ['–', '70.0']
    content = evaluation_to_dict(found, {})
    assert content['measures']['merged_per_mask'] == {
        'title': 'instances per mask',
        'unit': 'count',
        'higher_is_better': False,
    }
    lines = metrics_to_csv(found).splitlines()
    assert lines[0] == 'run,metric,value,low,high,unit'
    assert 'maps,merged_per_mask,1.0,,,count' in lines


def test_everything_is_counted_once(monkeypatch):
    """Not once for the values and again for the bootstrap and the images."""
    images = [{'id': 1, 'height': SIZE[0], 'width': SIZE[1]}]
    calls = []
    for group in (AveragePrecision, CorLoc, SegmentationSplit, BestIoU):
        original = group.update

        def counting(self, rows, original=original):
            calls.append((type(self).__name__, self.iou_type))
            return original(self, rows)

        monkeypatch.setattr(group, 'update', counting)
    run = Run('run', '', [square(3, score=0.5)], True)
    evaluate_labels(images, [square(0)], [run], 40)
    assert len(calls) == len(set(calls)) == 6


def test_nothing_to_measure_is_no_value():
    images = [{'id': 1, 'height': SIZE[0], 'width': SIZE[1]}]
    # Far off, so that no mask holds an instance; of two instances the worse
    # one has the higher score, which is a correlation of -1.
    runs = [
        Run('far', '', [square(100, score=0.5)], True),
        Run('wrong', '', [square(9, score=0.9), square(0, score=0.5)], True),
    ]
    found = evaluate_labels(images, [square(0)], runs, 40)
    far, wrong = found.metrics['far'], found.metrics['wrong']
    assert np.isnan(far['merged_per_mask'].value)
    assert np.isnan(far['segm_AP_L'].value)
    assert far['merging_masks'].value == 0
    assert wrong['merged_per_mask'].value == 1
    assert wrong['segm_score_IoU_spearman'].value == pytest.approx(-1)
    row = next(
        line
        for line in table_text(found).splitlines()
        if line.startswith('| instances per mask')
    )
    assert '-1' not in row and '−1' not in row
