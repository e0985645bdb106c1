"""Converters of Potsdam-3 and NYUv2, on small files in their formats."""

import sys

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from projects.depthg.depthg.converters import nyu, potsdam
from projects.depthg.tests.originals import convert, dataset

SIX = np.array([colour for colour, _, _ in potsdam.COLOURS], np.uint8)


@pytest.fixture
def tiles(tmp_path):
    """Seven tiles of 2 x 2 squares, six of them with labels."""
    root = tmp_path / 'potsdam'
    rng = np.random.default_rng(0)
    truth = {}
    (root / '4_Ortho_RGBIR').mkdir(parents=True)
    (root / '5_Labels_all').mkdir()
    for index in range(7):
        stem = f'top_potsdam_2_1{index}'
        pixels = rng.integers(0, 255, (40, 42, 4)).astype(np.uint8)
        pixels = pixels.repeat(20, 0).repeat(20, 1)
        pixels[..., 3] = 0  # infrared, not transparency
        Image.fromarray(pixels).save(
            root / '4_Ortho_RGBIR' / f'{stem}_RGBIR.tif'
        )
        classes = rng.integers(0, 6, (40, 42)).repeat(20, 0).repeat(20, 1)
        truth[stem] = pixels[..., :3], classes
        if index < 6:
            Image.fromarray(SIX[classes]).save(
                root / '5_Labels_all' / f'{stem}_label.tif'
            )
    return root, truth


def test_potsdam_tiles(tiles, tmp_path):
    root, truth = tiles
    target = tmp_path / 'out'
    convert('potsdam3', root, target)
    train, val = dataset(target, 'train'), dataset(target, 'val')
    assert (len(train), len(val)) == (24, 4)
    three = np.array([0, 1, 2, 2, 0, 1])
    for data in (train, val):
        for item in data:
            sample = item['data_samples']
            stem, row, column = sample.img_id.rsplit('_', 2)
            top, left = 400 * int(row), 400 * int(column)
            pixels, classes = truth[stem]
            square = np.s_[top : top + 400 : 2, left : left + 400 : 2]
            image = item['inputs'].permute(1, 2, 0)
            assert np.array_equal(image, pixels[square])
            expected = three[classes[square]]
            if stem.endswith('_16'):
                expected[:] = 255
            assert np.array_equal(sample.label_map, expected)
    assert {item['data_samples'].img_id[:16] for item in val} == {
        'top_potsdam_2_15'
    }


def test_potsdam_crops_of_iic(tmp_path):
    root = tmp_path / 'crops'
    (root / 'imgs').mkdir(parents=True)
    (root / 'gt').mkdir()
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (200, 200, 4)).astype(np.uint8)
    values = rng.integers(0, 6, (200, 200))
    for name in 'abc':
        savemat(root / 'imgs' / f'{name}.mat', dict(img=image))
        if name != 'c':
            savemat(root / 'gt' / f'{name}.mat', dict(gt=values))
    for listing, name in (
        ('labelled_train.txt', 'a'),
        ('labelled_test.txt', 'b'),
        ('unlabelled_train.txt', 'c'),
    ):
        (root / listing).write_text(f'{name}\n')
    convert('potsdam3', root, tmp_path / 'out')
    train = dataset(tmp_path / 'out', 'train')
    val = dataset(tmp_path / 'out', 'val')
    three = np.array([0, 1, 2, 2, 0, 1])
    assert np.array_equal(val[0]['inputs'].permute(1, 2, 0), image[..., :3])
    for item in (train[0], val[0]):
        assert np.array_equal(item['data_samples'].label_map, three[values])
    assert (train[1]['data_samples'].label_map == 255).all()
    (root / 'labelled_test.txt').unlink()
    with pytest.raises(ValueError, match='labelled_test.txt, one of'):
        convert('potsdam3', root, tmp_path / 'again')


def break_potsdam(root, what):
    label = root / '5_Labels_all' / 'top_potsdam_2_10_label.tif'
    if what == 'colour':
        Image.new('RGB', (840, 800), (9, 9, 9)).save(label)
    elif what == 'size':
        Image.new('RGB', (9, 9), 'white').save(label)
    elif what == 'small':
        for path in (root / '5_Labels_all').iterdir():
            path.unlink()
        tile = root / '4_Ortho_RGBIR' / 'top_potsdam_2_10_RGBIR.tif'
        Image.new('RGBA', (9, 9)).save(tile)
    elif what == 'no tile':
        (root / '4_Ortho_RGBIR' / 'top_potsdam_2_10_RGBIR.tif').write_text('')
    elif what == 'labels':
        (root / '5_Labels_all').rename(root / 'labels')
    else:
        (root / '4_Ortho_RGBIR').rename(root / 'tiles')


