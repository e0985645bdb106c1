"""VoteCut on small scenes: its votes, its scores, its degenerate answers."""

import numpy as np
import pytest
from helpers.cuts import NO_CRF, rectangle

from mmcuts3d.cuts import PseudoInstances, VoteCut, VoteFitting, dense_crf

GRID = (20, 20)
BLOCK = rectangle(GRID, (4, 12), (5, 13))
LARGER = rectangle(GRID, (4, 12), (5, 14))
OTHER = rectangle(GRID, (13, 19), (2, 9))
IMAGE = np.zeros((40, 60, 3), np.uint8)


def kinds(*masks):
    """One kind of features for each mask, one for the ground."""
    ground = ~np.any(masks, axis=0)
    return np.stack([*masks, ground]).astype(np.float32)


def vote_cut(**settings):
    """VoteCut without a CRF, one k."""
    defaults = {'refine': NO_CRF, 'proposals': {'ks': [2]}}
    return VoteCut(**{**defaults, **settings})


def test_networks_vote_on_one_object():
    features = [kinds(BLOCK), kinds(BLOCK), kinds(LARGER)]
    got = vote_cut(voting={'min_votes': 0.5})(IMAGE, features)
    assert isinstance(got, PseudoInstances)
    assert np.array_equal(got.patch_masks, BLOCK[None])
    assert np.array_equal(got.masks[0], np.kron(BLOCK, np.ones((2, 3))))
    assert got.boxes.tolist() == [[15, 8, 39, 24]]
    assert got.scores.tolist() == [1]
    assert got.confidences is None
    # A third of the votes is enough, as published: more than 0.2.
    got = vote_cut()(IMAGE, features)
    assert np.array_equal(got.patch_masks, LARGER[None])


def test_scores_are_shares_of_the_largest_cluster():
    features = [kinds(BLOCK), kinds(OTHER), kinds(BLOCK), kinds(BLOCK)]
    got = vote_cut()(IMAGE, features)
    assert [m.tobytes() for m in got.patch_masks] == [
        BLOCK.tobytes(),
        OTHER.tobytes(),
    ]
    np.testing.assert_allclose(got.scores, [1, 1 / 3])
    got = vote_cut(score='networks')(IMAGE, features)
    np.testing.assert_allclose(got.scores, [3 / 4, 1 / 4])


def test_two_numbers_of_clusters_are_two_votes_of_one_network():
    features = [kinds(BLOCK), kinds(OTHER), kinds(OTHER)]
    settings = {'proposals': {'ks': [2, 3]}}
    got = vote_cut(**settings)(IMAGE, features)
    np.testing.assert_allclose(got.scores, [1, 2 / 4])
    got = vote_cut(score='networks', **settings)(IMAGE, features)
    np.testing.assert_allclose(got.scores, [2 / 3, 1 / 3])


def test_the_map_of_the_votes():
    features = [kinds(BLOCK), kinds(BLOCK), kinds(LARGER)]
    got = vote_cut(confidence='votes')(IMAGE, features)
    expected = np.where(BLOCK, 1, np.where(LARGER, 1 / 3, 0))
    np.testing.assert_allclose(got.confidences[0], expected, rtol=1e-6)
    nothing = vote_cut(confidence='votes')(IMAGE, [np.ones((3, 4, 4))])
    assert nothing.confidences.shape == (0, 4, 4)


def test_grids_of_their_own():
    coarse = kinds(rectangle((10, 10), (2, 8), (2, 7)))
    fine = kinds(rectangle((20, 30), (4, 16), (6, 21)))
    got = vote_cut()(IMAGE, [coarse, fine])
    assert got.patch_masks.shape == (1, 20, 30)
    assert np.array_equal(got.patch_masks[0], fine[0].astype(bool))
    assert got.scores.tolist() == [1]


def test_the_order_of_networks_settles_ties_only():
    features = [kinds(BLOCK), kinds(OTHER), kinds(BLOCK), kinds(LARGER)]
    one = vote_cut()(IMAGE, features)
    other = vote_cut()(IMAGE, features[::-1])
    assert np.array_equal(one.masks, other.masks)
    assert np.array_equal(one.scores, other.scores)


def test_steps_tell_what_was_cut():
    features = [kinds(BLOCK), kinds(BLOCK), kinds(LARGER)]
    (step,) = vote_cut()(IMAGE, features).steps
    assert step.accepted and step.instance == 0
    assert np.array_equal(step.semantic_mask, BLOCK)  # the pivot
    assert np.array_equal(step.local_cut, LARGER)
    assert step.confidence is None and step.depth is None
    assert BLOCK[step.seed]
    x = step.eigenvector
    assert x[step.seed] == x[BLOCK].max() > x[~BLOCK].max()
    assert 0 < step.eigenvalue < 2


FLAT = np.ones((3, 8, 8))


