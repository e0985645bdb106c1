"""The CRF against MaskCut's recipe written out with pydensecrf's helpers."""

import sys

import numpy as np
import pytest

from mmcuts3d.cuts import dense_crf, refine_mask


@pytest.fixture
def scene():
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 56), bool)
    mask[8:30, 12:40] = True
    image = np.where(mask[..., None], 180, 70) + rng.integers(
        0, 30, (40, 56, 3)
    )
    rough = np.roll(mask, (3, -2), (0, 1))
    return image.astype(np.uint8), rough, mask


def recipe(image, mask):
    """Two labels, softmax of (1 - m, m), 10 rounds, the published terms."""
    densecrf = pytest.importorskip('pydensecrf.densecrf')
    utils = pytest.importorskip('pydensecrf.utils')
    logits = np.stack([1.0 - mask, mask])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=0)
    height, width = mask.shape
    unary = utils.unary_from_softmax(probabilities.reshape(2, -1))
    model = densecrf.DenseCRF2D(width, height, 2)
    model.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
    model.addPairwiseGaussian(sxy=3, compat=7)
    model.addPairwiseBilateral(
        sxy=50, srgb=5, rgbim=np.ascontiguousarray(image), compat=10
    )
    marginals = np.array(model.inference(10)).reshape(2, height, width)
    return np.argmax(marginals, axis=0).astype(bool)


def test_equals_the_recipe(scene):
    image, rough, _ = scene
    expected = recipe(image, rough)
    got = dense_crf(image, rough)
    assert got.dtype == bool and got.shape == rough.shape
    assert np.array_equal(got, expected)
    assert not np.array_equal(got, rough)


def test_soft_masks_and_other_settings(scene):
    pytest.importorskip('pydensecrf')
    image, rough, _ = scene
    soft = np.where(rough, 0.7, 0.2)
    assert np.array_equal(dense_crf(image, soft), recipe(image, soft))
    still = dense_crf(image, soft, gaussian_weight=0, bilateral_weight=0)
    assert np.array_equal(still, rough)


def test_unknown_pixels_are_undecided(scene):
    pytest.importorskip('pydensecrf')
    image, rough, _ = scene
    unknown = np.zeros(rough.shape, bool)
    unknown[:, 30:] = True
    expected = recipe(image, np.where(unknown, 0.5, rough))
    assert np.array_equal(dense_crf(image, rough, unknown), expected)
    nowhere = np.zeros_like(unknown)
    assert np.array_equal(
        dense_crf(image, rough, nowhere), dense_crf(image, rough)
    )


def test_snaps_to_the_edges_of_the_image(scene):
    pytest.importorskip('pydensecrf')
    image, rough, truth = scene
    image = np.where(truth[..., None], 200, 60).astype(np.uint8)
    image = np.repeat(image, 3, axis=2)
    assert np.array_equal(dense_crf(image, rough), truth)


def test_takes_any_view_of_an_image(scene):
    pytest.importorskip('pydensecrf')
    image, rough, _ = scene
    expected = dense_crf(image, rough)
    locked = image.copy()
    locked.flags.writeable = False
    assert np.array_equal(dense_crf(locked, rough), expected)
    strided = np.repeat(image, 2, axis=1)[:, ::2]
    assert np.array_equal(dense_crf(strided, rough), expected)


@pytest.mark.parametrize('value', [False, True])
def test_uniform_masks_stay(scene, value):
    pytest.importorskip('pydensecrf')
    image = scene[0]
    mask = np.full(image.shape[:2], value)
    assert np.array_equal(dense_crf(image, mask), mask)


def test_one_pixel():
    pytest.importorskip('pydensecrf')
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
    pytest.importorskip('pydensecrf')
    arguments = dict(image=scene[0], mask=scene[1], **{}) | change
    with pytest.raises(ValueError, match=words):
        dense_crf(**arguments)


def test_missing_package_names_the_remedy(scene, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pydensecrf', None)
    monkeypatch.setitem(sys.modules, 'pydensecrf.densecrf', None)
    with pytest.raises(
        ImportError, match=r'pip install pydensecrf2.*crf=False'
    ):
        dense_crf(*scene[:2])
    assert refine_mask(*scene[:2], crf=False) is not None
