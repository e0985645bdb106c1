"""Folders of images with label maps and depth: what comes out, what is
refused."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers import shared_data
from mmengine.dataset import pseudo_collate
from PIL import Image

from mmcuts3d.models.depth import DepthFromFiles
from mmcuts3d.registry import DATASETS
from projects.depthg.depthg.data import (
    MirrorAtRandom,
    NumberedSampler,
    ResizeCentreCrop,
    SegFolder,
    crop_window,
)
from projects.depthg.tests.tiny_folder import (
    CLASSES,
    folder_config,
    write_folder,
)


def five_crop(image, size):
    # torchvision imports on a CPU build once the registry has repaired it.
    from torchvision.transforms.functional import five_crop

    return five_crop(image, size)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'set', write_folder(tmp_path / 'set')


def test_image_labels_and_depth_are_those_of_the_files(folder):
    root, truth = folder
    data = DATASETS.build(folder_config(root, size=40))
    assert len(data) == 4
    assert data.metainfo['classes'] == CLASSES
    for index in range(4):
        item = data[index]
        sample = item['data_samples']
        image, classes, depth = (part[:, 8:48] for part in truth[index])
        assert item['inputs'].dtype == torch.uint8
        assert np.array_equal(item['inputs'].permute(1, 2, 0), image)
        assert sample.label_map.dtype == torch.int64
        assert np.array_equal(sample.label_map, classes)
        assert sample.depth.dtype == torch.float32
        spread = np.ptp(truth[index][2])
        expected = (depth - truth[index][2].min()) / spread
        np.testing.assert_allclose(sample.depth, expected, atol=1e-4)
        assert sample.img_id == f'{index:03d}'
        assert sample.ori_shape == (40, 56) and sample.img_shape == (40, 40)
    batch = pseudo_collate([data[0], data[1]])
    assert len(batch['inputs']) == len(batch['data_samples']) == 2


def test_ignored_pixels_stay_ignored(folder):
    root, _ = folder
    config = folder_config(root)
    config['pipeline'] = config['pipeline'][:2] + config['pipeline'][-1:]
    assert DATASETS.build(config)[0]['data_samples'].label_map[0, 0] == 255


def test_labels_and_depth_may_be_missing(tmp_path):
    write_folder(tmp_path, labels=False, depth=False)
    (tmp_path / 'classes.json').unlink()
    data = DATASETS.build(
        folder_config(tmp_path) | dict(data_prefix=dict(img_path='images'))
    )
    sample = data[0]['data_samples']
    assert sample.label_map is None and sample.depth is None
    assert 'label_map' not in sample


def test_five_crops_are_those_of_torchvision(folder):
    root, truth = folder
    config = folder_config(root, crops='five')
    del config['pipeline'][3]  # sizes stay
    data = DATASETS.build(config)
    assert len(data) == 20
    image, classes, _ = truth[1]
    windows = five_crop(torch.from_numpy(image).permute(2, 0, 1), (20, 28))
    maps = five_crop(torch.from_numpy(classes), (20, 28))
    for crop in range(5):
        item = data[5 + crop]
        assert torch.equal(item['inputs'], windows[crop])
        labels = item['data_samples'].label_map
        known = labels != 255
        assert torch.equal(labels[known], maps[crop][known])
        assert item['data_samples'].img_id == f'001#{crop}'


@pytest.mark.parametrize('size', [(7, 9), (10, 10), (1, 1)])
def test_windows_of_odd_sizes_are_those_of_torchvision(size):
    numbers = torch.arange(size[0] * size[1]).reshape(1, *size)
    half = (max(1, size[0] // 2), max(1, size[1] // 2))
    expected = five_crop(numbers, half)
    for crop in range(5):
        top, left, height, width = crop_window(crop, size, 0.5)
        mine = numbers[:, top : top + height, left : left + width]
        assert torch.equal(mine, expected[crop])


def test_depth_of_crops_keeps_the_range_of_the_image(folder):
    root, _ = folder
    data = DATASETS.build(folder_config(root, crops='five'))
    upper, lower = data[0]['data_samples'], data[2]['data_samples']
    assert upper.depth.min() > 0.45 and lower.depth.max() < 0.55


def test_depth_of_another_size_is_brought_to_the_image(folder):
    root, _ = folder
    for path in (root / 'depth').iterdir():
        depth = np.array(Image.open(path))
        Image.fromarray(depth[::2, ::2]).save(path)
    data = DATASETS.build(folder_config(root, size=40))
    got = data[0]['data_samples'].depth
    assert got.shape == (40, 40)
    assert np.array_equal(got[::2], got[1::2])


def test_labels_are_never_mixed():
    labels = np.zeros((37, 53), np.int64)
    labels[:, 20:] = 7
    results = dict(
        img=np.zeros((37, 53, 3), np.uint8), gt_seg_map=labels, depth=None
    )
    for shrink in ('area', 'nearest'):
        got = ResizeCentreCrop(16, shrink).transform(dict(results))
        assert got['img'].shape == (16, 16, 3)
        assert set(np.unique(got['gt_seg_map'])) == {0, 7}


def test_mirrors_all_and_repeats(folder):
    root, _ = folder
    config = folder_config(root)
    plain = DATASETS.build(folder_config(root))
    config['pipeline'].insert(-1, dict(type='mmcuts3d.MirrorAtRandom'))
    data = DATASETS.build(config)
    mirrored = []
    for draw in range(40):
        item, again, flat = data[draw], data[draw], plain[draw % 4]
        assert torch.equal(item['inputs'], again['inputs'])
        is_mirrored = not torch.equal(item['inputs'], flat['inputs'])
        mirrored.append(is_mirrored)
        sample, other = item['data_samples'], flat['data_samples']
        for one, two in (
            (item['inputs'], flat['inputs']),
            (sample.label_map, other.label_map),
            (sample.depth, other.depth),
        ):
            assert torch.equal(one.flip(-1) if is_mirrored else one, two)
    assert 8 < sum(mirrored) < 32


def test_numbers_go_on_and_two_processes_share_them(monkeypatch):
    data = list(range(5))
    sampler = iter(NumberedSampler(data, seed=3))
    numbers = [next(sampler) for _ in range(15)]
    assert sorted(numbers) == list(range(15))
    assert [n // 5 for n in numbers] == [0] * 5 + [1] * 5 + [2] * 5
    assert numbers[:5] != [n - 5 for n in numbers[5:10]]
    shares = []
    for rank in range(2):
        monkeypatch.setattr(
            'projects.depthg.depthg.data.numbered_sampler.get_dist_info',
            lambda rank=rank: (rank, 2),
        )
        half = iter(NumberedSampler(data, seed=3))
        shares.append([next(half) for _ in range(7)])
    assert shares[0] == numbers[0:14:2] and shares[1] == numbers[1:14:2]


def test_a_list_chooses_and_orders(folder):
    root, _ = folder
    (root / 'some.txt').write_text('002\n000.png\n')
    data = DATASETS.build(folder_config(root, ann_file='some.txt'))
    assert [data.get_data_info(i)['img_id'] for i in (0, 1)] == ['002', '000']


def break_list(text):
    def change(root):
        (root / 'some.txt').write_text(text)

    return change, dict(ann_file='some.txt')


def break_file(name, action):
    def change(root):
        action(root / name)

    return change, {}


def save(array):
    return lambda path: Image.fromarray(array).save(path)


BAD = {
    'a label map is missing': (
        *break_file('labels/002.png', lambda p: p.unlink()),
        'label map for each image, but got none for 1 of 4: 002.png',
    ),
    'depth is missing for one image': (
        *break_file('depth/001.png', lambda p: p.unlink()),
        'depth map for each image, but got none for 1 of 4: 001.png',
    ),
    'a label map has another size': (
        *break_file('labels/001.png', save(np.zeros((9, 9), np.uint8))),
        r'labels/001.png to have the size .*images/001.png, 40 x 56, but got '
        '9 x 9',
    ),
    'a class is outside the list': (
        *break_file('labels/000.png', save(np.full((40, 56), 7, np.uint8))),
        'labels/000.png to hold classes from 0 to 2, .* but got 7 in 2240',
    ),
    'a label map in colours': (
        *break_file('labels/000.png', save(np.zeros((40, 56, 3), np.uint8))),
        'labels/000.png to be a label map, .* mode RGB',
    ),
    'a label map that is none': (
        *break_file('labels/000.png', lambda p: p.write_bytes(b'no')),
        'labels/000.png',
    ),
    'classes without names': (
        *break_file('classes.json', lambda p: p.unlink()),
        '`classes`, the names .*classes.json, but got neither',
    ),
    'classes of another form': (
        *break_file('classes.json', lambda p: p.write_text('[]')),
        'classes.json to hold `classes`',
    ),
    'a class twice': (
        *break_file(
            'classes.json',
            lambda p: p.write_text(json.dumps(dict(classes=['a', 'a']))),
        ),
        'classes.json: .*different names, but got 2: a, a',
    ),
    'two images of one stem': (
        *break_file('images/000.bmp', save(np.zeros((40, 56), np.uint8))),
        'different stems, but got 000.bmp and 000.png',
    ),
    'no image': (
        *break_file('images', lambda p: [one.unlink() for one in p.iterdir()]),
        'images to hold images, but got none',
    ),
    'a list of images that are not there': (
        *break_list('000\n009\n'),
        'some.txt to list images .* 1 that are not there: 009',
    ),
    'a list with an image twice': (
        *break_list('000\n000\n'),
        'some.txt .*each once, but got some twice: 000',
    ),
    'an empty list': (*break_list(''), 'some.txt .*but got an empty list'),
    'no such list': (lambda root: None, dict(ann_file='x.txt'), 'x.txt'),
    'unknown crops': (lambda root: None, dict(crops='six'), "but got 'six'"),
    'an unknown prefix': (
        lambda root: None,
        dict(data_prefix=dict(img='images')),
        r"img_path, .* but got \['img'\]",
    ),
}


@pytest.mark.parametrize('case', BAD)
def test_bad_folders(folder, case):
    root, _ = folder
    change, settings, words = BAD[case]
    change(root)
    with pytest.raises(ValueError, match=words):
        data = DATASETS.build(folder_config(root) | settings)
        data[0]


@pytest.mark.parametrize(
    'make,words',
    [
        (lambda: ResizeCentreCrop(0), '`size`.* but got 0'),
        (lambda: ResizeCentreCrop(8, 'cubic'), "`shrink`.* but got 'cubic'"),
        (lambda: MirrorAtRandom(2), '`chance`.* but got 2'),
        (lambda: NumberedSampler([]), '`dataset`.* none'),
        (lambda: SegFolder(''), '`data_root`'),
    ],
)
def test_bad_settings(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_real_images_with_depth_of_another_size():
    root = shared_data('coco_photos')
    data = SegFolder(
        str(root),
        dict(img_path='images', depth_path='depth_pydnetpp'),
        crops='five',
        pipeline=folder_config(root, size=224)['pipeline'],
        indices=10,
    )
    for item in data:
        sample = item['data_samples']
        assert item['inputs'].shape == (3, 224, 224)
        assert sample.depth.shape == (224, 224) and sample.label_map is None
        assert 0 <= sample.depth.min() < sample.depth.max() <= 1
    whole = DepthFromFiles(root / 'depth_pydnetpp')
    path = data.get_data_info(4)['img_path']
    depth = whole.read(SimpleNamespace(img_path=path))
    # The middle of the image lies in the middle crop.
    height, width = depth.shape
    middle = depth[height // 4 : -height // 4, width // 4 : -width // 4]
    got = data[4]['data_samples'].depth
    assert abs(float(got.median()) - float(np.median(middle))) < 0.1


def test_a_palette_png_gives_numbers(folder):
    root, truth = folder
    path = root / 'labels' / '000.png'
    image = Image.fromarray(truth[0][1].astype(np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    image.save(path)
    data = DATASETS.build(folder_config(root, size=40))
    got = data[0]['data_samples'].label_map
    assert np.array_equal(got, truth[0][1][:, 8:48])