@pytest.mark.parametrize(
    'features,status',
    [
        ([FLAT], 'no structure'),
        ([FLAT, FLAT * 0, np.ones((3, 1, 1))], 'no structure'),
        ([kinds(rectangle(GRID, (0, 20), (0, 9))), FLAT], 'no proposal'),
        ([kinds(rectangle(GRID, (5, 7), (5, 7)))], 'no proposal'),
    ],
)
def test_nothing_to_vote_on(features, status):
    got = VoteCut()(IMAGE, features)
    grid = max(one.shape[1:] for one in features)
    assert got.masks.shape == (0, 40, 60)
    assert got.patch_masks.shape == (0, *grid)
    assert got.confidences is None and got.scores.shape == (0,)
    (step,) = got.steps
    assert step.status == status and step.instance is None


def test_a_network_that_sees_nothing_has_no_vote():
    got = vote_cut()(IMAGE, [FLAT, kinds(BLOCK)])
    assert np.array_equal(got.patch_masks, BLOCK[None])
    assert got.scores.tolist() == [1]
    got = vote_cut(score='networks')(IMAGE, [FLAT, kinds(BLOCK)])
    assert got.scores.tolist() == [0.5]


def test_one_network_is_enough():
    got = VoteCut(refine=NO_CRF)(IMAGE, [kinds(BLOCK)])
    assert np.array_equal(got.patch_masks, BLOCK[None])
    assert got.scores.tolist() == [1]


def test_a_mask_can_vanish_on_a_small_image():
    got = vote_cut()(IMAGE[:1, :1], [kinds(BLOCK)])
    assert got.masks.shape == (0, 1, 1)
    assert got.steps[0].status == 'smaller than a pixel'


# The CRF.

PAINTED = np.full((80, 80, 3), 200, np.uint8)
PAINTED[17:49, 21:53] = 30  # a pixel off BLOCK, four pixels to a patch


def test_the_crf_follows_the_colours():
    got = VoteFitting()(PAINTED, BLOCK)
    assert np.array_equal(got, PAINTED[..., 0] == 30)


def test_the_crf_sees_the_surroundings_of_the_mask():
    # A third of 32 pixels: ten on every side.
    window = (slice(6, 58), slice(10, 62))
    mask = np.kron(BLOCK, np.ones((4, 4), bool))
    rng = np.random.default_rng(0)
    image = (PAINTED + rng.integers(0, 40, PAINTED.shape)).astype(np.uint8)
    inside = dense_crf(image[window], mask[window])
    got = VoteFitting()(image, BLOCK)
    assert np.array_equal(got[window], inside)
    got[window] = False
    assert not got.any()
    whole = VoteFitting(margin=100)(image, BLOCK)
    assert np.array_equal(whole, dense_crf(image, mask))


def test_what_the_crf_leaves_keeps_its_patches():
    # Thin lines of the colour of the rest: smoothing takes them away.
    image = np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8)
    image[:] = 128
    image[:, 40:] = 10
    patches = rectangle(GRID, (2, 18), (9, 11))  # astride the border
    mask = np.kron(patches, np.ones((4, 4), bool))
    strict = {'min_box_iou': 1.0, 'crf': {'iterations': 5}}
    kept = VoteFitting(**strict)(image, patches)
    fitted = VoteFitting(min_box_iou=0, crf={'iterations': 5})(image, patches)
    assert not np.array_equal(fitted, mask)  # the CRF does something
    assert np.array_equal(kept, mask)
    assert VoteFitting(rejected='drop', **strict)(image, patches) is None
    got = VoteCut(refine={'rejected': 'drop', **strict})(
        image, [kinds(patches)]
    )
    assert len(got) == 0 and got.steps[0].status == 'lost to the CRF'


@pytest.mark.parametrize(
    'features,words',
    [
        (kinds(BLOCK), r'list .* one array of shape \(2, 20, 20\)'),
        ([], 'list .* but got none'),
        (None, 'list .* but got NoneType'),
        ([kinds(BLOCK), np.ones((3, 4))], r'features\[1\]` to be \(C, h, w\)'),
        ([np.full((3, 4, 4), np.nan)], r'features\[0\]` to be finite'),
    ],
)
def test_bad_features(features, words):
    with pytest.raises(ValueError, match=words):
        VoteCut()(IMAGE, features)


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'score': 'area'}, "`score` to be one of .* but got 'area'"),
        ({'confidence': 'map'}, "`confidence` .* but got 'map'"),
        ({'refine': {'margin': -1}}, '`margin` to lie in'),
        ({'refine': {'min_box_iou': 2}}, '`min_box_iou` to lie in'),
        ({'refine': {'rejected': 'lose'}}, "`rejected` .* got 'lose'"),
        ({'refine': {'crf': 1}}, '`crf` to be True, False or'),
        ({'voting': {'tau': 0.2}}, "`voting` among .* but got 'tau'"),
        ({'proposals': False}, '`proposals` to be a ProposalCut'),
        ({'min_votes': 0.2}, "'min_votes', which is a setting of `voting`"),
        ({'num_instances': 3}, "`VoteCut` among .* 'num_instances'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        VoteCut.from_settings(**settings)
