"""Neighbours against all cosines at once; runs that stop; pairs."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmcuts3d.models.features import ClassicalFeatures
from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.neighbours import (
    Neighbours,
    PairedImages,
    find_neighbours,
    image_ids,
    nearest_images,
    pool_features,
)
from projects.depthg.tests.tiny_folder import folder_config, write_folder


def unit(number, channels=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(number, channels))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def slow(descriptors, number):
    cosines = descriptors @ descriptors.T
    found = []
    for index, row in enumerate(cosines):
        others = [j for j in range(len(row)) if j != index]
        others.sort(key=lambda j: (-round(row[j], 9), j))
        found.append(others[:number])
    return np.array(found)


@pytest.mark.parametrize('chunk', [1, 7, 50, 1000])
def test_equals_all_cosines_at_once(chunk):
    descriptors = unit(50)
    indices, cosines = nearest_images(descriptors, 6, chunk)
    assert np.array_equal(indices, slow(descriptors, 6))
    rows = np.arange(50)[:, None]
    expected = (descriptors @ descriptors.T)[rows, indices]
    np.testing.assert_allclose(cosines, expected, atol=1e-9)


@pytest.mark.parametrize('chunk', [3, 40])
def test_the_same_image_twice(chunk):
    descriptors = np.repeat(unit(10), 4, axis=0).astype(np.float32)
    indices, _ = nearest_images(descriptors, 3, chunk)
    for index in range(40):
        group = index // 4 * 4
        twins = [j for j in range(group, group + 4) if j != index]
        assert indices[index].tolist() == twins


def test_lengths_other_than_1_are_refused():
    with pytest.raises(ValueError, match='length 1, but got .* to 3'):
        nearest_images(3 * unit(5), 2)
    with pytest.raises(ValueError, match='`number`.* but got 0'):
        nearest_images(unit(5), 0)
    with pytest.raises(ValueError, match='`chunk`.* but got 0'):
        nearest_images(unit(5), 1, 0)


def test_opposite_images_are_the_last():
    first = unit(1)[0]
    descriptors = np.stack([first, -first, first, -first])
    indices, cosines = nearest_images(descriptors, 3)
    assert indices.tolist() == [[2, 1, 3], [3, 0, 2], [0, 1, 3], [1, 0, 2]]
    np.testing.assert_allclose(cosines[0], [1, -1, -1])


def test_fewer_images_than_neighbours():
    indices, _ = nearest_images(unit(3), 30)
    assert indices.shape == (3, 2)


def test_memory_is_bounded():
    import tracemalloc

    descriptors = unit(3000, 16).astype(np.float32)
    tracemalloc.start()
    nearest_images(descriptors, 5, 100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All cosines would take 72 MB.
    assert peak < 4e6


def test_pooling():
    features = torch.randn(2, 5, 3, 4)
    flat = features.flatten(2)
    mean = flat.mean(2)
    np.testing.assert_allclose(
        pool_features(features), mean / mean.norm(dim=1, keepdim=True)
    )
    both = torch.cat([mean, flat.var(2, unbiased=False).sqrt()], 1)
    np.testing.assert_allclose(
        pool_features(features, 'moments'),
        both / both.norm(dim=1, keepdim=True),
        rtol=1e-5,
    )
    centred = features - features.mean((2, 3), keepdim=True)
    assert not pool_features(centred).any()


class Features:
    """A source that can be stopped after some images."""

    def __init__(self, most=10**9):
        self.source = ClassicalFeatures(patch_size=4)
        self.seen = []
        self.most = most

    def __call__(self, images, samples):
        if len(self.seen) >= self.most:
            raise KeyboardInterrupt
        self.seen += [sample.img_id for sample in samples]
        return self.source(images, samples)


@pytest.fixture
def data(tmp_path):
    write_folder(tmp_path / 'set', number=7)
    return DATASETS.build(folder_config(tmp_path / 'set'))


def search(data, features, path, **more):
    settings = dict(pooling='moments', batch_size=2, number=3) | more
    return find_neighbours(data, features, path, **settings)


def test_a_run_that_was_stopped_goes_on(data, tmp_path):
    whole = search(data, Features(), tmp_path / 'whole.npz')
    path = tmp_path / 'out' / 'pairs.npz'
    stopped = Features(most=4)
    with pytest.raises(KeyboardInterrupt):
        search(data, stopped, path)
    assert not path.exists()
    told = []
    rest = Features()
    found = search(data, rest, path, tell=lambda *args: told.append(args))
    assert stopped.seen + rest.seen == image_ids(data)
    assert told == [(6, 7), (7, 7)]
    assert [one.name for one in path.parent.iterdir()] == ['pairs.npz']
    for one in (found, Neighbours.read(path)):
        assert np.array_equal(one.indices, whole.indices)
        np.testing.assert_allclose(one.cosines, whole.cosines, atol=1e-6)
    again = Features()
    assert np.array_equal(search(data, again, path).indices, whole.indices)
    assert again.seen == []


def test_what_is_of_other_images_is_refused(data, tmp_path):
    path = tmp_path / 'pairs.npz'
    with pytest.raises(KeyboardInterrupt):
        search(data, Features(most=2), path)
    with pytest.raises(ValueError, match=r'progress.json to be of these 7'):
        search(data, Features(), path, settings=dict(type='other'))
    (tmp_path / 'pairs.npz.descriptors').write_bytes(b'0')
    with pytest.raises(ValueError, match=r'descriptors to have .* bytes'):
        search(data, Features(), path)
    (tmp_path / 'pairs.npz.progress.json').unlink()
    search(data, Features(), path)
    with pytest.raises(ValueError, match=r'pairs.npz not to be there'):
        search(data, Features(), path, settings=dict(type='other'))
    with pytest.raises(ValueError, match=r'pairs.npz not to be there'):
        search(data, Features(), path, number=5)


def test_one_image_alone_is_refused(tmp_path):
    write_folder(tmp_path / 'set', number=1)
    data = DATASETS.build(folder_config(tmp_path / 'set'))
    with pytest.raises(ValueError, match='two images .* but got 000 alone'):
        search(data, Features(), tmp_path / 'pairs.npz')
    with pytest.raises(ValueError, match='two images at least, but got 1'):
        nearest_images(unit(1), 3)


def test_features_without_a_mean_are_refused(data, tmp_path):
    with pytest.raises(ValueError, match=r"for 000: .*pooling='moments'"):
        search(data, Features(), tmp_path / 'pairs.npz', pooling='mean')
    with pytest.raises(ValueError, match="`pooling`.* but got 'max'"):
        search(data, Features(), tmp_path / 'pairs.npz', pooling='max')


def test_pairs(data, tmp_path):
    path = tmp_path / 'pairs.npz'
    found = search(data, Features(), path)
    pairs = PairedImages(data, path, num_neighbours=2)
    assert len(pairs) == 7 and pairs.metainfo == data.metainfo
    drawn = {index: set() for index in range(7)}
    for number in range(70):
        item, again = pairs[number], pairs[number]
        index = number % 7
        assert torch.equal(item['inputs'], data[index]['inputs'])
        other = item['positive_samples'].img_id
        assert other == again['positive_samples'].img_id
        drawn[index].add(int(other))
        assert torch.equal(item['positive_inputs'], data[int(other)]['inputs'])
    for index, others in drawn.items():
        assert others == set(found.indices[index, :2].tolist())
    batch = pseudo_collate([pairs[0], pairs[1]])
    assert sorted(batch) == [
        'data_samples',
        'inputs',
        'positive_inputs',
        'positive_samples',
    ]


def test_pairs_from_a_config_and_more_neighbours_than_images(tmp_path):
    write_folder(tmp_path / 'set', number=3)
    config = folder_config(tmp_path / 'set')
    path = tmp_path / 'pairs.npz'
    search(DATASETS.build(config), Features(), path)
    pairs = DATASETS.build(
        dict(
            type='mmcuts3d.PairedImages',
            dataset=config,
            neighbours=str(path),
        )
    )
    assert pairs.indices.shape == (3, 2)


def test_bad_pairs(data, tmp_path):
    path = tmp_path / 'pairs.npz'
    with pytest.raises(ValueError, match='`neighbours` .*find_neighbours.py'):
        PairedImages(data, path)
    search(data, Features(), path)
    with pytest.raises(ValueError, match='`num_neighbours`.* but got 0'):
        PairedImages(data, path, num_neighbours=0)
    with pytest.raises(ValueError, match=r'hold 5 neighbours .* but got 3'):
        PairedImages(data, path, num_neighbours=5)
    write_folder(tmp_path / 'other', number=5)
    other = DATASETS.build(folder_config(tmp_path / 'other'))
    with pytest.raises(ValueError, match='these 5 images, but got those of 7'):
        PairedImages(other, path)
    path.write_bytes(b'nothing')
    with pytest.raises(ValueError, match=r'pairs\.npz to be a file of neigh'):
        PairedImages(data, path)
    np.savez(
        path,
        indices=np.full((7, 3), 9),
        cosines=np.ones((7, 3)),
        images=np.zeros(3, np.uint8),
        digest=np.zeros(3, np.uint8),
    )
    with pytest.raises(ValueError, match=r'indices \(n, k\) from 0'):
        PairedImages(data, path)


def test_features_of_several_channels_are_refused(data, tmp_path):
    calls = SimpleNamespace(number=0)

    def features(images, samples):
        calls.number += 1
        return torch.rand(len(images), 3 + calls.number, 2, 2)

    with pytest.raises(ValueError, match='features of 4 channels for 002'):
        search(data, features, tmp_path / 'pairs.npz', pooling='mean')
