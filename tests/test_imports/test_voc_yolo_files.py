"""Small files of Pascal VOC and YOLO, after their documentation."""

import numpy as np
import pytest
from helpers.importing import SIZE, decoded, rectangle, same
from PIL import Image

from mmcuts3d.exports.voc import voc_palette
from mmcuts3d.imports import import_labels_of


@pytest.mark.parametrize('mode', ['P', 'L', 'RGB'])
def test_instances_of_voc_in_any_mode(tmp_path, mode):
    for name in ('SegmentationObject', 'JPEGImages'):
        (tmp_path / name).mkdir()
    ids = np.zeros(SIZE, np.uint8)
    ids[2:9, 3:9], ids[2:9, 12:20], ids[0] = 1, 7, 255
    picture = Image.fromarray(ids)
    if mode == 'P':
        picture.putpalette(voc_palette().ravel().tolist())
    elif mode == 'RGB':
        picture = Image.fromarray(voc_palette()[ids])
    picture.save(tmp_path / 'SegmentationObject' / 'a.png')
    for name in ('a.jpg', 'b.jpg'):
        Image.new('RGB', SIZE[::-1]).save(tmp_path / 'JPEGImages' / name)
    (record,), notes = import_labels_of(tmp_path, 'voc')
    assert record.file_name == 'a.jpg'
    same(decoded(record), [rectangle(2, 3, 9, 9), rectangle(2, 12, 9, 20)])
    assert any('b.jpg' in note for note in notes)


def yolo(folder, line):
    for name in ('train/images', 'train/labels'):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ('a', 'b'):
        path = folder / 'train' / 'images' / f'{name}.jpg'
        Image.new('RGB', SIZE[::-1]).save(path)
    (folder / 'train' / 'labels' / 'a.txt').write_text(line)
    return folder


def test_segments_of_yolo_in_folders_of_splits(tmp_path):
    line = '0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5 0.75\n\n'  # with a score
    records, notes = import_labels_of(yolo(tmp_path, line), 'yolo')
    assert [record.file_name for record in records] == [
        'train/images/a.jpg',
        'train/images/b.jpg',
    ]
    same(decoded(records[0]), [rectangle(2, 3, 11, 16)])
    assert records[0].annotations[0]['score'] == 0.75
    assert any('b.jpg' in note for note in notes)
    (record, _), _ = import_labels_of(
        tmp_path, 'yolo', tmp_path / 'train' / 'images'
    )
    assert record.file_name == 'a.jpg'


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('0 0.5 0.5 0.2 0.2', 'boxes are no masks'),
        ('0 a b c d e f', 'finite number'),
        ('0 1 1 20 1 20 20', r'in \[0, 1\]'),
    ],
)
def test_a_bad_line_of_yolo_is_named(tmp_path, line, words):
    with pytest.raises(ValueError, match=rf'a\.txt, line 1.*{words}'):
        import_labels_of(yolo(tmp_path, line), 'yolo')


def test_labels_of_yolo_without_an_image_are_named(tmp_path):
    yolo(tmp_path, '')
    (tmp_path / 'train/labels/c.txt').touch()
    with pytest.raises(ValueError, match=r'none for 1: .*c\.txt'):
        import_labels_of(tmp_path, 'yolo')
