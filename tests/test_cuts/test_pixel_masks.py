"""Masks after the cuts: overlap, boxes, resizing, refinement."""

import numpy as np
import pytest
import torch
from helpers.cuts import rectangle

from mmcuts3d.cuts import box_of, mask_iou, refine_mask, resize_nearest
from mmcuts3d.cuts.pixel_masks import peak


@pytest.mark.parametrize(
    'first,second,expected',
    [
        ([[1, 1, 0]], [[0, 1, 1]], 1 / 3),
        ([[1, 1, 0]], [[1, 1, 0]], 1),
        ([[1, 0, 0]], [[0, 0, 1]], 0),
        ([[0, 0, 0]], [[0, 0, 1]], 0),
        ([[0, 0, 0]], [[0, 0, 0]], 0),
    ],
)
def test_iou_by_hand(first, second, expected):
    first, second = np.array(first, bool), np.array(second, bool)
    assert mask_iou(first, second) == pytest.approx(expected)
    assert mask_iou(second, first) == pytest.approx(expected)


def test_box_by_hand():
    assert box_of(rectangle((9, 9), (2, 5), (1, 8))).tolist() == [1, 2, 8, 5]
    assert box_of(rectangle((9, 9), (0, 9), (0, 9))).tolist() == [0, 0, 9, 9]
    assert box_of(rectangle((9, 9), (8, 9), (0, 1))).tolist() == [0, 8, 1, 9]
    assert box_of(np.zeros((3, 3), bool)).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    'values,expected',
    [
        ([[1.0, 3.0, 2.0]], 1),
        ([[-1.0, -3.0, -2.0]], 0),
        # Equal up to rounding: the first, row by row, whatever the digits.
        ([[0.0, 1.0], [1.0 + 1e-12, 1.0]], 1),
        ([[0.0, 1.0], [1.0 + 1e-5, 1.0]], 2),
        ([[-np.inf, 5.0, 5.0]], 1),
        ([[-np.inf, -np.inf]], 0),
        ([[0.0, 0.0]], 0),
    ],
)
def test_peak_by_hand(values, expected):
    assert peak(np.array(values)) == expected


@pytest.mark.parametrize('seed', range(5))
def test_box_holds_the_mask_tightly(seed):
    mask = np.random.default_rng(seed).random((12, 9)) < 0.05
    mask[5, 4] = True
    x1, y1, x2, y2 = box_of(mask).astype(int)
    assert mask[y1:y2, x1:x2].sum() == mask.sum()
    inside = mask[y1:y2, x1:x2]
    assert inside[0].any() and inside[-1].any()
    assert inside[:, 0].any() and inside[:, -1].any()


@pytest.mark.parametrize('shape', [(60, 48), (7, 5), (3, 4), (1, 1), (64, 3)])
def test_resize_equals_torch(shape):
    mask = np.random.default_rng(0).random((6, 8)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(mask)[None, None], size=shape, mode='nearest'
    )[0, 0]
    assert np.array_equal(resize_nearest(mask, shape), expected)


def test_refine_without_crf_keeps_the_mask():
    image = np.zeros((10, 10, 3), np.uint8)
    mask = rectangle((10, 10), (2, 5), (2, 5))
    assert np.array_equal(refine_mask(image, mask, crf=False), mask)
    assert refine_mask(image, np.zeros((10, 10), bool), crf=False) is None


@pytest.fixture
def photograph():
    """A red plate on grey ground, and the plate's mask."""
    shape = rectangle((48, 48), (12, 36), (12, 36))
    image = np.full((48, 48, 3), 40, np.uint8)
    image[shape] = (220, 60, 30)
    return image, shape


def test_refine_follows_the_image(photograph):
    image, shape = photograph
    rough = rectangle((48, 48), (10, 34), (14, 38))
    refined = refine_mask(image, rough)
    assert refined.dtype == bool
    assert mask_iou(refined, shape) == 1 > mask_iou(rough, shape)


def test_refine_fills_holes(photograph):
    image, shape = photograph
    image[20:28, 20:28] = 40
    hollow = shape.copy()
    hollow[20:28, 20:28] = False
    assert mask_iou(refine_mask(image, hollow), shape) == 1


def test_refine_rejects_what_follows_no_edge(photograph):
    image, _ = photograph
    small = rectangle((48, 48), (12, 18), (12, 18))
    # The plate is one colour: the CRF drops a mask of a corner of it.
    assert refine_mask(image, small) is None
    assert refine_mask(image, np.zeros((48, 48), bool)) is None


def test_refine_leaves_the_rest_to_others(photograph):
    image, shape = photograph
    left, right = shape.copy(), shape.copy()
    left[:, 24:] = False
    right[:, :24] = False
    # Half of a plate of one colour: background draws the mask away or over,
    # the other half as unknown leaves the border where depth has put it.
    assert np.array_equal(refine_mask(image, left, rest=right), left)
    assert not np.array_equal(refine_mask(image, left), left)


def test_refine_does_not_fill_another_instance(photograph):
    image, shape = photograph
    inner = rectangle((48, 48), (20, 28), (20, 28))
    got = refine_mask(image, shape & ~inner, rest=inner)
    assert np.array_equal(got, shape & ~inner)


def test_refine_takes_settings(photograph):
    image, _ = photograph
    rough = rectangle((48, 48), (10, 34), (14, 38))
    off = {'gaussian_weight': 0, 'bilateral_weight': 0}
    assert np.array_equal(refine_mask(image, rough, off), rough)
