"""The CRF of many labels against pydensecrf, and against that of masks."""

import numpy as np
import pytest
from helpers import shared_data
from helpers.crf import crf_scene
from PIL import Image

from mmcuts3d.cuts import dense_crf, dense_crf_labels


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=0))
    return (shifted / shifted.sum(axis=0)).astype(np.float32)


def one_of(labels, number, sure=2.0):
    """(C, H, W) probabilities of a label map."""
    return softmax(sure * np.eye(number)[labels].transpose(2, 0, 1))


def reference(image, probabilities, sxy=3, wide=50, srgb=5, weights=(7, 10)):
    densecrf = pytest.importorskip('pydensecrf.densecrf')
    utils = pytest.importorskip('pydensecrf.utils')
    number, height, width = probabilities.shape
    model = densecrf.DenseCRF2D(width, height, number)
    unary = utils.unary_from_softmax(probabilities)
    model.setUnaryEnergy(np.ascontiguousarray(unary, np.float32))
    model.addPairwiseGaussian(sxy=sxy, compat=weights[0])
    model.addPairwiseBilateral(
        sxy=wide,
        srgb=srgb,
        rgbim=np.ascontiguousarray(image),
        compat=weights[1],
    )
    marginals = np.array(model.inference(10)).reshape(number, height, width)
    return marginals.argmax(axis=0)


def regions(seed, number, size=(48, 64)):
    """An image of regions of one colour each, and a map that is off."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 1, (3 * number, 2)) * size
    rows, columns = np.indices(size)
    far = [(rows - y) ** 2 + (columns - x) ** 2 for y, x in centres]
    truth = np.argmin(far, axis=0) % number
    colours = rng.uniform(0, 200, (number, 3))
    image = colours[truth] + rng.normal(0, 6, (*size, 3))
    rough = np.roll(truth, (2, -3), (0, 1))
    noise = rng.random(size) < 0.1
    rough[noise] = rng.integers(0, number, noise.sum())
    return image.clip(0, 255).astype(np.uint8), rough, truth


@pytest.mark.parametrize('number', [2, 3, 6, 27])
def test_equals_pydensecrf(number):
    image, rough, _ = regions(number, number)
    likely = one_of(rough, number)
    got = dense_crf_labels(image, likely)
    assert got.dtype == np.int64 and got.shape == rough.shape
    expected = reference(image, likely)
    assert (got == expected).mean() > 0.999
    assert (got != rough).any()


def test_equals_pydensecrf_with_other_settings():
    image, rough, _ = regions(1, 5)
    likely = softmax(
        np.random.default_rng(0).normal(0, 1, (5, *rough.shape))
        + np.eye(5)[rough].transpose(2, 0, 1)
    )
    got = dense_crf_labels(
        image,
        likely,
        gaussian_weight=3,
        gaussian_sxy=1,
        bilateral_weight=4,
        bilateral_sxy=67,
        bilateral_srgb=3,
    )
    expected = reference(image, likely, 1, 67, 3, (3, 4))
    assert (got == expected).mean() > 0.999


@pytest.mark.parametrize('seed', range(4))
def test_two_labels_are_the_crf_of_masks(seed):
    image, rough, _ = crf_scene()
    rng = np.random.default_rng(seed)
    soft = np.where(rough, 0.8, 0.3) + rng.uniform(-0.2, 0.2, rough.shape)
    likely = softmax(np.stack([1 - soft, soft]))
    got = dense_crf_labels(image, likely)
    assert np.array_equal(got == 1, dense_crf(image, soft))


def test_names_of_labels_do_not_matter():
    image, rough, _ = regions(4, 5)
    order = np.array([3, 0, 4, 1, 2])
    likely = one_of(rough, 5)
    got = dense_crf_labels(image, likely[order])
    assert np.array_equal(order[got], dense_crf_labels(image, likely))


def test_it_repairs_the_map():
    image, rough, truth = regions(7, 6)
    got = dense_crf_labels(image, one_of(rough, 6))
    assert (got == truth).mean() > (rough == truth).mean() + 0.1


def test_without_pairwise_terms_the_likeliest_label_stays():
    image, rough, _ = regions(2, 4)
    got = dense_crf_labels(
        image, one_of(rough, 4), gaussian_weight=0, bilateral_weight=0
    )
    assert np.array_equal(got, rough)


def test_one_label_and_one_pixel():
    image = np.zeros((1, 1, 3), np.uint8)
    assert dense_crf_labels(image, np.ones((1, 1, 1))).tolist() == [[0]]
    certain = np.array([0.0, 0.0, 1.0]).reshape(3, 1, 1)
    assert dense_crf_labels(image, certain).tolist() == [[2]]


def test_a_real_image_as_pydensecrf_has_it():
    folder = shared_data('coco_photos', 'images')
    path = sorted(folder.glob('*.jpg'))[0]
    picture = Image.open(path).convert('RGB').resize((160, 160))
    image = np.array(picture)
    coarse = np.random.default_rng(0).integers(0, 7, (8, 8))
    rough = np.kron(coarse, np.ones((20, 20), int))
    likely = one_of(rough, 7)
    got = dense_crf_labels(image, likely)
    assert (got == reference(image, likely)).mean() > 0.999


@pytest.mark.parametrize(
    'change,words',
    [
        ({'image': np.zeros((4, 4, 3))}, 'uint8 RGB, but got .* float64'),
        ({'probabilities': np.ones((4, 4))}, r'\(C, H, W\).*\(4, 4\)'),
        ({'probabilities': np.ones((2, 3, 4))}, r'\(4, 4\).*\(2, 3, 4\)'),
        ({'probabilities': np.ones((0, 4, 4))}, r'shape \(0, 4, 4\)'),
        ({'probabilities': np.full((2, 4, 4), 3.0)}, 'from 3 to 3.*softmax'),
        ({'probabilities': np.full((2, 4, 4), np.nan)}, r'lie in \[0, 1\]'),
        ({'probabilities': np.full((2, 4, 4), 0.2)}, 'sums from 0.4 to 0.4'),
        ({'iterations': 0}, '`iterations`.* but got 0'),
        ({'bilateral_sxy': 0}, '`bilateral_sxy`'),
    ],
)
def test_bad_input(change, words):
    arguments = dict(
        image=np.zeros((4, 4, 3), np.uint8),
        probabilities=np.full((2, 4, 4), 0.5),
    )
    with pytest.raises(ValueError, match=words):
        dense_crf_labels(**(arguments | change))
