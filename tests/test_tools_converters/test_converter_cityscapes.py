"""Cityscapes, from its images of instances."""

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import ClassAgnosticCocoMetric
from mmcuts3d.labels import check_labels

HEIGHT, WIDTH = 30, 40


def scene():
    """Road, a car before another one, a person, and what is not measured."""
    instances = np.full((HEIGHT, WIDTH), 7, np.uint16)  # road
    instances[:5] = 23  # sky
    instances[10:20, 5:20] = 26000
    instances[12:18, 15:25] = 26001  # hides a part of the other
    instances[6:15, 30:33] = 24000
    instances[20:25, :5] = 24  # a group of persons
    instances[20:25, 20:30] = 29000  # a caravan
    instances[26:, 30:] = 30  # trailers
    return instances


@pytest.fixture
def root(tmp_path, picture):
    root = tmp_path / 'cityscapes'
    scenes = {'frankfurt': scene(), 'lindau': np.full_like(scene(), 7)}
    for city, instances in scenes.items():
        stem = f'{city}_000000_000294'
        folder = root / 'leftImg8bit' / 'val' / city
        picture(folder / f'{stem}_leftImg8bit.png', HEIGHT, WIDTH)
        write(root, city, instances)
    return root


def write(root, city, instances):
    folder = root / 'gtFine' / 'val' / city
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f'{city}_000000_000294_gtFine_instanceIds.png'
    Image.fromarray(instances).save(path)
    return path


def test_instances_become_masks(convert, root, tmp_path, capsys):
    made = convert('cityscapes', '--root', root)
    check_labels(made)
    assert [row['file_name'] for row in made['images']] == [
        'frankfurt/frankfurt_000000_000294_leftImg8bit.png',
        'lindau/lindau_000000_000294_leftImg8bit.png',
    ]
    expected = {  # value: label, crowd
        24: (24, 1),
        30: (30, 1),
        24000: (24, 0),
        26000: (26, 0),
        26001: (26, 0),
        29000: (29, 1),
    }
    rows = made['annotations']
    assert [
        (row['original_category_id'], row['iscrowd']) for row in rows
    ] == list(expected.values())
    for value, row in zip(expected, rows, strict=True):
        mask = scene() == value
        decoded = coco_mask.decode(row['segmentation']).astype(bool)
        assert (decoded == mask).all()
        assert row['area'] == mask.sum()
    assert rows[3]['bbox'] == [5, 10, 15, 10]
    assert rows[3]['area'] == 150 - 6 * 5
    output = capsys.readouterr().out
    assert '3 objects and 3 crowds in 2 images, 1 of them' in output
    out = str(tmp_path / 'made' / 'cityscapes.json')
    assert ClassAgnosticCocoMetric(out).metrics == ['bbox', 'segm']


def test_what_is_not_measured_may_be_dropped(convert, root):
    made = convert('cityscapes', '--root', root, '--ignored', 'drop')
    assert len(made['annotations']) == 3
    dropped = {'group': 2, 'caravan or trailer': 1}
    assert made['info']['dropped'] == dropped


def test_the_count_is_checked(convert, root, whole):
    with pytest.raises(ValueError, match=r'2 images \(500 are published'):
        convert('cityscapes', '--root', root, whole=True)
    whole('cityscapes', images=2)
    convert('cityscapes', '--root', root, whole=True)


def test_an_image_of_8_bits_is_named(convert, root):
    write(root, 'lindau', np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(ValueError, match=r'instanceIds\.png .* 16 bits'):
        convert('cityscapes', '--root', root)


def test_an_image_in_colour_is_named(convert, root):
    write(root, 'lindau', np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    with pytest.raises(ValueError, match=r'16 bits, but got shape \(30, 40, '):
        convert('cityscapes', '--root', root)


@pytest.mark.parametrize('content', [b'', b'no image'])
def test_a_broken_file_is_named(content, convert, root):
    write(root, 'lindau', scene()).write_bytes(content)
    with pytest.raises(ValueError, match=r'instanceIds\.png to be a PNG'):
        convert('cityscapes', '--root', root)


def test_a_missing_image_is_named(convert, root):
    for path in root.glob('leftImg8bit/val/lindau/*'):
        path.unlink()
    with pytest.raises(ValueError, match=r'1 of 2 images .*leftImg8bit\.png'):
        convert('cityscapes', '--root', root)


def test_instances_of_another_size_are_named(convert, root):
    write(root, 'lindau', scene()[:20])
    with pytest.raises(ValueError, match='20 x 40, but got 30 x 40'):
        convert('cityscapes', '--root', root)


def test_a_missing_folder_is_named(convert, root):
    with pytest.raises(
        ValueError, match=r'gtFine/val to hold \*/\*_gtFine_instanceIds\.png'
    ):
        convert('cityscapes', '--root', root / 'leftImg8bit')
