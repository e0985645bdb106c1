"""IoU of instances and of predictions, and what scores say of it, by hand."""

import numpy as np
import pytest
from helpers.bootstrap import row_of
from helpers.coco import SIZE
from scipy import stats

from mmcuts3d.evaluation import best_iou, score_quality

IMAGES = [{'id': key, 'height': SIZE[0], 'width': SIZE[1]} for key in (1, 2)]


def square(left, width, **more):
    mask = np.zeros(SIZE, bool)
    mask[:10, left : left + width] = True
    return row_of(1, mask, **more)


def test_best_iou_by_hand():
    # Found whole, found by half, missed; the crowd does not count.
    truth = [square(0, 10), square(20, 10), square(40, 10)]
    truth.append(square(60, 10, iscrowd=1))
    found = [square(0, 10, score=0.1), square(25, 5, score=0.9)]
    assert best_iou(IMAGES, truth, found) == {'best_IoU': 50}
    assert best_iou(IMAGES, truth, found, 'bbox') == {'best_IoU': 50}
    assert best_iou(IMAGES, truth, []) == {'best_IoU': 0}
    assert best_iou(IMAGES, [], found) == {'best_IoU': -1}
    boxes_only = [*truth[:2], {**truth[2], 'box_only': True}]
    assert best_iou(IMAGES, boxes_only, found) == {'best_IoU': 75}
    assert best_iou(IMAGES, boxes_only, found, 'bbox') == {'best_IoU': 50}


def test_scores_by_hand():
    truth = [square(0, 10)]
    found = [
        square(0, width, score=score)
        for width, score in ((10, 0.9), (8, 0.8), (5, 0.3), (6, 0.2))
    ]
    found.append(square(50, 10, score=0.25))
    got = score_quality(IMAGES, truth, found)
    ious, scores = [1, 0.8, 0.5, 0.6, 0], [0.9, 0.8, 0.3, 0.2, 0.25]
    expected = np.corrcoef(stats.rankdata(ious), stats.rankdata(scores))[0, 1]
    assert got['score_IoU_spearman'] == pytest.approx(expected)
    assert got['mean_IoU'] == pytest.approx(100 * 2.9 / 5)
    assert score_quality(IMAGES, truth, found, 'bbox') == pytest.approx(got)
    got = score_quality(IMAGES, [], found)
    assert got['mean_IoU'] == 0 and np.isnan(got['score_IoU_spearman'])


def test_no_predictions():
    got = score_quality(IMAGES, [], [])
    assert got['mean_IoU'] == -1 and np.isnan(got['score_IoU_spearman'])


@pytest.mark.parametrize('function', [best_iou, score_quality])
def test_unknown_iou_types_are_refused(function):
    with pytest.raises(ValueError, match=r"`iou_type`.*but got 'mask'"):
        function(IMAGES, [], [], 'mask')
