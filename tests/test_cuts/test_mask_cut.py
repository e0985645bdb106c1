"""MaskCut against the masks of its published procedure, and small scenes."""

from pathlib import Path

import numpy as np
import pytest
from helpers import shared_data
from helpers.cuts import mask_cut
from PIL import Image

from mmcuts3d.cuts import MaskCut, PseudoInstances, mask_iou

DEMO = ['demo1', 'demo3', 'demo5', 'demo7']
COCO = [9, 25, 30, 34, 36, 42, 49, 61, 64, 71]
# The published corner rule hangs on the sign that LAPACK gives: these ask
# the dense solver, which takes seconds.
DENSE = ['000000000025', '000000000036', '000000000042']


def reference(name):
    """Accepted patch masks (n, 60, 60) and CRF masks (m, 480, 480)."""
    path = shared_data('maskcut_reference', f'{name}.npz')
    with np.load(path) as data:
        patches = np.unpackbits(data['patch_masks'], count=3 * 60 * 60)
        pixels = np.unpackbits(data['crf_masks'], count=3 * 480 * 480)
    patches = patches.reshape(3, 60, 60).astype(bool)
    pixels = pixels.reshape(3, 480, 480).astype(bool)
    return patches[patches.any((1, 2))], pixels[pixels.any((1, 2))]


def photograph(name):
    folder = Path('maskcut_demo')
    if name not in DEMO:
        folder = Path('coco_photos', 'images')
    path = shared_data(*folder.parts, f'{name}.jpg')
    with Image.open(path) as image:
        resized = image.convert('RGB').resize((480, 480), Image.LANCZOS)
        return np.asarray(resized)


def features_of(name, load):
    return load('maskcut_demo' if name in DEMO else 'coco_photos', name)


def names():
    for name in DEMO + [f'{number:012d}' for number in COCO]:
        marks = [pytest.mark.slow] if name in DENSE else []
        yield pytest.param(name, marks=marks)


@pytest.mark.parametrize('name', names())
def test_patch_masks_of_the_published_procedure(real_features, name):
    expected, _ = reference(name)
    image = np.zeros((480, 480, 3), np.uint8)
    features = features_of(name, real_features)
    got = mask_cut()(image, features)
    assert len(got) == len(expected)
    assert int((got.patch_masks != expected).sum()) == 0


@pytest.mark.parametrize('name', ['demo1', 'demo3', 'demo7'])
def test_crf_masks_of_the_published_procedure(real_features, name):
    _, expected = reference(name)
    got = MaskCut()(photograph(name), features_of(name, real_features))
    assert len(got) == len(expected)
    for mask, want in zip(got.masks, expected, strict=True):
        assert mask_iou(mask, want) > 0.999


def objects(*masks, grid=20):
    """One kind of features per mask, one for the ground."""
    ground = ~np.any(masks, axis=0)
    return np.stack([*masks, ground]).astype(np.float32)


def block(rows, columns, grid=20):
    mask = np.zeros((grid, grid), bool)
    mask[slice(*rows), slice(*columns)] = True
    return mask


BIG, SMALL = block((3, 9), (4, 12)), block((12, 17), (10, 15))
IMAGE = np.zeros((40, 60, 3), np.uint8)


def test_finds_two_objects_of_two_kinds():
    features = objects(BIG, SMALL)
    steps = MaskCut().steps(features)
    got = mask_cut()(IMAGE, features)
    assert isinstance(got, PseudoInstances)
    # The ground alone has nothing to cut: a third mask would be noise.
    assert len(steps) == len(got) == 2
    found = {mask.tobytes() for mask in got.patch_masks}
    assert found == {BIG.tobytes(), SMALL.tobytes()}
    assert got.masks.shape[1:] == (40, 60)
    assert (got.scores == 1).all()
    assert got.confidences is None


