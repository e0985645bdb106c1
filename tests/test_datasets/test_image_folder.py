"""A folder of images as a dataset: order, ids, and images that fail."""

import json

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.datasets import image_folder
from mmcuts3d.datasets.image_folder import ImageFolder
from mmcuts3d.registry import DATASETS

PIPELINE = [
    {'type': 'mmcuts3d.LoadImage'},
    {'type': 'mmdet.Resize', 'scale': (32, 32), 'keep_ratio': False},
    {
        'type': 'mmdet.PackDetInputs',
        'meta_keys': (
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
        ),
    },
]


@pytest.fixture(autouse=True)
def mmdet_scope():
    init_default_scope('mmdet')


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(['c.JPG', 'a.png', 'b.jpeg', 'd.webp']):
        Image.new('RGB', (40 + number, 30)).save(tmp_path / name)
    (tmp_path / 'notes.txt').write_text('no image')
    (tmp_path / '._a.png').write_text('no image either')
    (tmp_path / 'sub').mkdir()
    Image.new('RGB', (8, 8)).save(tmp_path / 'sub' / 'e.png')
    return tmp_path


def make(folder, **settings):
    # Serializing collects garbage, which takes a second each time.
    defaults = {'pipeline': PIPELINE, 'serialize_data': False}
    return ImageFolder(
        data_prefix={'img': str(folder)}, **{**defaults, **settings}
    )


def names(dataset):
    return [
        dataset.get_data_info(index)['file_name']
        for index in range(len(dataset))
    ]


def ids(dataset):
    return [
        dataset.get_data_info(index)['img_id'] for index in range(len(dataset))
    ]


def test_images_come_sorted_with_ids(folder):
    dataset = DATASETS.build(
        {
            'type': 'mmcuts3d.ImageFolder',
            'data_root': str(folder.parent),
            'data_prefix': {'img': folder.name},
            'pipeline': PIPELINE,
        }
    )
    assert names(dataset) == ['a.png', 'b.jpeg', 'c.JPG', 'd.webp']
    assert ids(dataset) == [1, 2, 3, 4]
    assert dataset.metainfo['classes'] == ('object',)
    sample = dataset[2]
    assert sample['inputs'].shape == (3, 32, 32)
    metainfo = sample['data_samples'].metainfo
    assert metainfo['img_path'] == str(folder / 'c.JPG')
    assert metainfo['ori_shape'] == (30, 40)
    assert 'error' not in metainfo


def test_sub_folders_on_request(folder):
    dataset = make(folder, recursive=True)
    assert names(dataset)[-1] == 'sub/e.png'
    assert dataset[4]['inputs'].shape == (3, 32, 32)


def test_skipped_images_leave_the_ids_alone(folder):
    dataset = make(folder, skip={'a.png', 'c.JPG'})
    assert names(dataset) == ['b.jpeg', 'd.webp']
    assert ids(dataset) == [2, 4]
    everything = ['a.png', 'b.jpeg', 'c.JPG', 'd.webp']
    assert len(make(folder, skip=everything)) == 0
    assert len(make(folder, skip=everything, serialize_data=True)) == 0
    with pytest.raises(ValueError, match='collection of file names'):
        make(folder, skip='a.png')


def test_a_coco_file_chooses_images_and_ids(folder):
    ann_file = folder / 'instances.json'
    images = [
        {'id': 70, 'file_name': 'd.webp', 'height': 30, 'width': 43},
        {'id': 30, 'file_name': 'missing.jpg', 'height': 5, 'width': 6},
        {'id': 50, 'file_name': 'b.jpeg'},
    ]
    ann_file.write_text(json.dumps({'images': images}))
    dataset = make(folder, ann_file=str(ann_file))
    assert names(dataset) == ['b.jpeg', 'd.webp', 'missing.jpg']
    assert ids(dataset) == [50, 70, 30]
    missing = dataset[2]['data_samples']
    assert 'missing.jpg' in missing.error
    assert missing.ori_shape == (5, 6)
    assert missing.img_id == 30


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('{"images": []}', 'to list images'),
        ('[1]', 'to be a COCO file'),
        ('{"images": [{"id": 1}]}', 'file_name'),
        ('no json', 'to be a COCO file'),
        (
            '{"images": [{"id": 1, "file_name": "a.png"},'
            ' {"id": 1, "file_name": "b.jpeg"}]}',
            'unique image ids',
        ),
    ],
)
def test_a_bad_coco_file_is_reported(folder, content, message):
    ann_file = folder / 'bad.json'
    ann_file.write_text(content)
    with pytest.raises(ValueError, match=f'bad.json.*{message}'):
        make(folder, ann_file=str(ann_file))
    with pytest.raises(ValueError, match=r'none\.json .*docs/datasets\.md'):
        make(folder, ann_file=str(folder / 'none.json'))


