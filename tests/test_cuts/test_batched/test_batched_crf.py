"""The CRF in torch, on CPU tensors, against the reference in numba."""

import inspect

import numpy as np
import pytest
import torch
from helpers import shared_data
from helpers.crf import crf_scene, gaussian_filter, pydensecrf_recipe
from PIL import Image

from mmcuts3d.cuts import dense_crf, mask_iou
from mmcuts3d.cuts.batched import dense_crf as twin
from mmcuts3d.cuts.batched.crf import ImageCRF, Lattice
from mmcuts3d.cuts.crf import Lattice as ReferenceLattice


@pytest.mark.parametrize('dim', [1, 2, 3, 5])
@pytest.mark.parametrize('spread', [0.1, 6, 300])
def test_lattice_of_points(dim, spread):
    rng = np.random.default_rng(dim)
    points = rng.uniform(-spread, spread, (400, dim)).astype(np.float32)
    points[200:300] = points[:100]  # points in one place
    values = rng.random((400, 2)).astype(np.float32)
    reference = ReferenceLattice.of(points)
    lattice = Lattice.of(torch.from_numpy(points))
    # The same vertices, under other numbers.
    pairs = np.stack([reference.vertices.ravel(), lattice.vertices.flatten()])
    numbers = np.unique(pairs, axis=1)
    assert numbers.shape[1] == reference.count == len(lattice.first) - 1
    assert len(np.unique(numbers[0])) == len(np.unique(numbers[1]))
    np.testing.assert_allclose(
        lattice.weights, reference.weights, rtol=1e-5, atol=1e-6
    )
    filtered = lattice.filter(torch.from_numpy(values))
    np.testing.assert_allclose(
        filtered, reference.filter(values), rtol=1e-5, atol=1e-6
    )


def test_lattice_is_a_gaussian():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 6, (400, 3)).astype(np.float32)
    values = rng.random((400, 2)).astype(np.float32)
    lattice = Lattice.of(torch.from_numpy(points))
    got = lattice.filter(torch.from_numpy(values)).numpy()
    exact = gaussian_filter(points, values)
    assert np.corrcoef(got[:, 0], exact[:, 0])[0, 1] > 0.97
    np.testing.assert_allclose(got.mean(), exact.mean(), rtol=0.02)


def test_signature_is_the_references():
    own = dict(inspect.signature(twin).parameters)
    assert own.pop('device').default == 'cpu'
    assert own == dict(inspect.signature(dense_crf).parameters)


