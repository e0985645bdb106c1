"""CutS3D on scenes that depth alone can separate."""

from typing import get_args

import numpy as np
import pytest
from helpers import shared_data
from helpers.cuts import NO_CRF, guarded, mask_cut, touching
from PIL import Image

from mmcuts3d.cuts import (
    MIN_CONFIDENCE,
    PRESETS,
    Bipartition,
    CutS3D,
    affinity,
    normalized_cut,
    sharpen,
    spatial_importance,
)
from mmcuts3d.cuts.semantic.bipartition import is_complement
from mmcuts3d.cuts.semantic.spatial_importance import PairRule


def as_set(masks):
    return {np.ascontiguousarray(mask).tobytes() for mask in masks}


def test_depth_separates_what_maskcut_joins(squares):
    scene = squares()
    joined = mask_cut()(scene.image, scene.features)
    assert np.array_equal(joined.patch_masks[0], scene.both)
    got = touching(refine=NO_CRF)(scene.image, scene.features, scene.depth)
    assert as_set(got.patch_masks) == as_set([scene.left, scene.right])
    np.testing.assert_allclose(got.scores, 1)
    assert np.array_equal(got.confidences, got.patch_masks.astype(np.float32))


def test_crf_masks_of_a_clean_scene_are_the_objects(squares):
    scene = squares()
    got = touching()(scene.image, scene.features, scene.depth)
    cell = np.ones((8, 8), bool)
    assert as_set(got.masks) == as_set(
        [np.kron(scene.left, cell), np.kron(scene.right, cell)]
    )


SHARPENINGS = [None, *({'pair_rule': rule} for rule in get_args(PairRule))]


@pytest.mark.parametrize('sharpening', SHARPENINGS, ids=str)
def test_steps(squares, sharpening):
    scene = squares()
    cutter = touching(semantic={'sharpening': sharpening})
    steps = cutter.steps(scene.features, scene.depth)
    assert [step.status for step in steps] == ['accepted', 'accepted']
    assert np.array_equal(steps[0].semantic_mask, scene.both)
    parts = as_set([scene.left, scene.right])
    assert as_set(step.local_cut for step in steps) == parts
    for step in steps:
        assert step.local_cut[step.seed] or step.semantic_mask[step.seed]
        assert np.array_equal(step.depth, scene.depth)
        assert not step.confidence[~step.local_cut].any()


def test_first_cut_is_that_of_the_sharpened_graph(squares):
    rng = np.random.default_rng(0)
    scene = squares()
    noise = 0.8 * rng.normal(size=(12, 24, 24))
    features = np.concatenate([scene.features, noise])
    weights = affinity(features)
    sharp = sharpen(weights, spatial_importance(scene.depth, 0.45, 3))
    cuts = [
        normalized_cut(sharp, 0.13).eigenvector,
        normalized_cut(weights, 0.13).eigenvector,
    ]
    assert (sharp > 0.13).sum() > 1.2 * (weights > 0.13).sum()
    for sharpening, expected in zip(({}, None), cuts, strict=True):
        semantic = {'sharpening': sharpening}
        cutter = touching(semantic=semantic, num_instances=1)
        (step,) = cutter.steps(features, scene.depth)
        corr = np.corrcoef(step.eigenvector.ravel(), expected)[0, 1]
        assert abs(corr) == pytest.approx(1)
    assert abs(np.corrcoef(*cuts)[0, 1]) < 0.999


@pytest.mark.parametrize('scale', [4.0, 0.37])
def test_scaled_features_give_the_same_masks(squares, scale):
    scene = squares()
    cutter = touching(refine=NO_CRF)
    plain = cutter(scene.image, scene.features, scene.depth)
    scaled = cutter(scene.image, scale * scene.features, scene.depth)
    assert np.array_equal(plain.masks, scaled.masks)


@pytest.mark.parametrize('axis', [0, 1], ids=['up-down', 'left-right'])
@pytest.mark.parametrize('fine', [True, False])
def test_mirrored_scene_gives_mirrored_masks(squares, axis, fine):
    scene = squares()
    depth = np.kron(scene.depth, np.ones((8, 8))) if fine else scene.depth
    cutter = touching(refine=NO_CRF)
    plain = cutter(scene.image, scene.features, depth)
    mirrored = cutter(
        np.flip(scene.image, axis),
        np.flip(scene.features, axis + 1),
        np.flip(depth, axis),
    )
    back = np.flip(mirrored.masks, axis + 1)
    assert len(plain) == 2
    assert as_set(back) == as_set(plain.masks)