def test_box_and_pixels_follow_the_patches():
    got = mask_cut(num_instances=1)(IMAGE, objects(BIG))
    assert np.array_equal(got.patch_masks, BIG[None])
    expected = np.kron(BIG, np.ones((2, 3), bool))
    assert np.array_equal(got.masks[0], expected)
    assert got.boxes.tolist() == [[12, 6, 36, 18]]


def test_step_shows_the_cut():
    (step,) = MaskCut(num_instances=1).steps(objects(BIG))
    assert step.accepted and step.depth is None and step.confidence is None
    assert np.array_equal(step.semantic_mask, BIG)
    assert np.array_equal(step.local_cut, BIG)
    assert BIG[step.seed]
    assert step.eigenvector[step.seed] == step.eigenvector.max()


def test_first_mask_is_kept_whatever_its_size():
    dot = block((5, 6), (5, 6))
    steps = MaskCut(num_instances=1).steps(objects(dot))
    assert steps[0].accepted and np.array_equal(steps[0].local_cut, dot)


def test_small_later_mask_is_not_kept_and_comes_again():
    # MaskCut removes nothing after a rejected mask: the cut repeats itself.
    dots = [block((5, 6), (5, 6)), block((14, 15), (12, 15))]
    steps = MaskCut(selection={'min_area': 0.01}).steps(objects(*dots))
    assert [step.status for step in steps] == [
        'accepted',
        'too small',
        'too small',
    ]
    assert np.array_equal(steps[1].local_cut, steps[2].local_cut)


def test_equal_settings_give_equal_masks_with_either_solver():
    rng = np.random.default_rng(0)
    features = np.concatenate([objects(BIG, SMALL), np.zeros((5, 20, 20))])
    features += 0.2 * rng.normal(size=features.shape)

    def cut(solver):
        # Two steps: in the third all that was found ties for the seed.
        semantic = {'corner_rule': 'any_sign', 'solver': solver}
        return MaskCut(num_instances=2, semantic=semantic).steps(features)

    one, other = cut('lanczos'), cut('dense')
    assert [s.status for s in one] == [s.status for s in other]
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.semantic_mask, b.semantic_mask)


@pytest.mark.parametrize('scale', [4.0, 0.37])
def test_scaled_features_give_the_same_masks(scale):
    features = objects(BIG, SMALL)
    plain = mask_cut()(IMAGE, features)
    scaled = mask_cut()(IMAGE, scale * features)
    assert np.array_equal(plain.masks, scaled.masks)


@pytest.mark.parametrize('axis', [1, 2])
def test_mirrored_features_give_mirrored_masks(axis):
    features = objects(BIG, SMALL)
    plain = mask_cut()(IMAGE, features)
    mirrored = mask_cut()(IMAGE, np.flip(features, axis))
    back = np.flip(mirrored.patch_masks, axis)
    assert np.array_equal(plain.patch_masks, back)


@pytest.mark.parametrize(
    'features',
    [
        np.ones((4, 8, 8)),
        np.zeros((4, 8, 8)),
        np.ones((3, 1, 1)),
        np.ones((3, 1, 2)),
        np.eye(4).reshape(4, 2, 2),
    ],
    ids=['flat', 'zero', 'one patch', 'two patches', 'all different'],
)
def test_nothing_to_cut(features):
    (step,) = MaskCut().steps(features)
    assert step.status == 'no structure' and not step.accepted
    got = MaskCut()(IMAGE, features)
    assert len(got) == 0 and got.confidences is None
    (told,) = got.steps
    assert told.status == step.status and told.instance is None
    assert told.confidence is None
    assert got.masks.shape == (0, 40, 60)
    assert got.patch_masks.shape == (0, *features.shape[1:])


def test_everything_found_ends_the_steps():
    # Two halves: the second cut would be the rest, found and empty.
    half = block((0, 20), (0, 10))
    steps = MaskCut().steps(objects(half))
    assert 1 <= len(steps) <= 3 and steps[0].accepted


def test_image_smaller_than_the_grid():
    image = np.zeros((1, 1, 3), np.uint8)
    got = mask_cut()(image, objects(BIG))
    assert got.masks.shape[1:] == (1, 1)
