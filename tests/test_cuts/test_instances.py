"""From steps to instances: what is kept, scored, and told of each step."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from helpers.cuts import rectangle, step_of

from mmcuts3d.cuts import MIN_CONFIDENCE, Refinement, to_instances
from mmcuts3d.cuts.refinement import Rest

PLAIN = Refinement(crf=False)
IMAGE = np.zeros((4, 6, 3), np.uint8)


def test_collects_accepted_steps():
    steps = [
        step_of([[1, 1, 0], [0, 0, 0]], [[1, 0.5, 0], [0, 0, 0]]),
        step_of([[0, 0, 1], [0, 0, 1]], status='too small'),
        step_of([[0, 0, 0], [1, 0, 0]]),
    ]
    got = to_instances(IMAGE, steps, PLAIN)
    assert got.masks.shape == (2, 4, 6) and got.masks.dtype == bool
    assert np.array_equal(got.patch_masks[0], steps[0].local_cut)
    assert np.array_equal(got.masks[0], rectangle((4, 6), (0, 2), (0, 4)))
    assert got.boxes.tolist() == [[0, 0, 4, 2], [0, 2, 2, 4]]
    assert got.scores.tolist() == [0.75, 1]
    assert np.array_equal(got.confidences[0], steps[0].confidence)


def test_later_masks_lose_what_earlier_ones_hold():
    first = step_of([[1, 1, 0], [0, 0, 0]])
    second = step_of([[0, 1, 1], [0, 1, 0]], [[0, 1, 0.5], [0, 0.75, 0]])
    got = to_instances(IMAGE, [first, second], PLAIN)
    assert got.patch_masks[1].tolist() == [[0, 0, 1], [0, 1, 0]]
    assert not (got.masks[0] & got.masks[1]).any()
    assert got.confidences[1].tolist() == [[0, 0, 0.5], [0, 0.75, 0]]
    assert got.scores[1] == pytest.approx(0.625)


@pytest.mark.parametrize('rest', get_args(Rest))
def test_what_the_crf_knows_of_the_rest(rest, monkeypatch):
    calls = []

    def spy(image, mask, unknown=None, **settings):
        calls.append(unknown)
        return mask

    monkeypatch.setattr('mmcuts3d.cuts.refinement.dense_crf', spy)
    steps = [
        step_of([[1, 1, 0], [0, 0, 0]]),
        step_of([[0, 0, 1], [0, 0, 1]], status='too small'),
    ]
    to_instances(IMAGE, steps, Refinement(rest=rest))
    (unknown,) = calls
    if rest == 'background':
        assert unknown is None
    else:
        expected = rectangle((4, 6), (0, 4), (4, 6))
        assert np.array_equal(unknown, expected[None])


def test_a_mask_that_is_wholly_taken_is_dropped():
    steps = [step_of([[1, 1, 0], [0, 0, 0]]), step_of([[1, 0, 0], [0, 0, 0]])]
    assert len(to_instances(IMAGE, steps, PLAIN)) == 1


def test_masks_that_may_overlap_keep_all_of_theirs():
    first = step_of([[1, 1, 0], [0, 0, 0]])
    second = step_of([[0, 1, 1], [0, 1, 0]])
    inside = step_of([[1, 0, 0], [0, 0, 0]])
    steps = [
        replace(step, confidence=None) for step in (first, second, inside)
    ]
    got = to_instances(IMAGE, steps, PLAIN, overlaps='keep')
    assert len(got) == 3 and got.confidences is None
    for mask, step in zip(got.patch_masks, steps, strict=True):
        assert np.array_equal(mask, step.local_cut)
    assert (got.masks[0] & got.masks[1]).any()
    assert told(got) == [('accepted', place) for place in range(3)]


def test_a_map_for_each_or_for_none():
    steps = [
        replace(step_of([[1, 1, 0], [0, 0, 0]]), confidence=None),
        step_of([[0, 0, 1], [0, 0, 1]]),
    ]
    with pytest.raises(ValueError, match='one in 1 of 2'):
        to_instances(IMAGE, steps, PLAIN)
    with pytest.raises(ValueError, match="'both'"):
        to_instances(IMAGE, steps[:1], PLAIN, overlaps='both')


@pytest.mark.parametrize('status', ['empty', 'no structure'])
def test_nothing_found(status):
    got = to_instances(IMAGE, [step_of(np.zeros((2, 3)), status=status)])
    assert len(got) == 0
    assert got.masks.shape == (0, 4, 6) and got.patch_masks.shape == (0, 2, 3)


def told(found):
    return [(step.status, step.instance) for step in found.steps]


def test_steps_come_with_the_index_of_their_instance():
    steps = [
        step_of([[0, 0, 0], [0, 0, 1]], status='too small'),
        step_of([[1, 1, 0], [0, 0, 0]]),
        step_of([[1, 1, 0], [0, 0, 0]], status='overlaps an earlier mask'),
        step_of([[0, 0, 0], [1, 1, 0]]),
    ]
    got = to_instances(IMAGE, steps, PLAIN)
    assert told(got) == [
        ('too small', None),
        ('accepted', 0),
        ('overlaps an earlier mask', None),
        ('accepted', 1),
    ]
    for step in got.steps:
        if step.instance is not None:
            patches = got.patch_masks[step.instance]
            assert np.array_equal(patches, step.local_cut)
    # What came in stays as it was.
    assert [step.instance for step in steps] == [None] * 4


def test_what_the_crf_loses_says_so(monkeypatch):
    def lose_the_right(image, mask, unknown=None):
        lost = mask.copy()
        lost[..., 4:] = False
        return lost

    monkeypatch.setattr('mmcuts3d.cuts.refinement.dense_crf', lose_the_right)
    left = step_of([[1, 0, 0], [0, 0, 0]])
    right = step_of([[0, 0, 1], [0, 0, 1]])
    low = step_of([[0, 0, 0], [1, 1, 0]])
    got = to_instances(IMAGE, [left, right, low])
    assert told(got) == [
        ('accepted', 0),
        ('lost to the CRF', None),
        ('accepted', 1),
    ]
    assert len(got) == 2
    alone = to_instances(IMAGE, [right])
    assert told(alone) == [('lost to the CRF', None)] and len(alone) == 0


def test_what_a_lost_mask_held_is_not_given_to_a_later_one(monkeypatch):
    # MaskCut: what an accepted cut holds is taken, whatever becomes of it.
    monkeypatch.setattr(
        'mmcuts3d.cuts.refinement.dense_crf',
        lambda image, mask, unknown=None: (
            mask & (mask.sum((1, 2), keepdims=True) != 8)
        ),
    )
    first = step_of([[0, 1, 1], [0, 0, 0]])
    second = step_of([[1, 1, 0], [1, 1, 0]])
    got = to_instances(IMAGE, [first, second])
    assert told(got) == [('lost to the CRF', None), ('accepted', 0)]
    assert got.patch_masks[0].tolist() == [[1, 0, 0], [1, 1, 0]]


def test_a_mask_that_is_wholly_taken_says_so():
    steps = [step_of([[1, 1, 0], [0, 0, 0]]), step_of([[1, 0, 0], [0, 0, 0]])]
    got = to_instances(IMAGE, steps, PLAIN)
    assert told(got) == [('accepted', 0), ('inside earlier masks', None)]


def test_a_mask_that_no_pixel_shows_says_so():
    image = np.zeros((1, 3, 3), np.uint8)  # of two rows of patches, one
    steps = [step_of([[1, 1, 0], [0, 0, 0]]), step_of([[0, 0, 0], [1, 1, 0]])]
    got = to_instances(image, steps, PLAIN)
    assert told(got) == [('accepted', 0), ('smaller than a pixel', None)]


def test_scores_count_with_the_floor_and_maps_are_raw():
    step = step_of([[1, 1, 0], [0, 0, 1]], [[1, 0.25, 0], [0, 0, 0.75]])
    got = to_instances(IMAGE, [step], PLAIN)
    assert np.array_equal(got.confidences[0], step.confidence)
    expected = (1 + MIN_CONFIDENCE + 0.75) / 3
    assert got.scores[0] == pytest.approx(expected)
    assert MIN_CONFIDENCE == 0.5  # Table 5c; supplement, Table 2a


@pytest.mark.parametrize('size', [(4, 6), (1, 3)])
def test_steps_without_confidence(size):
    image = np.zeros((*size, 3), np.uint8)
    steps = [
        replace(step_of(mask), confidence=None)
        for mask in ([[1, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 1]])
    ]
    got = to_instances(image, steps, PLAIN)
    assert got.confidences is None and (got.scores == 1).all()
    none = to_instances(image, steps[1:], PLAIN)
    assert none.confidences is None and len(none) == (size == (4, 6))


@pytest.mark.parametrize('status', ['empty', 'no structure'])
def test_nothing_found_keeps_its_steps(status):
    step = step_of(np.zeros((2, 3)), status=status)
    assert told(to_instances(IMAGE, [step])) == [(status, None)]
