"""What a round adds, on masks made by hand."""

import numpy as np
import pytest

from projects.unscene3d.unscene3d.structures import SceneInstances, Segments
from projects.unscene3d.unscene3d.training import RoundRule

#: Five segments of 10, 30, 20, 5 and 35 vertices.
SEGMENTS = Segments(
    np.repeat(np.arange(5), [10, 30, 20, 5, 35]).astype(np.int32),
    np.array([[0, 1], [1, 2], [2, 3], [3, 4]], np.int32),
)


def masks(rows, scores=None):
    found = np.array([[c == '1' for c in row] for row in rows], bool)
    if scores is None:
        scores = np.ones(len(rows))
    return SceneInstances(found.reshape(-1, 5), np.float32(scores), SEGMENTS)


def text(instances):
    return [''.join('01'[int(v)] for v in mask) for mask in instances.masks]


@pytest.mark.parametrize(
    'settings,first,predicted,added',
    [
        # 35 of 45 vertices are new; 10 of 40 are; all are.
        ({}, ['11000'], ['10001', '01010', '00110'], ['10001', '00110']),
        # Exactly half is not more than half.
        ({'min_new': 0.25}, ['01000'], ['11000'], []),
        ({'min_new': 0.24}, ['01000'], ['11000'], ['11000']),
        # What was just added counts: 20 of 25 are new, then 0 of 20.
        ({}, ['11000'], ['00110', '00100'], ['00110']),
        # The best come first, whatever their order.
        ({'max_new': 1}, [], ['11000', '00011'], ['11000']),
        ({'candidates': 1}, ['11000'], ['11000', '00011'], []),
        ({'min_score': 0.75}, [], ['11000', '00011'], ['11000']),
        # IoU 30 / 40 with the first mask; covered by two with none above.
        ({'measure': 'iou'}, ['01000'], ['11000', '00011'], ['00011']),
        ({'measure': 'iou'}, ['10000', '01000'], ['11110'], ['11110']),
        ({'measure': 'share'}, ['10000', '01000'], ['11110'], []),
        ({}, [], ['00000'], []),
    ],
)
def test_what_is_added(settings, first, predicted, added):
    scores = (
        np.linspace(0.9, 0.1, len(predicted)) if len(predicted) > 1 else [1]
    )
    if 'min_score' in settings:
        scores = [0.8, 0.7]
    original = masks(first)
    for order in (slice(None), slice(None, None, -1)):
        found = RoundRule(**settings)(
            original, original, masks(predicted[order], scores[order])
        )
        assert text(found) == first + added


def test_at_most_five():
    rows = [
        ''.join('1' if i == k else '0' for i in range(5)) for k in range(5)
    ]
    none = masks([])
    assert len(RoundRule(max_new=3)(none, none, masks(rows))) == 3
    assert len(RoundRule()(none, none, masks(rows))) == 5


def test_what_new_masks_are_added_to():
    original, before = masks(['10000']), masks(['10000', '01000'])
    predicted = masks(['00011'], [0.6])
    first = RoundRule(keep='original')(original, before, predicted)
    every = RoundRule(keep='all')(original, before, predicted)
    assert text(first) == ['10000', '00011']
    assert text(every) == ['10000', '01000', '00011']
    np.testing.assert_allclose(first.scores, [1, 0.6])


def test_masks_of_other_segments():
    other = SceneInstances(
        np.ones((1, 1), bool),
        np.ones(1, np.float32),
        Segments(np.zeros(100, np.int32), np.zeros((0, 2), np.int32)),
    )
    with pytest.raises(
        ValueError, match='kitchen: expected masks of the same'
    ):
        RoundRule()(masks([]), masks([]), other, 'kitchen')


@pytest.mark.parametrize(
    'settings', [dict(measure='x'), dict(keep='x'), dict(min_new=1)]
)
def test_bad_rules(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        RoundRule(**settings)
