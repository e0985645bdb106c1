"""Lists of images and labels to train on, as other tools write them."""

import pickle

import numpy as np
import pytest
from helpers.foreign_coco import NAMES, SIZE, changed, foreign, write
from mmengine.registry import init_default_scope
from PIL import Image

from mmcuts3d.datasets import ImageFolder, PseudoLabelDataset


@pytest.fixture(autouse=True)
def mmdet_scope():
    init_default_scope('mmdet')


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'images'
    folder.mkdir()
    for name in NAMES:
        Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(folder / name)
    return folder


def listed(folder, ann_file):
    return ImageFolder(
        data_prefix={'img': str(folder)},
        ann_file=str(ann_file),
        pipeline=[],
        serialize_data=False,
    )


def trained_on(folder, ann_file):
    return PseudoLabelDataset(
        ann_file=str(ann_file),
        data_prefix={'img': str(folder)},
        pipeline=[],
        serialize_data=False,
    )


def infos(dataset):
    return [dataset.get_data_info(n) for n in range(len(dataset))]


class Touch:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), 'w')


@pytest.mark.parametrize('make', [listed, trained_on])
@pytest.mark.parametrize('name', ['a.pkl', 'a.yaml'])
def test_annotations_never_run_code(tmp_path, folder, make, name):
    path = tmp_path / name
    if name.endswith('.pkl'):
        path.write_bytes(pickle.dumps(Touch(tmp_path / 'mark')))
    else:
        path.write_text(
            f'!!python/object/apply:open ["{tmp_path / "mark"}", "w"]'
        )
    with pytest.raises(ValueError, match=f'{name}.*JSON'):
        make(folder, path)
    assert not (tmp_path / 'mark').exists()
    # JSON under such a name is JSON.
    assert len(make(folder, write(path, foreign()))) == 3


@pytest.mark.parametrize('make', [listed, trained_on])
@pytest.mark.parametrize('name', ['../a.png', '/etc/a.png', 'http://h/a.png'])
def test_images_lie_in_their_folder(tmp_path, folder, make, name):
    Image.new('RGB', (80, 60)).save(tmp_path / 'a.png')
    content = changed({('images', 0, 'file_name'): name})
    path = write(tmp_path / 'a.json', content)
    with pytest.raises(ValueError, match=r'a\.json.*image 1 '):
        make(folder, path)


@pytest.mark.parametrize('make', [listed, trained_on])
def test_names_and_ids_of_other_tools(tmp_path, folder, make):
    expected = infos(make(folder, write(tmp_path / 'a.json', foreign())))
    content = foreign([f'images\\{name}' for name in NAMES])
    for row in content['images']:
        row['id'] = f'img-{row["id"]}'
        row['height'] = '60'
    for row in content['annotations']:
        row['image_id'] = f'img-{row["image_id"]}'
        row['iscrowd'] = '0'
        row['area'] = None
        row['segmentation'].insert(0, [1, 1])
    path = write(tmp_path / 'b.json', content)
    with pytest.warns(UserWarning, match=r'b\.json: .*file names matched'):
        found = infos(make(folder, path))
    assert found == expected


def test_masks_are_checked_before_training(tmp_path, folder):
    code = {'size': list(SIZE), 'counts': "b'0'"}
    content = changed({('annotations', 2, 'segmentation'): code})
    path = write(tmp_path / 'a.json', content)
    with pytest.raises(ValueError, match=r'a\.json: annotation 3 of .with s'):
        trained_on(folder, path)
    # A list of images does not look at them.
    assert len(listed(folder, path)) == 3


def test_flags_as_text_ignore_nothing(tmp_path, folder):
    changes = {('annotations', n, 'iscrowd'): '0' for n in range(6)}
    changes |= {('annotations', 0, 'ignore'): '1'}
    changes |= {('annotations', 1, 'ignore'): '0'}
    path = write(tmp_path / 'a.json', changed(changes))
    found = [
        [row['ignore_flag'] for row in info['instances']]
        for info in infos(trained_on(folder, path))
    ]
    assert found == [[0], [0, 0], [0, 0]]
