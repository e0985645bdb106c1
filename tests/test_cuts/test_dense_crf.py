"""The CRF against MaskCut's recipe written out with pydensecrf's helpers."""

import numpy as np
import pytest
from helpers import shared_data
from helpers.crf import crf_scene, gaussian_filter, pydensecrf_recipe
from PIL import Image

from mmcuts3d.cuts import dense_crf, mask_iou
from mmcuts3d.cuts.crf.lattice import Lattice


@pytest.fixture
def scene():
    return crf_scene()


def test_equals_the_recipe(scene):
    image, rough, _ = scene
    expected = pydensecrf_recipe(image, rough)
    got = dense_crf(image, rough)
    assert got.dtype == bool and got.shape == rough.shape
    assert np.array_equal(got, expected)
    assert not np.array_equal(got, rough)


def test_soft_masks_and_other_settings(scene):
    pytest.importorskip('pydensecrf')
    image, rough, _ = scene
    soft = np.where(rough, 0.7, 0.2)
    assert np.array_equal(
        dense_crf(image, soft), pydensecrf_recipe(image, soft)
    )
    still = dense_crf(image, soft, gaussian_weight=0, bilateral_weight=0)
    assert np.array_equal(still, rough)


def test_unknown_pixels_are_undecided(scene):
    pytest.importorskip('pydensecrf')
    image, rough, _ = scene
    unknown = np.zeros(rough.shape, bool)
    unknown[:, 30:] = True
    expected = pydensecrf_recipe(image, np.where(unknown, 0.5, rough))
    assert np.array_equal(dense_crf(image, rough, unknown), expected)
    nowhere = np.zeros_like(unknown)
    assert np.array_equal(
        dense_crf(image, rough, nowhere), dense_crf(image, rough)
    )


def test_snaps_to_the_edges_of_the_image(scene):
    image, rough, truth = scene
    image = np.where(truth[..., None], 200, 60).astype(np.uint8)
    image = np.repeat(image, 3, axis=2)
    assert np.array_equal(dense_crf(image, rough), truth)


def test_takes_any_view_of_an_image(scene):
    image, rough, _ = scene
    expected = dense_crf(image, rough)
    locked = image.copy()
    locked.flags.writeable = False
    assert np.array_equal(dense_crf(locked, rough), expected)
    strided = np.repeat(image, 2, axis=1)[:, ::2]
    assert np.array_equal(dense_crf(strided, rough), expected)


@pytest.mark.parametrize('value', [False, True])
def test_uniform_masks_stay(scene, value):
    image = scene[0]
    mask = np.full(image.shape[:2], value)
    assert np.array_equal(dense_crf(image, mask), mask)


def test_one_pixel():
    image = np.zeros((1, 1, 3), np.uint8)
    assert dense_crf(image, [[True]]).tolist() == [[True]]


@pytest.mark.parametrize(
    'change,words',
    [
        ({'mask': np.ones((3, 3))}, r'\(40, 56\), but got shape \(3, 3\)'),
        ({'image': np.zeros((40, 56, 3))}, 'uint8 RGB, but got .* float64'),
        (
            {'unknown': np.ones((3, 3), bool)},
            r'`unknown` .*\(40, 56\), but got shape \(3, 3\)',
        ),
        ({'iterations': 0}, '`iterations`.* but got 0'),
    ],
)
def test_bad_input(scene, change, words):
    arguments = dict(image=scene[0], mask=scene[1], **{}) | change
    with pytest.raises(ValueError, match=words):
        dense_crf(**arguments)


def test_masks_of_an_image_are_refined_as_each_alone(scene):
    image, rough, truth = scene
    rng = np.random.default_rng(1)
    masks = np.stack(
        [
            rough,
            truth,
            ~rough,
            np.zeros_like(rough),
            rng.random(rough.shape) < 0.5,
            np.roll(rough, 5, 1),
        ]
    )
    unknown = rng.random(masks.shape) < 0.2
    together = dense_crf(image, masks, unknown)
    for mask, blank, got in zip(masks, unknown, together, strict=True):
        assert np.array_equal(got, dense_crf(image, mask, blank))
    assert dense_crf(image, masks[:0]).shape == (0, *rough.shape)


def test_real_images_as_the_recipe_has_them():
    folder = shared_data('coco_photos', 'images')
    rng = np.random.default_rng(0)
    for path in sorted(folder.glob('*.jpg'))[:2]:
        picture = Image.open(path).convert('RGB').resize((160, 160))
        image = np.array(picture)
        coarse = np.kron(rng.random((8, 8)) < 0.4, np.ones((20, 20))) > 0
        expected = pydensecrf_recipe(image, coarse)
        assert mask_iou(dense_crf(image, coarse), expected) > 0.999


def test_the_filter_is_a_gaussian():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 6, (400, 3)).astype(np.float32)
    values = np.zeros((400, 4), np.float32)
    values[:, :2] = rng.random((400, 2))
    got = Lattice.of(points).filter(values)
    exact = gaussian_filter(points, values)
    # The lattice is known to be an approximation.
    assert np.corrcoef(got[:, 0], exact[:, 0])[0, 1] > 0.97
    np.testing.assert_allclose(got[:, 0].mean(), exact[:, 0].mean(), rtol=0.02)
    assert not got[:, 2:].any()


@pytest.mark.parametrize('change', [{'bilateral_srgb': 1e-4}])
def test_widths_that_no_lattice_has_are_refused(scene, change):
    with pytest.raises(ValueError, match=r'at most 2\^64.*bilateral_srgb'):
        dense_crf(*scene[:2], **change)


@pytest.mark.parametrize('name', ['gaussian_sxy', 'bilateral_sxy'])
def test_settings_out_of_range(scene, name):
    with pytest.raises(ValueError, match=f'`{name}`'):
        dense_crf(*scene[:2], **{name: 0})
