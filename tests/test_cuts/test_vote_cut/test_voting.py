"""VoteCut's clusters and votes, by hand."""

import numpy as np
import pytest

from mmcuts3d.cuts import Voting, mask_iou, pairwise_iou


def runs(*spans, size=24):
    """Masks (n, 1, size), each True from and up to but without."""
    masks = np.zeros((len(spans), 1, size), bool)
    for mask, (start, end) in zip(masks, spans, strict=True):
        mask[0, start:end] = True
    return masks


def members(voting, masks):
    return [
        (one.pivot, one.members.tolist()) for one in voting.clusters(masks)
    ]


def test_iou_of_all_pairs():
    masks = np.random.default_rng(0).random((7, 5, 6)) < 0.4
    got = pairwise_iou(masks)
    expected = [[mask_iou(a, b) for b in masks] for a in masks]
    np.testing.assert_array_equal(got, expected)
    assert pairwise_iou(np.zeros((0, 5, 6), bool)).shape == (0, 0)


def test_the_most_agreed_object_comes_first():
    masks = runs((0, 4), (10, 20), (10, 19), (11, 20))
    # The middle one of three; of one there is itself.
    assert members(Voting(), masks) == [(1, [1, 2, 3]), (0, [0])]


def test_near_is_above_the_threshold():
    masks = runs((0, 10), (4, 10))  # IoU 0.6
    assert len(Voting().clusters(masks)) == 2
    assert len(Voting(min_iou=0.59).clusters(masks)) == 1


def shifts(*starts):
    """Masks of ten; near above 0.5 are those at most three apart (7/13)."""
    return runs(*[(start, start + 10) for start in starts])


def test_the_pivot_moves_and_what_is_near_it_joins():
    masks = shifts(3, 6, 6, 6, 0, 0, 9)
    # 0 begins, for all but the last are near it. 1 overlaps those more
    # (3 + 7/13 + 2 * 4/16 > 1 + 5 * 7/13), and the last is near 1.
    still = members(Voting(min_iou=0.5, moves=0), masks)
    assert still == [(0, [0, 1, 2, 3, 4, 5]), (6, [6])]
    moved = members(Voting(min_iou=0.5), masks)
    assert moved == [(1, [0, 1, 2, 3, 4, 5, 6])]


def test_a_member_belongs_to_the_first_cluster_that_takes_it():
    masks = shifts(*[3] * 5, *[0] * 4, 6, 9, 9)
    # 9 is near 10 and 11 too.
    found = members(Voting(min_iou=0.5), masks)
    assert found == [(0, list(range(10))), (10, [10, 11])]


def test_a_pivot_that_was_taken_makes_no_cluster():
    masks = shifts(*[3] * 5, *[0] * 4, 6, 9)
    # From 10, alone with 9, the pivot moves to 9, which is taken.
    still = members(Voting(min_iou=0.5, moves=0), masks)
    assert still == [(0, list(range(10))), (10, [10])]
    found = members(Voting(min_iou=0.5), masks)
    assert found == [(0, list(range(10)))]


def test_equal_proposals_are_one_cluster():
    masks = np.repeat(runs((3, 9)), 6, axis=0)
    assert members(Voting(), masks) == [(0, [0, 1, 2, 3, 4, 5])]


def test_no_proposal():
    assert Voting().clusters(np.zeros((0, 4, 4), bool)) == []


def test_number_of_masks():
    masks = runs(*[(2 * i, 2 * i + 1) for i in range(12)])
    assert len(Voting().clusters(masks)) == 10
    assert len(Voting(max_masks=3).clusters(masks)) == 3


def test_votes_are_shares():
    masks = runs((0, 10), (0, 9), (0, 9), (1, 9), (0, 9))
    (cluster,) = Voting().clusters(masks)
    votes = Voting().votes(masks, cluster)
    assert votes.dtype == np.float32
    expected = [0.8] + [1.0] * 8 + [0.2]
    np.testing.assert_allclose(votes[0, :10], expected)
    assert not votes[0, 10:].any()


@pytest.mark.parametrize(
    'name,value',
    [
        ('min_iou', -0.1),
        ('min_iou', 1),
        ('moves', -1),
        ('min_votes', 1.5),
        ('min_votes', 1.0),
        ('max_masks', 0),
    ],
)
def test_bad_settings(name, value):
    with pytest.raises(ValueError, match=f'`{name}` to .* but got'):
        Voting(**{name: value})
