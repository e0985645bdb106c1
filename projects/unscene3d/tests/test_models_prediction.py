"""Which masks of the queries become instances."""

import numpy as np
import pytest

from projects.unscene3d.unscene3d.models import PredictionRule, mask_iou

SIZES = np.array([100, 50, 200, 30, 120])
EDGES = np.array([[0, 1], [1, 2], [3, 4]])


def probabilities(*rows, inside=0.9):
    return np.array([[inside if c == '1' else 0.1 for c in r] for r in rows])


def choose(rows, objectness, **settings):
    rule = PredictionRule(**settings)
    return rule(
        np.array(objectness, float), probabilities(*rows), SIZES, EDGES
    )


def text(masks):
    return [''.join('01'[int(v)] for v in mask) for mask in masks]


def test_score_is_objectness_times_mask():
    masks, scores = choose(['11000', '00011'], [0.5, 0.8])
    assert text(masks) == ['00011', '11000']
    np.testing.assert_allclose(scores, [0.72, 0.45], rtol=1e-6)


def test_the_mean_is_over_vertices():
    values = np.array([[0.6, 0.9, 0, 0, 0]])
    _, scores = PredictionRule()(np.ones(1), values, SIZES, EDGES)
    np.testing.assert_allclose(scores, (60 + 45) / 150, rtol=1e-6)


@pytest.mark.parametrize(
    'components,expected',
    [
        ('all', ['11011']),
        ('largest', ['11000']),
        ('split', ['11000', '00011']),
    ],
)
def test_components(components, expected):
    masks, _ = choose(['11011'], [1.0], components=components)
    assert sorted(text(masks)) == sorted(expected)


def test_small_ones_go():
    assert text(choose(['00010'], [1.0])[0]) == []
    assert text(choose(['00010'], [1.0], min_vertices=30)[0]) == ['00010']
    assert text(choose(['00000'], [1.0], min_vertices=0)[0]) == []


def test_the_better_of_two_alike_stays():
    rows = ['11100', '01100', '00011']  # IoU 250 / 350
    assert text(choose(rows, [0.5, 0.9, 0.3])[0]) == ['01100', '00011']
    assert len(choose(rows, [0.5, 0.9, 0.3], nms_iou_thr=0.75)[0]) == 3
    assert len(choose(rows, [0.5, 0.9, 0.3], max_instances=1)[0]) == 1
    assert len(choose(rows, [0.5, 0.9, 0.3], score_thr=0.4)[0]) == 1


def test_no_query_no_instance():
    masks, scores = PredictionRule()(
        np.zeros(0), np.zeros((0, 5)), SIZES, EDGES
    )
    assert masks.shape == (0, 5)
    assert scores.shape == (0,)


def test_iou_is_that_of_vertices():
    rng = np.random.default_rng(0)
    first, second = rng.random((4, 5)) < 0.5, rng.random((3, 5)) < 0.5
    got = mask_iou(first, second, SIZES)
    for i, one in enumerate(np.repeat(first, SIZES, axis=1)):
        for j, other in enumerate(np.repeat(second, SIZES, axis=1)):
            expected = (one & other).sum() / max((one | other).sum(), 1)
            assert got[i, j] == pytest.approx(expected)


@pytest.mark.parametrize(
    'settings', [dict(components='some'), dict(nms_iou_thr=2)]
)
def test_bad_settings(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        PredictionRule(**settings)
