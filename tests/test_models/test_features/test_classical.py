"""Classical features: affinities of known textures, degenerate images."""

import numpy as np
import pytest
import torch
from helpers import shared_data
from skimage.color import rgb2lab
from skimage.measure import block_reduce

from mmcuts3d.models.features.classical import (
    ClassicalFeatures,
    classical_features,
)
from mmcuts3d.registry import MODELS

TAU = 0.15  # MaskCut's threshold on the cosine


def cosines(features):
    """(C, h, w) -> (h·w, h·w)."""
    columns = features.reshape(len(features), -1)
    columns = columns / np.linalg.norm(columns, axis=0).clip(1e-12)
    return columns.T @ columns


def two_textures(kind, side=160):
    """Left and right half differ in one respect; same mean colour if grey."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side]
    left = x < side // 2
    if kind == 'orientation':
        grey = np.where(left, np.sin(x * 2 * np.pi / 8), 0)
        grey = np.where(left, grey, np.sin(y * 2 * np.pi / 8))
        image = np.repeat((128 + 50 * grey)[..., None], 3, 2)
    elif kind == 'contrast':
        amplitude = np.where(left, 10, 50)
        grey = rng.standard_normal((side, side)) * amplitude
        image = np.repeat((128 + grey)[..., None], 3, 2)
    elif kind == 'colour':
        image = np.where(left[..., None], [170, 110, 100], [100, 120, 170])
        image = image + rng.normal(0, 12, (side, side, 1))
    else:
        stripes = np.sin(x * 2 * np.pi / 6) > 0
        image = np.where(left, 60 + 100 * stripes, 140)[..., None]
        image = image * np.array([1.0, 0.9, 0.6])
    return image.clip(0, 255).astype(np.uint8), left[4::8, 4::8]


@pytest.mark.parametrize(
    'kind', ['colour', 'contrast', 'orientation', 'stripes']
)
def test_one_kind_is_alike_and_two_kinds_are_not(kind):
    image, left = two_textures(kind)
    features = classical_features(image)
    affinity = cosines(features)
    label = left.ravel()
    same = label[:, None] == label
    np.fill_diagonal(same, False)
    assert affinity[same].mean() > TAU
    assert affinity[label[:, None] != label].mean() < TAU
    assert affinity[label[:, None] != label].mean() < 0


def test_each_channel_is_standardised():
    image, _ = two_textures('colour')
    features = classical_features(image)
    assert features.shape == (15, 20, 20)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(features.std((1, 2)), 1, atol=1e-4)


def test_colour_channels_are_patch_means_of_lab():
    """Against scikit-image's conversion and block means."""
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    features = classical_features(image, smooth=0)[:3]
    lab = block_reduce(rgb2lab(image), (8, 8, 1), np.mean)
    expected = np.moveaxis(lab, 2, 0)
    expected = expected - expected.mean((1, 2), keepdims=True)
    expected /= expected.std((1, 2), keepdims=True)
    np.testing.assert_allclose(features, expected, atol=0.02)


def test_mirrored_image_gives_mirrored_features_up_to_orientation():
    """The two diagonal orientations change places, the others stay."""
    image, _ = two_textures('colour')
    features = classical_features(image)
    mirrored = classical_features(np.ascontiguousarray(image[:, ::-1]))
    order = [*range(6), 6, 9, 8, 7, 10, 13, 12, 11, 14]
    np.testing.assert_allclose(
        mirrored[order][:, :, ::-1], features, atol=0.02
    )


@pytest.mark.parametrize('value', [0, 77, 255])
def test_constant_image_is_all_zeros(value):
    image = np.full((64, 48, 3), value, np.uint8)
    assert not classical_features(image).any()
    image[..., 1] = 13
    assert not classical_features(image).any()


def test_grey_image_has_no_colour():
    image, _ = two_textures('contrast')
    features = classical_features(image)
    assert not features[[1, 2, 4, 5]].any()
    assert features[[0, 3, 6, 14]].any((1, 2)).all()


@pytest.mark.parametrize(
    ('shape', 'patch_size', 'grid'),
    [
        ((1, 1), 8, (1, 1)),
        ((7, 30), 8, (1, 3)),
        ((50, 33), 16, (3, 2)),
        ((5, 6), 1, (5, 6)),
    ],
)
def test_grid_of_awkward_sizes(shape, patch_size, grid):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    features = classical_features(image, patch_size)
    assert features.shape == (15, *grid)
    assert np.isfinite(features).all()


def test_module_gives_the_function_for_each_image():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 32, 40, 3), dtype=np.uint8)
    module = MODELS.build({'type': 'ClassicalFeatures', 'smooth': 0.5})
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2).float()
    actual = module(tensor, None)
    assert actual.shape == (2, 15, 4, 5)
    for features, image in zip(actual, images, strict=True):
        expected = classical_features(image, smooth=0.5)
        np.testing.assert_array_equal(features.numpy(), expected)


def test_photograph_has_both_signs():
    cv2 = pytest.importorskip('cv2')
    folder = shared_data('maskcut_demo')
    path = sorted(folder.rglob('*.jpg'))[0]
    image = cv2.resize(cv2.imread(str(path))[..., ::-1], (480, 480))
    affinity = cosines(classical_features(image.copy()))
    share = (affinity > TAU).mean()
    assert 0.1 < share < 0.8


@pytest.mark.parametrize(
    ('image', 'kwargs', 'message'),
    [
        (np.zeros((8, 8)), {}, r'\(H, W, 3\) uint8 array, but got \(8, 8\)'),
        (np.zeros((8, 8, 3)), {}, 'but got .* float64'),
        (np.zeros((0, 8, 3), np.uint8), {}, 'to have pixels'),
        (np.zeros((8, 8, 3), np.uint8), {'patch_size': 0}, '`patch_size`'),
        (np.zeros((8, 8, 3), np.uint8), {'smooth': -1}, '`smooth`'),
    ],
)
def test_bad_arguments(image, kwargs, message):
    with pytest.raises(ValueError, match=message):
        classical_features(image, **kwargs)


def test_bad_batch():
    with pytest.raises(ValueError, match=r'shape \(B, 3, H, W\), but got'):
        ClassicalFeatures()(torch.zeros(3, 8, 8))
