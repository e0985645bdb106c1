"""The saliency map by the border rule, and NMS of masks."""

import numpy as np
import pytest
from helpers.cuts import rectangle

from mmcuts3d.cuts import mask_iou
from projects.ssl_instances.ssl_instances.proposals import (
    mask_nms,
    salient_cluster,
    share_inside,
)
from projects.ssl_instances.tests.slow_references import (
    nms_slowly,
    on_border_slowly,
)


def block(rows, columns, grid=(12, 12)):
    return rectangle(grid, rows, columns)


# ---- saliency ---------------------------------------------------------------
@pytest.mark.parametrize('seed', range(8))
def test_the_cluster_with_fewer_patches_on_the_border(seed):
    rng = np.random.default_rng(seed)
    labels = (rng.random((5, 7)) < 0.5).astype(np.int64)
    found = salient_cluster(labels)
    costs = [on_border_slowly(labels == side) for side in (0, 1)]
    if costs[0] != costs[1]:
        assert np.array_equal(found, labels == int(np.argmin(costs)))


@pytest.mark.parametrize('swapped', [False, True])
def test_as_many_on_the_border(swapped):
    """Two border patches more, as many as the larger side has inside."""
    labels = np.zeros((4, 6), np.int64)
    labels[:, :3] = 1
    labels[1, 3] = 1  # inside: as many on the border, and larger
    labels = 1 - labels if swapped else labels
    expected = labels == (1 if swapped else 0)
    assert on_border_slowly(labels == 0) == on_border_slowly(labels == 1)
    assert np.array_equal(salient_cluster(labels), expected)


def test_a_corner_counts_once_and_one_patch_is_all_border():
    labels = np.zeros((3, 3), np.int64)
    labels[0, 0] = 1
    assert salient_cluster(labels).sum() == 1
    assert salient_cluster(np.array([[0, 1]])).sum() == 1


def test_one_cluster_has_nothing_that_stands_out():
    assert not salient_cluster(np.zeros((4, 5), np.int64)).any()


@pytest.mark.parametrize(
    'labels,words',
    [
        (np.full((2, 2), 2), r'\[2\]'),
        (np.zeros((2, 2)), 'float64'),
        (np.zeros(4, int), r'\(4,\)'),
        (np.zeros((0, 4), int), r'\(0, 4\)'),
    ],
)
def test_bad_labels(labels, words):
    with pytest.raises(ValueError, match=f'`labels`.*{words}'):
        salient_cluster(labels)


def test_share_inside():
    masks = np.stack([block((0, 2), (0, 4)), block((6, 8), (0, 2))])
    region = block((0, 12), (0, 3))
    assert share_inside(masks, region).tolist() == [0.75, 1.0]
    assert share_inside(masks[:0], region).shape == (0,)
    with pytest.raises(ValueError, match=r'\(12, 12\).*\(3, 3\)'):
        share_inside(masks, region[:3, :3])


# ---- NMS --------------------------------------------------------------------
@pytest.mark.parametrize('max_iou', [0, 0.3, 0.8, 1])
@pytest.mark.parametrize('seed', range(5))
def test_nms_is_that_of_a_textbook(max_iou, seed):
    rng = np.random.default_rng(seed)
    centers = rng.integers(6, 10, size=(40, 2))
    masks = np.stack(
        [
            block((max(y - 2, 0), y + 3), (max(x - 3, 0), x + 2), (16, 16))
            for y, x in centers
        ]
    )
    masks ^= rng.random(masks.shape) < 0.005
    scores = np.round(rng.random(40), 1)  # with ties
    found = mask_nms(masks, scores, max_iou)
    assert found.tolist() == nms_slowly(masks, scores, max_iou)
    assert (len(found) < 40) == (max_iou < 0.9)


def test_at_the_threshold_a_mask_stays():
    masks = np.stack([block((0, 10), (0, 10)), block((0, 8), (0, 10))])
    assert mask_iou(*masks) == 0.8
    assert len(mask_nms(masks, [1, 1], 0.8)) == 2
    assert mask_nms(masks, [0.5, 1], 0.79).tolist() == [1]


def test_no_masks():
    assert mask_nms(np.zeros((0, 4, 4), bool), []).tolist() == []


@pytest.mark.parametrize(
    'masks,scores,max_iou,words',
    [
        (np.ones((2, 3, 3), bool), [1], 0.8, r'\(2, 3, 3\) and \(1,\)'),
        (np.ones((1, 3, 3), bool), [np.nan], 0.8, 'nan'),
        (np.ones((1, 3, 3), bool), [1], 1.5, '1.5'),
        (np.zeros((1, 3, 3), bool), [1], 0.8, 'one at 0'),
    ],
)
def test_bad_arguments_of_nms(masks, scores, max_iou, words):
    with pytest.raises(ValueError, match=words):
        mask_nms(masks, scores, max_iou)
