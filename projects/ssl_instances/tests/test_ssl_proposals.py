"""The proposals of an image, against the paper read literally."""

import numpy as np
import pytest

from mmcuts3d.cuts import mask_iou
from projects.ssl_instances.ssl_instances.clustering import spectral_masks
from projects.ssl_instances.ssl_instances.proposals import SpectralProposals
from projects.ssl_instances.tests.slow_references import (
    nms_slowly,
    on_border_slowly,
)


def block(rows, columns, grid=(12, 12)):
    mask = np.zeros(grid, bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


def image_of(grid, patch=4):
    return np.zeros((grid[0] * patch, grid[1] * patch, 3), np.uint8)


def looks(grid, *masks, seed=0, channels=16, noise=0.05):
    """(C, h, w): a random direction for each mask, one for the rest."""
    rng = np.random.default_rng(seed)
    which = np.zeros(grid, int)
    for number, mask in enumerate(masks, 1):
        which[mask] = number
    directions = np.linalg.qr(rng.normal(size=(channels, channels)))[0]
    features = directions[:, which]
    return features + noise * rng.normal(size=features.shape)


# ---- proposals --------------------------------------------------------------
GRID = (12, 12)
TWO = block((3, 7), (2, 5)), block((5, 9), (7, 10))


def test_fourteen_masks_before_the_split():
    """Sec. 4: "14 overlapping masks per image"."""
    features = looks(GRID, *TWO, block((0, 2), (0, 12)), noise=0.3)
    found = spectral_masks(features, (2, 3, 4, 5), split=False)
    assert len(found.masks) == 14
    proposals = SpectralProposals(split=False, max_iou=1, min_salient=0)
    got = proposals(image_of(GRID), features, features)
    assert len(got.steps) == 14


def literally(features, saliency_features, ks=(2, 3, 4, 5), split=True):
    """Sec. 4 and A.2.1, sentence by sentence; a set of masks."""
    two = spectral_masks(saliency_features, (2,), split=False).masks
    saliency = min(two, key=on_border_slowly)
    candidates = [
        mask
        for mask in spectral_masks(features, ks, split).masks
        if (mask & saliency).sum() / mask.sum() >= 0.5
    ]
    scores = [(mask & saliency).sum() / mask.sum() for mask in candidates]
    kept = nms_slowly(candidates, scores, 0.8)
    return {candidates[place].tobytes() for place in kept}


@pytest.mark.parametrize('split', [True, False])
@pytest.mark.parametrize('seed', range(3))
def test_proposals_are_those_of_the_paper_read_literally(seed, split):
    features = looks(GRID, *TWO, seed=seed, noise=0.25)
    others = looks(GRID, TWO[0] | TWO[1], seed=seed + 9, noise=0.25)
    got = SpectralProposals(split=split)(image_of(GRID), features, others)
    masks = {mask.tobytes() for mask in got.patch_masks}
    assert masks == literally(features, others, split=split)
    assert len(masks) == len(got) > 0


def test_one_look_is_one_mask_and_is_split_into_two():
    """Two bodies of one look, which a split tells apart (Table 6)."""
    both = TWO[0] | TWO[1]
    features = looks(GRID, both)
    kinds = {}
    for split in (True, False):
        proposals = SpectralProposals(ks=[2], split=split)
        got = proposals(image_of(GRID), features, features)
        kinds[split] = {mask.tobytes() for mask in got.patch_masks}
    assert kinds[False] == {both.tobytes()}
    assert kinds[True] == {mask.tobytes() for mask in TWO}


def test_saliency_of_another_network_on_another_grid():
    features = looks(GRID, *TWO)
    fine = np.kron(TWO[0], np.ones((2, 2), bool))
    others = looks((24, 24), fine, seed=3)
    got = SpectralProposals()(image_of(GRID), features, others)
    assert any(np.array_equal(mask, TWO[0]) for mask in got.patch_masks)
    assert not any((mask & TWO[1]).any() for mask in got.patch_masks)
    assert (got.scores >= 0.5).all()
    assert got.scores.tolist() == sorted(got.scores, reverse=True)
    statuses = {step.status for step in got.steps}
    assert 'not salient' in statuses


def test_without_a_filter_background_stays():
    """Table 5, "None"."""
    features = looks(GRID, *TWO)
    got = SpectralProposals()(image_of(GRID), features)
    assert any(mask[0].all() for mask in got.patch_masks)
    assert set(got.scores.tolist()) == {1.0}


def test_masks_overlap_and_have_no_confidences():
    wide = block((4, 8), (3, 9)), block((4, 8), (3, 6))
    features = looks(GRID, *wide, noise=0.3)
    got = SpectralProposals()(image_of(GRID), features, features)
    assert got.confidences is None
    assert got.patch_masks.sum(axis=0).max() > 1
    assert got.masks.shape[1:] == (48, 48)
    for number, step in enumerate(s for s in got.steps if s.accepted):
        assert step.instance == number
        assert np.array_equal(step.local_cut, got.patch_masks[number])


@pytest.mark.parametrize('order', ['salient', 'large', 'small'])
def test_which_of_masks_that_repeat_each_other_stays(order):
    features = looks(GRID, *TWO, noise=0.3)
    proposals = SpectralProposals(order=order, max_iou=0.3)
    got = proposals(image_of(GRID), features, features)
    repeats = [s for s in got.steps if s.status == 'overlaps an earlier mask']
    assert repeats
    for step in repeats:
        near = [
            mask
            for mask in got.patch_masks
            if mask_iou(mask, step.local_cut) > 0.3
        ]
        assert near
        sizes = [mask.sum() for mask in near]
        if order == 'large':
            assert max(sizes) >= step.local_cut.sum()
        if order == 'small':
            assert min(sizes) <= step.local_cut.sum()


def test_small_candidates_are_left_out():
    features = looks(GRID, *TWO, noise=0.4)
    got = SpectralProposals(min_patches=9)(image_of(GRID), features)
    small = SpectralProposals()(image_of(GRID), features)
    assert got.patch_masks.sum(axis=(1, 2)).min() >= 9
    assert small.patch_masks.sum(axis=(1, 2)).min() < 9
    assert 'too small' in {step.status for step in got.steps}


def test_the_same_features_give_the_same_masks():
    features = looks(GRID, *TWO, noise=0.4)
    first, second = (
        SpectralProposals()(image_of(GRID), features, features)
        for _ in range(2)
    )
    assert np.array_equal(first.masks, second.masks)


@pytest.mark.parametrize('ks', [(2, 4), (3,)])
def test_one_decomposition_for_both_is_as_two(ks):
    features = looks(GRID, *TWO, noise=0.3)
    proposals = SpectralProposals(ks=ks)
    once = proposals(image_of(GRID), features, features)
    twice = proposals(image_of(GRID), features, features.copy())
    assert len(once) > 0
    assert np.array_equal(once.masks, twice.masks)
    assert np.array_equal(once.scores, twice.scores)


@pytest.mark.parametrize('part', ['features', 'saliency_features'])
def test_no_structure_is_no_proposal(part):
    given = {
        'features': looks(GRID, *TWO),
        'saliency_features': looks(GRID, *TWO),
    }
    given[part] = np.ones((4, *GRID))
    got = SpectralProposals()(image_of(GRID), **given)
    assert len(got) == 0 and got.masks.shape == (0, 48, 48)
    assert got.confidences is None


@pytest.mark.parametrize(
    'features,words',
    [
        (np.full((4, 6, 6), np.nan), 'finite'),
        (np.ones((4, 1, 1)), '1 x 1'),
        (np.arange(16.0).reshape(4, 2, 2), 'patches'),
        (np.ones((6, 6)), r'\(C, h, w\)'),
    ],
)
def test_bad_features(features, words):
    with pytest.raises(ValueError, match=words):
        SpectralProposals()(image_of((6, 6)), features)


@pytest.mark.parametrize(
    'settings,words',
    [
        ({'ks': [2, 2]}, r'`ks`.*\[2, 2\]'),
        ({'ks': [1]}, r'`ks`.*\[1\]'),
        ({'ks': 3}, '`ks`.*3'),
        ({'min_salient': 1.2}, '`min_salient`.*1.2'),
        ({'max_iou': -1}, '`max_iou`.*-1'),
        ({'order': 'best'}, "`order`.*'best'"),
        ({'split': 'no'}, "`split`.*'no'"),
        ({'min_patches': 0}, '`min_patches`.*0'),
        ({'clustering': {'ks': (2,)}}, "`clustering`.*'seed', 'tau'.*'ks'"),
        ({'refine': {'crff': True}}, "`refine`.*'crff'"),
        ({'nms': 0.8}, "`proposals`.*'max_iou'.*'nms'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        SpectralProposals.from_settings(**settings)


def test_a_crf_fits_them_to_the_image():
    features = looks(GRID, *TWO)
    image = image_of(GRID, 8)
    image[np.kron(TWO[0], np.ones((8, 8), bool))] = (250, 40, 40)
    image[np.kron(TWO[1], np.ones((8, 8), bool))] = (40, 40, 250)
    plain, fitted = (
        SpectralProposals(refine={'crf': crf})(image, features, features)
        for crf in (False, True)
    )
    assert len(fitted) > 0 and plain.masks.shape[1:] == (96, 96)
    assert any(
        np.array_equal(mask, np.kron(TWO[0], np.ones((8, 8), bool)))
        for mask in fitted.masks
    )
