"""Converters, on small files in the original formats."""

import runpy
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import ROOT
from PIL import Image
from scipy.io import savemat

from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.converters import (
    cityscapes,
    coco_stuff,
    nyu,
    potsdam,
)
from projects.depthg.tests.tiny_folder import folder_config

TOOL = ROOT / 'projects' / 'depthg' / 'tools' / 'convert_data.py'
#: What IIC, PiCIE and STEGO join: the class of values 0 to 181, by runs.
PUBLISHED = (
    '9 11*8 8*6 7*10 6*8 10*10 5*8 2*10 3*10 0*6 1*6 4*8 17 17 22 20 20 22 '
    '15 25 16 13 12 12 17 17 23 15 15 17 15 21 15 25 13 13 13 13 13 22 26 14 '
    '14 15 22 21 21 24 20 22 15 17 16 15 22 24 21 17 25 16 21 17 22 16 21 21 '
    '25 21 26 21 24 20 17 14 21 26 15 23 20 21 24 15 24 22 25 15 20 17 17 22 '
    '14 18*7 26 26 19 19 24'
)


def convert(*arguments):
    tool = runpy.run_path(str(TOOL))
    return tool['main']([str(one) for one in arguments])


def dataset(root, split, depth=False):
    prefix = dict(img_path='images', seg_map_path='labels')
    if depth:
        prefix['depth_path'] = 'depth'
    config = folder_config(root, ann_file=f'{split}.txt')
    config['data_prefix'] = prefix
    config['pipeline'] = config['pipeline'][:2] + config['pipeline'][-1:]
    return DATASETS.build(config)


