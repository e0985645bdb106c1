"""Converters, on small files in the original formats."""

import numpy as np
import pytest

from projects.depthg.depthg.converters import cityscapes, coco_stuff
from projects.depthg.tests.originals import (
    convert,
    dataset,
    image_of,
    labels_of,
)

#: What IIC, PiCIE and STEGO join: the class of values 0 to 181, by runs.
PUBLISHED = (
    '9 11*8 8*6 7*10 6*8 10*10 5*8 2*10 3*10 0*6 1*6 4*8 17 17 22 20 20 22 '
    '15 25 16 13 12 12 17 17 23 15 15 17 15 21 15 25 13 13 13 13 13 22 26 14 '
    '14 15 22 21 21 24 20 22 15 17 16 15 22 24 21 17 25 16 21 17 22 16 21 21 '
    '25 21 26 21 24 20 17 14 21 26 15 23 20 21 24 15 24 22 25 15 20 17 17 22 '
    '14 18*7 26 26 19 19 24'
)


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
    jpeg = target / 'train' / 'images' / '000000000001.jpg'
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
    with pytest.raises(ValueError, match=r'011.png .*got \[200\] in 48 pix'):
        convert('coco-stuff27', coco, target)
    assert not (target / 'classes.json').exists()
    kept = target / 'train' / 'labels' / '000000000001.png'
    before = kept.stat().st_mtime_ns
    path.write_bytes(good)
    convert('coco-stuff27', coco, target)
    assert kept.stat().st_mtime_ns == before
    assert len(dataset(target, 'val')) == 2
    with pytest.raises(ValueError, match='holds a data set'):
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
    for kind, end in (
        ('leftImg8bit', '_leftImg8bit'),
        ('gtFine', '_gtFine_labelIds'),
    ):
        bonn = source / kind / 'val' / 'bonn'
        bonn.mkdir()
        name = f'{stem}{end}.png'
        (bonn / name).write_bytes((bonn.parent / 'ulm' / name).read_bytes())
    with pytest.raises(ValueError, match=f'but got {stem} twice in val'):
        convert('cityscapes27', source, tmp_path / 'twice')
    (bonn / name).unlink()
    with pytest.raises(ValueError, match=r'labelIds.png, the label map of'):
        convert('cityscapes27', source, tmp_path / 'again')
    assert cityscapes.class_table()[40] == -1


def test_sources_that_are_none(coco, tmp_path):
    with pytest.raises(ValueError, match='SRC to be a folder'):
        convert('nyuv2', tmp_path / 'nowhere', tmp_path / 'out')
    with pytest.raises(ValueError, match='images/train2017 or train2017'):
        convert('coco-stuff27', tmp_path, tmp_path / 'out')
    with pytest.raises(ValueError, match=r'_leftImg8bit.png, but got none'):
        convert('cityscapes27', tmp_path, tmp_path / 'out')
    (coco / 'curated' / 'val2017' / coco_stuff.CURATED).write_text('x\n')
    with pytest.raises(ValueError, match=r'1 are not there: x.jpg'):
        convert('coco-stuff27', coco, tmp_path / 'out')
    (coco / 'curated' / 'train2017' / coco_stuff.CURATED).unlink()
    with pytest.raises(ValueError, match='--all-images takes all'):
        convert('coco-stuff27', coco, tmp_path / 'out2')
