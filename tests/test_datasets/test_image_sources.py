"""Lists, COCO files and tar shards as inputs: names, order, refusals."""

import io
import json
import tarfile

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.datasets import image_source
from mmcuts3d.files import image_size, read_image
from mmcuts3d.files.tars import tar_members
from mmcuts3d.registry import DATASETS


@pytest.fixture(autouse=True)
def mmdet_scope():
    init_default_scope('mmdet')


def png(value):
    buffer = io.BytesIO()
    Image.new('RGB', (6 + value, 5), (value, 0, 0)).save(buffer, 'PNG')
    return buffer.getvalue()


def write_tar(path, members, mode='w'):
    with tarfile.open(path, mode) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes, as ImageNet lies; the same images in two tars."""
    for name in ('n01', 'n02'):
        (tmp_path / 'train' / name).mkdir(parents=True)
    for number, name in enumerate(['n02/b', 'n01/a', 'n02/c'], start=1):
        (tmp_path / 'train' / f'{name}.png').write_bytes(png(number))
    (tmp_path / 'tars').mkdir()
    write_tar(
        tmp_path / 'tars' / 'x-1.tar',
        [
            ('b.png', png(1)),
            ('b.cls', b'7'),
            ('b.seg.png', png(9)),
            ('./a.png', png(2)),
        ],
    )
    write_tar(tmp_path / 'tars' / 'x-0.tar', [('n02/c.png', png(3))])
    return tmp_path


def build(images, ann_file=None, **settings):
    return DATASETS.build(
        {
            **image_source(images, ann_file),
            'pipeline': [{'type': 'mmcuts3d.LoadImage'}],
            'serialize_data': False,
            **settings,
        }
    )


def names(dataset):
    return [
        dataset.get_data_info(index)['file_name']
        for index in range(len(dataset))
    ]


def red(dataset):
    return [int(dataset[i]['img'][0, 0, 2]) for i in range(len(dataset))]


def test_each_input_gives_its_images(folder):
    dataset = build(folder / 'train', recursive=True)
    assert names(dataset) == ['n01/a.png', 'n02/b.png', 'n02/c.png']
    assert red(dataset) == [2, 1, 3]
    (folder / 'train' / 'some.txt').write_text(
        f'n02/c.png\n\n{folder}/train/n01/a.png\r\n'
    )
    for source in (
        (folder / 'train' / 'some.txt',),
        (folder / 'train', folder / 'train' / 'some.txt'),
    ):
        dataset = build(*source)
        assert names(dataset) == ['n02/c.png', 'n01/a.png']
        assert red(dataset) == [3, 2]
    rows = [{'id': 9, 'file_name': 'n02/b.png'}]
    (folder / 'train' / 'some.json').write_text(json.dumps({'images': rows}))
    dataset = build(folder / 'train' / 'some.json')
    assert dataset.get_data_info(0)['img_id'] == 9
    assert red(dataset) == [1]


def test_tars_are_read_in_their_order(folder):
    dataset = build(folder / 'tars')
    expected = ['x-0.tar/n02/c.png', 'x-1.tar/b.png', 'x-1.tar/a.png']
    assert names(dataset) == expected
    assert red(dataset) == [3, 1, 2]
    assert [dataset.get_data_info(i)['img_id'] for i in range(3)] == [1, 2, 3]
    one = build(folder / 'tars' / 'x-1.tar')
    assert names(one) == expected[1:]
    assert one.data_prefix['img'] == str(folder / 'tars')
    path = folder / 'tars' / 'x-1.tar' / 'a.png'
    assert image_size(path) == (5, 8)
    assert np.array_equal(
        read_image(path), read_image(folder / 'train' / 'n01' / 'a.png')
    )


def test_a_tar_that_changes_is_read_anew(folder):
    path = folder / 'tars' / 'x-0.tar'
    assert read_image(path / 'n02' / 'c.png')[0, 0, 0] == 3
    write_tar(path, [('one.txt', b'x' * 5000), ('n02/c.png', png(8))])
    assert read_image(path / 'n02' / 'c.png')[0, 0, 0] == 8
    with pytest.raises(ValueError, match=r'no member gone\.png in .*x-0\.tar'):
        read_image(path / 'gone.png')


def test_a_member_that_is_no_image_fails_alone(folder):
    write_tar(folder / 'bad.tar', [('a.png', b'none'), ('b.png', png(4))])
    dataset = build(folder / 'bad.tar')
    error = dataset[0]['data_samples'].error
    assert 'bad.tar/a.png to be a readable image' in error
    assert dataset[1]['img'].shape == (5, 10, 3)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('n01/a.png\n../x.png\n', r"line 2 of .*below .*'\.\./x\.png'"),
        ('/etc/x.png\n', 'line 1 of .*below'),
        ('n01/a.png\n\n./n01/a.png\n', 'line 3 of .*which is in line 1'),
        ('\n\n', 'to list images, but got none'),
    ],
)
def test_a_bad_list_names_its_line(folder, text, message):
    (folder / 'train' / 'bad.txt').write_text(text)
    with pytest.raises(ValueError, match=message):
        build(folder / 'train' / 'bad.txt')


def test_a_list_in_other_bytes_is_refused(folder):
    (folder / 'bad.txt').write_bytes(b'a.png\n\xff\xfe\n')
    with pytest.raises(ValueError, match='UTF-8'):
        build(folder / 'bad.txt')


def test_a_bad_tar_names_its_member(folder):
    path = folder / 'tars' / 'x-1.tar'
    with tarfile.open(path) as archive:
        cut = archive.getmember('b.seg.png').offset_data + 10
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ValueError, match=r'x-1\.tar .*b\.seg\.png cut off'):
        build(path)
    twice = write_tar(folder / 't.tar', [('a.png', png(1))] * 2)
    with pytest.raises(ValueError, match=r'member a\.png twice'):
        list(tar_members(twice))
    packed = write_tar(folder / 'z.tar', [('a.png', png(1))], 'w:gz')
    with pytest.raises(ValueError, match=r'z\.tar .*without compression'):
        list(tar_members(packed))


def test_an_input_of_no_kind_is_named(folder):
    with pytest.raises(ValueError, match=r"\.cls'.*"):
        (folder / 'x.cls').write_text('7')
        image_source(folder / 'x.cls')
    with pytest.raises(ValueError, match='to come with a folder'):
        image_source(folder / 'tars' / 'x-0.tar', folder / 'some.json')
    with pytest.raises(ValueError, match='to be a folder of images'):
        build(folder / 'nowhere')