@pytest.mark.parametrize(
    'what,words',
    [
        ('colour', r'10_label.tif .* six colours .* \[9, 9, 9\] in 672000'),
        ('size', r'10_label.tif .* size of its tile, \(800, 840\).*\(9, 9\)'),
        ('small', r'10_RGBIR.tif to have at least 400 x 400'),
        ('no tile', r'10_RGBIR.tif'),
        ('labels', '5_Labels_all or .* but got neither'),
        ('tiles', "2_Ortho_RGB or .* in 'imgs'"),
    ],
)
def test_bad_tiles(tiles, tmp_path, what, words):
    break_potsdam(tiles[0], what)
    with pytest.raises(ValueError, match=words):
        convert('potsdam3', tiles[0], tmp_path / 'out')


@pytest.fixture
def nyu_files(tmp_path):
    root = tmp_path / 'nyu'
    root.mkdir()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (4, 3, 10, 8)).astype(np.uint8)
    depths = rng.uniform(1, 5, (4, 10, 8)).astype(np.float32)
    depths[0, 0, 0] = 0
    labels = rng.integers(0, 895, (4, 10, 8)).astype(np.uint16)
    with h5py.File(root / nyu.DATA, 'w') as file:
        file['images'], file['depths'] = images, depths
        file['labels'] = labels
    mapping = rng.integers(1, 41, (1, 894))
    savemat(root / nyu.MAPPING, dict(mapClass=mapping))
    savemat(
        root / nyu.SPLITS,
        dict(trainNdxs=[[1], [4]], testNdxs=[[2], [3]]),
    )
    return root, images, depths, labels, mapping[0]


#: SceneNet's list, from class 1 of 40 on; 1 to 13 by the alphabet.
THIRTEEN = [
    *(12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7, 5),
    *(7, 3, 2, 6, 11, 7, 7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 6, 7),
]


@pytest.mark.parametrize('number', [13, 40])
def test_nyu(nyu_files, tmp_path, number):
    root, images, depths, labels, mapping = nyu_files
    target = tmp_path / 'out'
    convert('nyuv2', root, target, '--classes', number)
    for split, indices in (('train', (0, 3)), ('val', (1, 2))):
        data = dataset(target, split, depth=True)
        assert len(data.metainfo['classes']) == number
        for item, index in zip(data, indices, strict=True):
            sample = item['data_samples']
            assert sample.img_id == f'{index + 1:04d}'
            got = item['inputs'].permute(1, 2, 0)
            assert np.array_equal(got, images[index].transpose(2, 1, 0))
            forty = mapping[labels[index].T.astype(int) - 1]
            expected = forty - 1
            if number == 13:
                expected = np.array(THIRTEEN)[forty - 1] - 1
            expected = np.where(labels[index].T == 0, 255, expected)
            assert np.array_equal(sample.label_map, expected)
            depth = depths[index].T
            known = depth > 0
            near, far = depth[known].min(), depth[known].max()
            np.testing.assert_allclose(
                sample.depth.numpy()[known],
                (depth[known] - near) / (far - near),
                atol=1e-4,
            )


def break_nyu(root, what):
    if what in ('data', 'mapping', 'splits'):
        name = dict(data=nyu.DATA, mapping=nyu.MAPPING, splits=nyu.SPLITS)
        (root / name[what]).unlink()
    elif what == 'numbers':
        savemat(root / nyu.MAPPING, dict(mapClass=np.full(894, 41)))
    elif what == 'index':
        savemat(root / nyu.SPLITS, dict(trainNdxs=[[9]], testNdxs=[[1]]))
    elif what == 'key':
        savemat(root / nyu.SPLITS, dict(other=[[9]]))
    elif what == 'hdf5':
        (root / nyu.DATA).write_bytes(b'no')
    else:
        with h5py.File(root / nyu.DATA, 'a') as file:
            file['labels'][1, 0, 0] = 900


@pytest.mark.parametrize(
    'what,words',
    [
        ('data', 'labeled.mat, but got no such file'),
        ('mapping', 'classMapping40.mat, but got no such file'),
        ('splits', 'splits.mat, but got no such file'),
        ('numbers', "'mapClass' .* 1 to 40"),
        ('index', 'images from 1 to 4 .* but got 9'),
        ('key', "splits.mat to be a MATLAB file with 'trainNdxs'"),
        ('hdf5', 'labeled.mat to be the file of NYUv2'),
        ('label', r'image 2 of .*but got \[900\] in 1 pixels'),
    ],
)
def test_bad_nyu(nyu_files, tmp_path, what, words):
    break_nyu(nyu_files[0], what)
    with pytest.raises(ValueError, match=words):
        convert('nyuv2', nyu_files[0], tmp_path / 'out')


def test_nyu_without_h5py(nyu_files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(ImportError, match='needs h5py: `pip install h5py`'):
        convert('nyuv2', nyu_files[0], tmp_path / 'out')