def test_depth_of_the_image_and_of_the_grid_agree(squares):
    scene = squares()
    cutter = touching(refine=NO_CRF)
    coarse = cutter(scene.image, scene.features, scene.depth)
    fine = np.kron(scene.depth, np.ones((8, 8)))
    assert np.array_equal(
        cutter(scene.image, scene.features, fine).masks, coarse.masks
    )


def test_flat_depth_gives_semantic_masks(squares):
    scene = squares()
    flat = np.full(scene.depth.shape, 0.4)
    got = touching(refine=NO_CRF)(scene.image, scene.features, flat)
    assert np.array_equal(got.patch_masks, scene.both[None])


def test_everything_at_the_farthest_depth(squares):
    scene = squares()
    far = np.ones(scene.depth.shape)
    got = touching(refine=NO_CRF)(scene.image, scene.features, far)
    assert (got.patch_masks.sum(axis=0) <= 1).all()
    assert not (got.patch_masks & ~scene.both).any()


def test_confidence_counts_the_cuts_that_agree(squares):
    # 3 x 0.027 = 0.081 between the squares, 0.091 with a step to the side:
    # an edge for tau = 0.102 and 0.115, and none for the other four.
    scene = squares(near=0.3, far=0.327)
    cutter = guarded(num_instances=1, refine=NO_CRF)
    (step,) = cutter.steps(scene.features, scene.depth)
    assert np.array_equal(step.local_cut, scene.both)
    source, other = scene.left, scene.right
    if scene.right[step.seed]:
        source, other = other, source
    np.testing.assert_allclose(step.confidence[source], 1)
    np.testing.assert_allclose(step.confidence[other], 2 / 6)
    got = cutter(scene.image, scene.features, scene.depth)
    assert np.array_equal(got.confidences[0], step.confidence)
    # Maps are raw; a score counts with the floor.
    floored = np.where(source, 1, MIN_CONFIDENCE)
    assert got.scores[0] == pytest.approx(floored[scene.both].mean())


def test_painting_the_semantic_mask_ends_it(squares):
    scene = squares()
    steps = touching(paint='semantic').steps(scene.features, scene.depth)
    assert len([step for step in steps if step.accepted]) == 1


@pytest.mark.parametrize('number', [1, 2, 5])
def test_at_most_n_instances(squares, number):
    scene = squares()
    got = touching(num_instances=number, refine=NO_CRF)(
        scene.image, scene.features, scene.depth
    )
    assert len(got) == min(number, 2)


def test_small_first_mask_is_not_kept():
    features = np.zeros((2, 20, 20), np.float32)
    features[0, 5, 5] = 1
    features[1] = 1 - features[0]
    depth = np.where(features[0] > 0, 0.2, 0.8)
    steps = touching().steps(features, depth)
    assert steps[0].status == 'too small'
    image = np.zeros((20, 20, 3), np.uint8)
    assert len(touching(refine=NO_CRF)(image, features, depth)) == 0


@pytest.mark.parametrize(
    'foreground,found,expected',
    [
        ([1, 1, 0, 0], [0, 0, 1, 1], True),  # the rest
        ([0, 0, 1, 1], [0, 0, 1, 1], True),  # its other side
        ([1, 0, 0, 0], [0, 0, 1, 1], False),
        ([1, 1, 0, 0], [0, 0, 0, 1], False),
        ([0, 1, 0, 1], [0, 0, 1, 1], False),
    ],
)
def test_complement(foreground, found, expected):
    foreground, found = np.array(foreground, bool), np.array(found, bool)
    cut = split_of(foreground[None], ~foreground[None])
    assert is_complement(cut, found[None]) is expected


def split_of(foreground, background):
    return Bipartition(
        foreground=foreground,
        background=background,
        component=foreground,
        seed=(0, 0),
        eigenvector=foreground.astype(float),
    )


def test_complement_has_a_threshold():
    found = np.zeros((10, 10), bool)
    found[:5] = True
    nearly = ~found
    nearly[-1, :3] = False  # IoU 47/50
    for sides in ((nearly, ~nearly), (~nearly, nearly)):
        cut = split_of(*sides)
        assert not is_complement(cut, found, 0.95)
        assert is_complement(cut, found, 0.93)


def test_the_other_side_of_a_cut_of_what_is_left_holds_nothing_found():
    # Half of the grid is found and out of the graph: a cut that takes one
    # of the other 50 patches leaves the rest, which found patches, were
    # they counted, would hide.
    found = np.zeros((10, 10), bool)
    found[:5] = True
    one = np.zeros((10, 10), bool)
    one[9, 9] = True
    assert is_complement(split_of(one, ~one & ~found), found, 0.97)
    assert not is_complement(split_of(one, ~one), found, 0.97)