@pytest.mark.parametrize(
    'size', [(1, 1), (1, 9), (9, 1), (2, 3), (37, 53), (64, 48)]
)
@pytest.mark.parametrize('unknown', [False, True])
def test_random_images(size, unknown):
    rng = np.random.default_rng(size[0])
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    image[size[0] // 2 :] //= 8  # one half noisy, one nearly flat
    masks = rng.random((6, *size)) < 0.4
    blank = rng.random(masks.shape) < 0.3 if unknown else None
    got = twin(image, masks, blank)
    expected = dense_crf(image, masks, blank)
    assert got.dtype == bool and got.shape == masks.shape
    np.testing.assert_array_equal(got, expected)
    if size == (37, 53):  # it did something, and not all at once
        assert (got != masks).any() and 0 < got.mean() < 1


@pytest.mark.parametrize('level', [0, 255])
def test_images_of_one_colour(level):
    rng = np.random.default_rng(0)
    image = np.full((30, 300, 3), level, np.uint8)
    masks = rng.random((3, 30, 300)) < 0.4  # background, were it all alike
    masks[:, :, :120] |= rng.random((3, 30, 120)) < 0.8
    expected = dense_crf(image, masks)
    np.testing.assert_array_equal(twin(image, masks), expected)
    assert 0 < expected.mean() < 1


@pytest.mark.parametrize(
    'settings',
    [
        {'iterations': 1},
        {'gaussian_weight': 0},
        {'bilateral_weight': 0},
        {'gaussian_weight': 0, 'bilateral_weight': 0},
        {'bilateral_sxy': 7.3, 'bilateral_srgb': 13, 'gaussian_sxy': 1.7},
    ],
)
def test_settings(settings):
    image, rough, _ = crf_scene()
    soft = np.where(rough, 0.7, 0.2)
    expected = dense_crf(image, soft, **settings)
    np.testing.assert_array_equal(twin(image, soft, **settings), expected)


def test_a_mask_is_refined_as_alone_and_again():
    image, rough, truth = crf_scene()
    rng = np.random.default_rng(1)
    noise = rng.random((4, *rough.shape)) < 0.5
    masks = np.stack([rough, truth, ~rough, *noise])
    together = twin(image, masks)
    np.testing.assert_array_equal(twin(image, masks), together)
    for mask, got in zip(masks, together, strict=True):
        np.testing.assert_array_equal(twin(image, mask), got)
    assert twin(image, masks[:0]).shape == (0, *rough.shape)


def test_a_run_repeats_to_the_bit():
    rng = np.random.default_rng(2)
    values = torch.from_numpy(rng.random((900, 3)).astype(np.float32))
    points = torch.from_numpy(rng.random((900, 5)).astype(np.float32) * 9)
    first, second = (Lattice.of(points).filter(values) for _ in range(2))
    assert torch.equal(first, second)


def test_inference_stops_at_a_fixed_point(monkeypatch):
    image = torch.zeros((6, 8, 3), dtype=torch.uint8)
    crf = ImageCRF(image, 7, 3, 10, 50, 5)
    asked = []
    inner = Lattice.filter
    monkeypatch.setattr(
        Lattice,
        'filter',
        lambda self, values: asked.append(1) or inner(self, values),
    )
    sure = torch.full((1, 48), 50.0)
    assert bool(crf(sure, 10).all())
    assert len(asked) == 2  # both terms, once


def test_takes_any_view_of_an_image():
    image, rough, _ = crf_scene()
    expected = twin(image, rough)
    locked = image.copy()
    locked.flags.writeable = False
    np.testing.assert_array_equal(twin(locked, rough), expected)
    turned = np.ascontiguousarray(image[::-1, :, ::-1])[::-1, :, ::-1]
    np.testing.assert_array_equal(twin(turned, rough), expected)
    tensors = torch.from_numpy(image), torch.from_numpy(rough)
    np.testing.assert_array_equal(twin(*tensors), expected)


@pytest.mark.parametrize(
    'change',
    [
        {'mask': np.ones((3, 3))},
        {'image': np.zeros((40, 56, 3))},
        {'unknown': np.ones((3, 3), bool)},
        {'iterations': 0},
        {'gaussian_weight': -1},
        {'gaussian_sxy': 0},
        {'bilateral_sxy': 0},
        {'bilateral_srgb': 1e-4},  # no lattice has so many places
    ],
)
def test_refuses_what_the_reference_refuses(change):
    image, rough, _ = crf_scene()
    arguments = {'image': image, 'mask': rough} | change
    with pytest.raises(ValueError) as expected:
        dense_crf(**arguments)
    with pytest.raises(ValueError) as got:
        twin(**arguments)
    assert str(got.value) == str(expected.value) != ''


def test_real_images_as_pydensecrf_has_them():
    folder = shared_data('coco_photos', 'images')
    rng = np.random.default_rng(0)
    paths = sorted(folder.glob('*.jpg'))[:3]
    assert len(paths) == 3
    for path in paths:
        picture = Image.open(path).convert('RGB').resize((160, 120))
        image = np.array(picture)
        coarse = np.kron(rng.random((2, 6, 8)) < 0.4, np.ones((20, 20))) > 0
        got = twin(image, coarse)
        for mask, mine, its in zip(
            coarse, got, dense_crf(image, coarse), strict=True
        ):
            assert mask_iou(mine, pydensecrf_recipe(image, mask)) >= 0.98
            assert mask_iou(mine, its) > 0.999
