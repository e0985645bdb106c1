"""Which masks are kept: each rule as a table of cases."""

import numpy as np
import pytest
from helpers.cuts import rectangle

from mmcuts3d.cuts import CutS3D, MaskCut, Selection
from mmcuts3d.cuts.selection import frame_share, small_parts

GRID = (10, 20)  # 200 patches: 1 % are two


def columns(first, last, rows=10):
    """A mask of whole columns, or of their first rows."""
    mask = np.zeros(GRID, bool)
    mask[:rows, first:last] = True
    return mask


NOTHING = np.zeros(GRID, bool)
LEFT, RIGHT = columns(0, 8), columns(12, 20)
SHIFTED = columns(2, 10)  # IoU with LEFT 6/10
HALF = columns(0, 4)  # IoU with LEFT 4/8
TWO, THREE = columns(14, 15, rows=2), columns(14, 15, rows=3)

ACCEPTED, EMPTY = 'accepted', 'empty'
OVERLAPS, SMALL = 'overlaps an earlier mask', 'too small'
APART = 'not apart from what is around it'

CASES = [
    # settings, mask, earlier masks (None: a rejected one), status
    ({}, LEFT, [], ACCEPTED),
    ({}, LEFT, [RIGHT], ACCEPTED),
    # Overlap: by more than max_iou.
    ({}, SHIFTED, [LEFT], OVERLAPS),
    ({}, HALF, [LEFT], ACCEPTED),
    ({'max_iou': 0.49}, HALF, [LEFT], OVERLAPS),
    ({'max_iou': 0.6}, SHIFTED, [LEFT], ACCEPTED),
    ({'max_iou': 1}, LEFT, [LEFT], ACCEPTED),
    # With the step before only, and with none if that was rejected.
    ({'compare': 'previous'}, SHIFTED, [LEFT, RIGHT], ACCEPTED),
    ({'compare': 'previous'}, SHIFTED, [RIGHT, LEFT], OVERLAPS),
    ({'compare': 'previous'}, SHIFTED, [LEFT, None], ACCEPTED),
    ({'compare': 'previous'}, SHIFTED, [None, LEFT], OVERLAPS),
    ({'compare': 'previous'}, SHIFTED, [None], ACCEPTED),
    # With all that were kept.
    ({'compare': 'all'}, SHIFTED, [LEFT, RIGHT], OVERLAPS),
    ({'compare': 'all'}, SHIFTED, [RIGHT, LEFT], OVERLAPS),
    ({'compare': 'all'}, SHIFTED, [LEFT, None], OVERLAPS),
    ({'compare': 'all'}, SHIFTED, [RIGHT, None], ACCEPTED),
    ({'compare': 'all'}, SHIFTED, [None, None], ACCEPTED),
    # Size: at most min_area, and the first mask whatever its size.
    ({}, TWO, [], ACCEPTED),
    ({}, TWO, [LEFT], SMALL),
    ({}, TWO, [None], SMALL),
    ({}, THREE, [LEFT], ACCEPTED),
    ({'min_area': 0.015}, THREE, [LEFT], SMALL),
    ({'min_area': 0}, TWO, [LEFT], ACCEPTED),
    ({'judge_first': True}, TWO, [], SMALL),
    ({'judge_first': True}, THREE, [], ACCEPTED),
    ({'judge_first': True}, TWO, [LEFT], SMALL),
    # An empty mask is empty, before anything else is asked.
    ({}, NOTHING, [], EMPTY),
    ({}, NOTHING, [LEFT], EMPTY),
    ({'judge_first': True, 'min_separation': 1}, NOTHING, [], EMPTY),
]


@pytest.mark.parametrize('settings,mask,earlier,status', CASES)
def test_judge(settings, mask, earlier, status):
    before = [None if other is None else other.copy() for other in earlier]
    assert Selection(**settings).judge(mask, earlier) == status
    for one, other in zip(before, earlier, strict=True):
        assert (one is None and other is None) or np.array_equal(one, other)


@pytest.mark.parametrize(
    'settings,mask,earlier,separation,status',
    [
        ({}, LEFT, [], 0.0, ACCEPTED),
        ({'min_separation': 0.7}, LEFT, [], 0.7, ACCEPTED),
        ({'min_separation': 0.7}, LEFT, [], 0.69, APART),
        ({'min_separation': 0.7}, LEFT, [RIGHT], 0.0, APART),
        ({'min_separation': 1}, LEFT, [], 1.0, ACCEPTED),
        # Another reason comes first.
        ({'min_separation': 0.7}, SHIFTED, [LEFT], 0.0, OVERLAPS),
        ({'min_separation': 0.7}, TWO, [LEFT], 0.0, SMALL),
        ({'min_separation': 0.7}, TWO, [], 0.0, APART),
    ],
)
def test_judge_by_separation(settings, mask, earlier, separation, status):
    selection = Selection(**settings)
    assert selection.judge(mask, earlier, separation) == status


def objects(*masks):
    """Features of objects of a kind each on a ground, and their depth."""
    ground = ~np.any(masks, axis=0)
    features = np.stack([*masks, ground]).astype(np.float32)
    return features, np.where(ground, 0.9, 0.2).astype(np.float32)


BIG = rectangle((20, 20), (6, 13), (6, 13))
DOTS = [
    rectangle((20, 20), (2, 3), (2, 4)),
    rectangle((20, 20), (16, 17), (15, 17)),
]


def both_methods(selection, features, depth):
    """The steps of CutS3D and of MaskCut."""
    settings = {'num_instances': 5, 'selection': selection}
    yield CutS3D(early_stop=1, **settings).steps(features, depth)
    yield MaskCut(**settings).steps(features)


