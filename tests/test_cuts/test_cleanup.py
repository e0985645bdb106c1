"""Masks after the cuts: overlap, boxes, resizing, refinement, collection."""

import numpy as np
import pytest
import torch

from mmcuts3d.cuts import CutStep, box_of, mask_iou, refine_mask
from mmcuts3d.cuts.cleanup import resize_nearest, to_instances


def rectangle(shape, rows, columns):
    mask = np.zeros(shape, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


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
    pytest.importorskip('pydensecrf')
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


def step(mask, confidence=None, status='accepted'):
    mask = np.asarray(mask, bool)
    if confidence is None:
        confidence = mask.astype(np.float32)
    return CutStep(
        eigenvector=np.zeros(mask.shape),
        bipartition=mask,
        local_cut=mask,
        confidence=np.asarray(confidence, np.float32),
        seed=(0, 0),
        status=status,
    )


IMAGE = np.zeros((4, 6, 3), np.uint8)


def test_collects_accepted_steps():
    steps = [
        step([[1, 1, 0], [0, 0, 0]], [[1, 0.5, 0], [0, 0, 0]]),
        step([[0, 0, 1], [0, 0, 1]], status='too small'),
        step([[0, 0, 0], [1, 0, 0]]),
    ]
    got = to_instances(IMAGE, steps, crf=False)
    assert got.masks.shape == (2, 4, 6) and got.masks.dtype == bool
    assert np.array_equal(got.patch_masks[0], steps[0].local_cut)
    assert np.array_equal(got.masks[0], rectangle((4, 6), (0, 2), (0, 4)))
    assert got.boxes.tolist() == [[0, 0, 4, 2], [0, 2, 2, 4]]
    assert got.scores.tolist() == [0.75, 1]
    assert np.array_equal(got.confidences[0], steps[0].confidence)


def test_later_masks_lose_what_earlier_ones_hold():
    first = step([[1, 1, 0], [0, 0, 0]])
    second = step([[0, 1, 1], [0, 1, 0]], [[0, 1, 0.5], [0, 0.75, 0]])
    got = to_instances(IMAGE, [first, second], crf=False)
    assert got.patch_masks[1].tolist() == [[0, 0, 1], [0, 1, 0]]
    assert not (got.masks[0] & got.masks[1]).any()
    assert got.confidences[1].tolist() == [[0, 0, 0.5], [0, 0.75, 0]]
    assert got.scores[1] == pytest.approx(0.625)


@pytest.mark.parametrize('crf_rest', ['background', 'unknown'])
def test_what_the_crf_knows_of_the_rest(crf_rest, monkeypatch):
    calls = []

    def spy(image, mask, unknown=None, **settings):
        calls.append(unknown)
        return mask

    monkeypatch.setattr('mmcuts3d.cuts.cleanup.dense_crf', spy)
    steps = [
        step([[1, 1, 0], [0, 0, 0]]),
        step([[0, 0, 1], [0, 0, 1]], status='too small'),
    ]
    to_instances(IMAGE, steps, crf_rest=crf_rest)
    (unknown,) = calls
    if crf_rest == 'background':
        assert unknown is None
    else:
        expected = rectangle((4, 6), (0, 4), (4, 6))
        assert np.array_equal(unknown, expected)


def test_a_mask_that_is_wholly_taken_is_dropped():
    steps = [step([[1, 1, 0], [0, 0, 0]]), step([[1, 0, 0], [0, 0, 0]])]
    assert len(to_instances(IMAGE, steps, crf=False)) == 1


@pytest.mark.parametrize('status', ['empty', 'no structure'])
def test_nothing_found(status):
    got = to_instances(IMAGE, [step(np.zeros((2, 3)), status=status)])
    assert len(got) == 0
    assert got.masks.shape == (0, 4, 6) and got.patch_masks.shape == (0, 2, 3)