def image_of(path, size=(6, 8), seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (*size, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return pixels


def labels_of(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, np.uint8)).save(path)


def test_coco_stuff_joins_as_published():
    expected = []
    for run in PUBLISHED.split():
        value, _, times = run.partition('*')
        expected += [int(value)] * int(times or 1)
    assert len(expected) == 182
    table = coco_stuff.class_table()
    assert table[:182].tolist() == expected
    assert set(table[182:255]) == {-1} and table[255] == 255
    assert len(coco_stuff.CLASSES.names) == 27
    names = coco_stuff.CLASSES.names
    for value, name in (
        (0, 'person'),
        (16, 'animal'),
        (93, 'plant'),
        (105, 'sky'),
        (148, 'ground'),
        (154, 'water'),
        (181, 'solid'),
    ):
        assert names[table[value]] == name


@pytest.fixture
def coco(tmp_path):
    root = tmp_path / 'coco'
    for split, numbers in (('train2017', (0, 1, 2)), ('val2017', (10, 11))):
        for index in numbers:
            name = f'{index:012d}'
            image_of(root / 'images' / split / f'{name}.jpg', seed=index)
            values = np.arange(48).reshape(6, 8) * 4 % 182
            values[0, 0] = 255
            labels_of(root / 'annotations' / split / f'{name}.png', values)
        listing = root / 'curated' / split / coco_stuff.CURATED
        listing.parent.mkdir(parents=True)
        listing.write_text(f'{numbers[1]:012d}\n{numbers[0]:012d}\n')
    return root


def test_coco_stuff(coco, tmp_path, capsys):
    target = tmp_path / 'out'
    assert convert('coco-stuff27', coco, target) == 0
    assert '2 of train, 2 of val' in capsys.readouterr().out
    data = dataset(target, 'val')
    assert data.metainfo['classes'] == coco_stuff.CLASSES.names
    sample = data[0]['data_samples']
    values = np.arange(48).reshape(6, 8) * 4 % 182
    expected = coco_stuff.class_table()[values]
    expected[0, 0] = 255
    assert np.array_equal(sample.label_map, expected)
    jpeg = target / 'images' / '000000000001.jpg'
    original = coco / 'images' / 'train2017' / jpeg.name
    assert jpeg.read_bytes() == original.read_bytes()


def test_coco_stuff_all_images_and_other_folders(coco, tmp_path):
    (coco / 'images' / 'train2017').rename(coco / 'train2017')
    (coco / 'images' / 'val2017').rename(coco / 'val2017')
    (coco / 'annotations').rename(coco / 'stuffthingmaps')
    convert('coco-stuff27', coco, tmp_path / 'out', '--all-images')
    assert len(dataset(tmp_path / 'out', 'train')) == 3


def test_a_conversion_that_was_stopped_goes_on(coco, tmp_path):
    path = coco / 'annotations' / 'val2017' / '000000000011.png'
    good = path.read_bytes()
    labels_of(path, np.full((6, 8), 200))
    target = tmp_path / 'out'
    with pytest.raises(SystemExit, match=r'011.png .*got \[200\] in 48 pix'):
        convert('coco-stuff27', coco, target)
    assert not (target / 'classes.json').exists()
    kept = target / 'labels' / '000000000001.png'
    before = kept.stat().st_mtime_ns
    path.write_bytes(good)
    convert('coco-stuff27', coco, target)
    assert kept.stat().st_mtime_ns == before
    assert len(dataset(target, 'val')) == 2
    with pytest.raises(SystemExit, match='holds a data set'):
        convert('coco-stuff27', coco, target)


def test_cityscapes(tmp_path):
    source, target = tmp_path / 'cs', tmp_path / 'out'
    values = np.arange(48).reshape(6, 8) % 34
    values[5, 7] = 255
    for split, stem in (('train', 'ulm_000000_000019'), ('val', 'ulm_9_9')):
        folder = source / 'leftImg8bit' / split / 'ulm'
        image_of(folder / f'{stem}_leftImg8bit.png')
        truth = source / 'gtFine' / split / 'ulm'
        labels_of(truth / f'{stem}_gtFine_labelIds.png', values)
        labels_of(truth / f'{stem}_gtFine_instanceIds.png', values)
    convert('cityscapes27', source, target)
    data = dataset(target, 'val')
    names = data.metainfo['classes']
    assert len(names) == 27
    got = data[0]['data_samples'].label_map.numpy()
    for number, name in (
        (7, 'road'),
        (11, 'building'),
        (23, 'sky'),
        (24, 'person'),
        (33, 'bicycle'),
    ):
        assert names[got[values == number][0]] == name
    assert (got[(values < 7) | (values == 255)] == 255).all()
    assert ((got == 255) == ((values < 7) | (values == 255))).all()
    again = 'ulm_000000_000019'
    image_of(folder / f'{again}_leftImg8bit.png')
    labels_of(truth / f'{again}_gtFine_labelIds.png', values)
    with pytest.raises(SystemExit, match=f'but got {again} twice'):
        convert('cityscapes27', source, tmp_path / 'twice')
    (truth / f'{stem}_gtFine_labelIds.png').unlink()
    (folder / f'{again}_leftImg8bit.png').unlink()
    with pytest.raises(SystemExit, match=r'labelIds.png, the label map of'):
        convert('cityscapes27', source, tmp_path / 'again')
    assert cityscapes.class_table()[40] == -1


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
    with pytest.raises(SystemExit, match='labelled_test.txt, one of'):
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
    with pytest.raises(SystemExit, match=words):
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
    with pytest.raises(SystemExit, match=words):
        convert('nyuv2', nyu_files[0], tmp_path / 'out')


def test_nyu_without_h5py(nyu_files, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(SystemExit, match='needs h5py: `pip install h5py`'):
        convert('nyuv2', nyu_files[0], tmp_path / 'out')


def test_sources_that_are_none(coco, tmp_path):
    with pytest.raises(SystemExit, match='SRC to be a folder'):
        convert('nyuv2', tmp_path / 'nowhere', tmp_path / 'out')
    with pytest.raises(SystemExit, match='images/train2017 or train2017'):
        convert('coco-stuff27', tmp_path, tmp_path / 'out')
    with pytest.raises(SystemExit, match=r'_leftImg8bit.png, but got none'):
        convert('cityscapes27', tmp_path, tmp_path / 'out')
    (coco / 'curated' / 'val2017' / coco_stuff.CURATED).write_text('x\n')
    with pytest.raises(SystemExit, match=r'1 are not there: x.jpg'):
        convert('coco-stuff27', coco, tmp_path / 'out')
    (coco / 'curated' / 'train2017' / coco_stuff.CURATED).unlink()
    with pytest.raises(SystemExit, match='--all-images takes all'):
        convert('coco-stuff27', coco, tmp_path / 'out2')
    assert Path(TOOL).is_file()