def statuses(steps):
    return [step.status for step in steps]


def test_a_rejected_cut_comes_again_unless_it_is_removed():
    features, depth = objects(BIG, *DOTS)
    for steps in both_methods({}, features, depth):
        assert statuses(steps) == [ACCEPTED] + [SMALL] * 4
        for step in steps[2:]:
            assert np.array_equal(step.semantic_mask, steps[1].semantic_mask)
    removed = {'remove_rejected': True}
    for steps in both_methods(removed, features, depth):
        assert statuses(steps) == [ACCEPTED, SMALL, SMALL]
        found = np.sum([step.semantic_mask for step in steps], axis=0)
        assert np.array_equal(found, BIG | DOTS[0] | DOTS[1])


def test_size_of_the_first_mask():
    features, depth = objects(DOTS[0])
    for steps in both_methods({}, features, depth):
        # When it is found, the ground has no structure.
        assert statuses(steps) == [ACCEPTED]
    strict = {'judge_first': True}
    for steps in both_methods(strict, features, depth):
        assert statuses(steps) == [SMALL] * 5
    strict['remove_rejected'] = True
    for steps in both_methods(strict, features, depth):
        assert statuses(steps) == [SMALL]


def test_share_of_the_frame():
    mask = np.zeros((5, 8), bool)
    assert frame_share(mask) == 0
    mask[1:4, 1:7] = True  # all but the frame
    assert frame_share(mask) == 0
    mask[0] = True  # 8 of 22
    assert frame_share(mask) == pytest.approx(8 / 22)
    assert frame_share(~mask) == pytest.approx(14 / 22)
    assert frame_share(np.ones((1, 3), bool)) == 1
    assert frame_share(np.ones((2, 2), bool)) == 1


def test_what_lies_along_the_frame_is_background():
    mask = np.zeros((10, 10), bool)
    mask[4:, :] = True  # 10 + 2 * 5 of 36
    assert Selection().judge(mask, []) == 'accepted'
    assert Selection(max_frame=20 / 36).judge(mask, []) == 'accepted'
    judged = Selection(max_frame=19 / 36).judge(mask, [])
    assert judged == 'background, along the frame'
    with pytest.raises(ValueError, match='max_frame'):
        Selection(max_frame=1.5)


@pytest.mark.parametrize('method', [CutS3D, MaskCut])
def test_background_leaves_the_graph_and_is_no_step(method):
    """A floor along three sides is cut first; N = 1 finds the object."""
    kinds = np.zeros((20, 20), int)
    kinds[14:, :] = 1
    kinds[2:6, 8:13] = 2
    features = np.eye(3)[kinds].transpose(2, 0, 1).astype(np.float32)
    object_ = kinds == 2

    def steps(**selection):
        settings = {
            'num_instances': 1,
            'selection': selection,
            'semantic': {'removal': 'exclude', 'corner_rule': 'any_sign'},
            'refine': {'crf': False},
        }
        if method is MaskCut:
            return MaskCut.from_settings(**settings).steps(features)
        return CutS3D(**settings).steps(features, np.zeros((20, 20)))

    (first,) = steps()
    assert not (first.local_cut == object_).all()
    *before, last = steps(max_frame=0.25)
    assert len(before) >= 1
    assert {step.status for step in before} == {'background, along the frame'}
    assert last.accepted and (last.local_cut == object_).all()


def test_background_ends_after_three_times_n():
    selection = Selection(max_frame=0.25)
    background = 'background, along the frame'
    assert not selection.is_last([background] * 5, 2)
    assert selection.is_last([background] * 6, 2)
    assert not selection.is_last(['accepted', background, background], 2)
    assert selection.is_last(['accepted', background, 'too small'], 2)


def test_small_parts():
    mask = np.zeros((6, 8), bool)
    mask[0, 0] = mask[1, 1] = True  # meet at a corner only
    mask[3:5, 2:5] = True
    mask[5, 7] = mask[4, 7] = True
    got = small_parts(mask, 2)
    expected = mask.copy()
    expected[3:5, 2:5] = False
    assert (got == expected).all()
    assert not small_parts(mask, 0).any()
    assert (small_parts(mask, 6) == mask).all()
    assert not small_parts(np.zeros((3, 3), bool), 9).any()


@pytest.mark.parametrize('method', [CutS3D, MaskCut])
def test_scattered_odd_tokens_leave_together(method):
    """Tokens of a direction of their own are cut off before the object."""
    side = 24
    kinds = np.zeros((side, side), int)
    kinds[8:16, 9:17] = 1
    whole = kinds == 1
    odd = np.random.default_rng(2).choice(side * side, 60, replace=False)
    kinds.ravel()[odd] = 2
    features = np.eye(3)[kinds].transpose(2, 0, 1).astype(np.float32)

    def steps(**selection):
        selection = {
            'judge_first': True,
            'remove_rejected': True,
            'min_area': 0.02,
            **selection,
        }
        settings = {
            'num_instances': 3,
            'selection': selection,
            'semantic': {'removal': 'exclude', 'corner_rule': 'any_sign'},
            'refine': {'crf': False},
        }
        if method is MaskCut:
            return MaskCut.from_settings(**settings).steps(features)
        return CutS3D(**settings).steps(features, np.zeros((side, side)))

    assert not any(step.accepted for step in steps())
    first, second, *_ = steps(remove_small=True)
    assert first.status == 'too small'
    # With the tokens that lie in it, and a few that touch it.
    assert second.accepted and (second.local_cut | ~whole).all()
    assert (second.local_cut & ~whole).sum() < 8