def test_bad_images_become_samples_with_an_error(folder):
    (folder / 'b.jpeg').write_text('no image')
    (folder / 'c.JPG').write_bytes((folder / 'c.JPG').read_bytes()[:100])
    dataset = make(folder)
    batch = pseudo_collate([dataset[index] for index in range(4)])
    errors = [s.metainfo.get('error') for s in batch['data_samples']]
    assert [error is None for error in errors] == [True, False, False, True]
    assert 'b.jpeg' in errors[1]
    assert 'c.JPG' in errors[2]
    sample = dataset[1]
    assert sample['inputs'].dtype == torch.uint8
    assert sample['inputs'].shape == (3, 1, 1)
    keys = {'img_path', 'img_id', 'ori_shape', 'img_shape', 'scale_factor'}
    assert keys <= set(sample['data_samples'].metainfo)


def test_an_error_without_words_is_an_error(folder):
    def speechless(results):
        raise ValueError

    sample = make(folder, pipeline=[speechless])[0]
    assert sample['data_samples'].error == 'ValueError()'


def test_training_draws_another_image_instead(folder):
    (folder / 'b.jpeg').write_text('no image')
    dataset = make(folder, test_mode=False)
    assert dataset.prepare_data(1) is None
    assert 'error' not in dataset[1]['data_samples'].metainfo


def test_errors_that_are_no_bad_input_pass(folder):
    def broken(results):
        raise KeyError('a mistake in a transform')

    with pytest.raises(KeyError):
        make(folder, pipeline=[broken])[0]


def test_two_images_of_one_stem_are_refused(folder):
    Image.new('RGB', (8, 8)).save(folder / 'a.bmp')
    with pytest.raises(ValueError, match=r'a\.bmp and a\.png'):
        make(folder)
    assert len(make(folder, unique_stems=False)) == 5


def test_a_folder_that_is_none_is_reported(folder, tmp_path_factory):
    with pytest.raises(ValueError, match='nowhere'):
        make(folder / 'nowhere')
    with pytest.raises(ValueError, match='to be a folder of images'):
        ImageFolder(data_prefix={}, pipeline=[])
    with pytest.raises(ValueError, match=r'to hold images.*at its top'):
        make(tmp_path_factory.mktemp('empty'))


def test_what_is_passed_over_is_said_once(folder, monkeypatch):
    said = []
    monkeypatch.setattr(
        image_folder, 'print_log', lambda text, *a, **k: said.append(text)
    )
    (folder / 'gone.png').symlink_to(folder / 'nowhere.png')
    make(folder)
    (note,) = said
    for words in ('4 images', '1 hidden (._a.png)', 'broken links (gone.png)'):
        assert words in note
    assert '1 images in sub-folders (sub/e.png)' in note
    assert '`recursive=True` takes' in note


def test_only_sub_folders_say_how_they_are_taken(tmp_path):
    (tmp_path / 'n01').mkdir()
    Image.new('RGB', (8, 8)).save(tmp_path / 'n01' / 'x.png')
    with pytest.raises(ValueError, match=r'n01/x\.png.*`recursive=True`'):
        make(tmp_path)


def test_two_images_of_one_name_in_two_folders(tmp_path):
    for name in ('n01', 'n02'):
        (tmp_path / name).mkdir()
        Image.new('RGB', (8, 8)).save(tmp_path / name / 'x.png')
    Image.new('RGB', (8, 8)).save(tmp_path / 'top.png')
    dataset = make(tmp_path, recursive=True)
    assert names(dataset) == ['n01/x.png', 'n02/x.png', 'top.png']
    samples = [dataset[index]['data_samples'] for index in range(3)]
    assert [sample.file_name for sample in samples] == names(dataset)
    assert [sample.shares_stem for sample in samples] == [True, True, False]


def test_a_folder_named_by_a_number(tmp_path, monkeypatch):
    (tmp_path / '2024').mkdir()
    Image.new('RGB', (8, 8)).save(tmp_path / '2024' / 'x.png')
    monkeypatch.chdir(tmp_path)
    assert names(make_at(2024)) == ['x.png']
    with pytest.raises(ValueError, match=r'`data_prefix\.img` .*commas'):
        make_at(['a', 'b'])


def make_at(value):
    return ImageFolder(
        data_prefix={'img': value}, pipeline=PIPELINE, serialize_data=False
    )