def noisy_ground():
    """An object on a ground whose patches are nearly all alike."""
    rng = np.random.default_rng(0)
    mask = np.zeros((18, 18), bool)
    mask[5:12, 4:12] = True
    noise = 0.15 * rng.normal(size=(40, 18, 18))
    kinds = np.stack([mask, ~mask]).astype(float)
    features = np.concatenate([kinds, noise * ~mask])
    return features, mask


def test_early_stop_when_the_rest_is_all_that_is_left():
    features, mask = noisy_ground()
    depth = np.where(mask, 0.2, 0.9)
    settings = {'semantic': {'tau_ncut': 0.3, 'sharpening': None}}
    steps = touching(**settings).steps(features, depth)
    assert len(steps) == 1 and np.array_equal(steps[0].local_cut, mask)
    # No overlap exceeds 1: with that threshold the steps go on.
    longer = touching(early_stop=1, **settings).steps(features, depth)
    assert len(longer) == 3


@pytest.mark.parametrize(
    'features',
    [
        np.ones((4, 8, 8)),
        np.zeros((4, 8, 8)),
        np.ones((3, 1, 1)),
        np.eye(4).reshape(4, 2, 2),
    ],
    ids=['flat', 'zero', 'one patch', 'all different'],
)
@pytest.mark.parametrize('preset', PRESETS)
def test_nothing_to_cut(features, preset):
    cutter = CutS3D.from_preset(preset)
    grid = features.shape[1:]
    depth = np.linspace(0, 1, grid[0] * grid[1]).reshape(grid)
    image = np.zeros((16, 16, 3), np.uint8)
    (step,) = cutter.steps(features, depth, image)
    assert step.status == 'no structure'
    assert np.array_equal(step.depth, depth.astype(np.float32))
    got = cutter(image, features, depth)
    assert len(got) == 0 and got.patch_masks.shape == (0, *grid)


def test_same_answer_twice_and_inputs_untouched(squares):
    scene = squares()
    arguments = scene.image, scene.features, scene.depth
    before = [np.copy(array) for array in arguments]
    cutter = touching(refine=NO_CRF)
    one, two = cutter(*arguments), cutter(*arguments)
    assert np.array_equal(one.masks, two.masks)
    for array, copy in zip(arguments, before, strict=True):
        assert np.array_equal(array, copy)


def test_torch_tensors_are_taken(squares):
    torch = pytest.importorskip('torch')
    scene = squares()
    cutter = touching(refine=NO_CRF)
    plain = cutter(scene.image, scene.features, scene.depth)
    got = cutter(
        torch.from_numpy(scene.image),
        torch.from_numpy(scene.features).requires_grad_(),
        torch.from_numpy(scene.depth),
    )
    assert np.array_equal(got.masks, plain.masks)


@pytest.mark.parametrize('name', ['demo1', 'demo7'])
def test_photograph(real_features, name):
    """A real image keeps every promise of the docstrings."""
    features = real_features('maskcut_demo', name)
    path = shared_data('maskcut_demo', 'depth_pydnetpp', f'{name}.png')
    with Image.open(path) as file:
        depth = np.asarray(file, np.float32) / 65535
    image = np.zeros((*depth.shape, 3), np.uint8)
    got = touching(refine=NO_CRF)(image, features, depth)
    assert len(got) >= 1
    assert (got.patch_masks.sum(axis=0) <= 1).all()
    for mask, confidence, score in zip(
        got.patch_masks, got.confidences, got.scores, strict=True
    ):
        inside = confidence[mask]
        assert inside.min() >= 1 / 6 and inside.max() <= 1
        assert not confidence[~mask].any()
        floored = np.maximum(inside, MIN_CONFIDENCE)
        assert score == pytest.approx(floored.mean(), abs=1e-5)
        np.testing.assert_allclose(inside * 6, np.rint(inside * 6), atol=1e-4)


@pytest.mark.parametrize('num_cuts,has', [(1, False), (2, True)])
def test_one_cut_cannot_disagree_and_has_no_confidence(squares, num_cuts, has):
    scene = squares()
    cut = CutS3D(local={'num_cuts': num_cuts}, refine={'crf': False})
    found = cut(scene.image, scene.features, scene.depth)
    assert len(found) and (found.confidences is not None) is has
    assert (found.scores == 1).all()
    nothing = cut(scene.image, np.ones_like(scene.features), scene.depth)
    assert not len(nothing) and (nothing.confidences is not None) is has
