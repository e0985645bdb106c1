"""Cached feature maps: formats, grids, and files that are not there."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import shared_data

from mmcuts3d.models.features.from_files import (
    FeaturesFromFiles,
    read_features,
)
from mmcuts3d.registry import MODELS

IMAGES = torch.zeros(1, 3, 8, 8)


def sample(path='images/a.jpg'):
    return SimpleNamespace(img_path=str(path))


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(5, 3, 4)).astype(np.float32)


def write(path, features):
    if path.suffix == '.npz':
        np.savez(path, features=features)
    elif path.suffix == '.npy':
        np.save(path, features)
    else:
        torch.save({'features': torch.from_numpy(features)}, path)


@pytest.mark.parametrize('suffix', ['.npz', '.npy', '.pt'])
def test_every_format_by_the_stem_of_the_image(suffix, features, tmp_path):
    write(tmp_path / f'a{suffix}', features)
    write(tmp_path / f'b{suffix}', 2 * features)
    module = MODELS.build(
        {'type': 'FeaturesFromFiles', 'root': tmp_path, 'suffix': suffix}
    )
    actual = module(IMAGES, [sample('x/b.jpg'), sample('x/a.png')])
    assert actual.dtype == torch.float32
    np.testing.assert_array_equal(actual[0], 2 * features)
    np.testing.assert_array_equal(actual[1], features)


def test_bare_tensor_and_batch_of_one(features, tmp_path):
    torch.save(torch.from_numpy(features).half()[None], tmp_path / 'a.pt')
    actual = read_features(tmp_path / 'a.pt')
    np.testing.assert_allclose(actual, features, atol=2e-3)


def test_integers_are_scaled(tmp_path):
    levels = np.arange(-6, 6, dtype=np.int8).reshape(3, 2, 2)
    np.savez(tmp_path / 'a.npz', features=levels, scale=np.float32(0.5))
    actual = read_features(tmp_path / 'a.npz')
    np.testing.assert_array_equal(actual, levels / 2)


def test_real_stand_in_features():
    root = shared_data('maskcut_demo', 'features_mobilenetv2')
    path = sorted(root.glob('*.npz'))[0]
    module = FeaturesFromFiles(root, grid=(60, 60))
    actual = module(IMAGES, [sample(path.with_suffix('.jpg').name)])
    assert actual.shape == (1, 64, 60, 60)
    data = np.load(path)
    expected = data['features'].astype(float) * float(data['scale'])
    np.testing.assert_allclose(actual[0], expected, rtol=1e-5)


def test_missing_file_is_named(tmp_path):
    module = FeaturesFromFiles(tmp_path, suffix=['.npz', '_f.npy'])
    with pytest.raises(ValueError, match=r'a\.jpg') as error:
        module(IMAGES, [sample()])
    message = str(error.value)
    assert f'{tmp_path}/a.npz or {tmp_path}/a_f.npy' in message


def test_the_folder_may_come_later(features, tmp_path):
    folder = tmp_path / 'later'
    module = FeaturesFromFiles(folder)
    with pytest.raises(
        FileNotFoundError, match=rf"`root` .*'{folder}'.*a\.jpg"
    ):
        module(IMAGES, [sample()])
    folder.mkdir()
    write(folder / 'a.npz', features)
    np.testing.assert_array_equal(module(IMAGES, [sample()])[0], features)


def test_other_grid(features, tmp_path):
    write(tmp_path / 'a.npz', features)
    module = FeaturesFromFiles(tmp_path, grid=(60, 60))
    with pytest.raises(
        ValueError, match=r'a\.npz .*\(60, 60\), but got \(3, 4\)'
    ):
        module(IMAGES, [sample()])


def test_batch_of_two_shapes(features, tmp_path):
    write(tmp_path / 'a.npz', features)
    write(tmp_path / 'b.npz', features[:, :2])
    module = FeaturesFromFiles(tmp_path)
    with pytest.raises(ValueError, match=r'b\.npz .*rest of its batch'):
        module(IMAGES, [sample(), sample('b.jpg')])


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ({'other': np.zeros((1, 2, 2))}, "'features', but got other"),
        ({'features': np.zeros((2, 2))}, r'\(C, h, w\), but got \(2, 2\)'),
        ({'features': np.full((1, 2, 2), np.nan)}, 'finite, but got 4'),
    ],
)
def test_bad_content(content, message, tmp_path):
    np.savez(tmp_path / 'a.npz', **content)
    with pytest.raises(ValueError, match=r'a\.npz .*' + message):
        read_features(tmp_path / 'a.npz')


@pytest.mark.parametrize('suffix', ['.npz', '.npy', '.pt'])
def test_file_that_is_no_array(suffix, tmp_path):
    path = tmp_path / f'a{suffix}'
    path.write_bytes(b'nothing of the kind')
    with pytest.raises(ValueError, match=rf'a{suffix} to be a readable'):
        read_features(path)


def test_pickles_are_refused(tmp_path):
    path = tmp_path / 'a.npy'
    np.save(path, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match='numbers, but got dtype object'):
        read_features(path)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'suffix': []}, '`suffix`'),
        ({'replace': '_rgb'}, '`replace` to be a pair'),
    ],
)
def test_bad_settings(kwargs, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        FeaturesFromFiles(**{'root': tmp_path, **kwargs})
