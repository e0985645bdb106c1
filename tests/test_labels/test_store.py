"""The label store survives kills, torn lines and several processes."""

import json

import numpy as np
import pytest
from pycocotools.coco import COCO

from mmcuts3d.labels import (
    ImageRecord,
    encode_mask,
    instance_to_annotation,
    read_labels,
    remove_labels,
)
from mmcuts3d.labels.backends.label_writer import LabelWriter


def make_record(image_id, num_masks=2, size=(12, 16)):
    rng = np.random.default_rng(image_id)
    annotations = []
    for _ in range(num_masks):
        mask = np.zeros(size, bool)
        top, left = rng.integers(0, 8, 2)
        mask[top : top + 4, left : left + 5] = True
        confidence = rng.integers(3, 7, (3, 4)) / 6
        annotations.append(
            instance_to_annotation(mask, confidence.mean(), confidence)
        )
    name = f'{image_id:04d}.jpg'
    return ImageRecord(name, *size, image_id, annotations)


def test_plain_pycocotools_reads_the_labels(tmp_path):
    writer = LabelWriter(tmp_path, 'settings')
    for image_id in (3, 1, 2):
        writer.append(make_record(image_id, num_masks=image_id - 1))
    path = writer.finish()
    coco = COCO(str(path))
    assert coco.getImgIds() == [1, 2, 3]
    assert coco.getAnnIds() == [1, 2, 3]
    assert coco.loadCats(coco.getCatIds()) == [{'id': 1, 'name': 'object'}]
    assert [a['image_id'] for a in coco.dataset['annotations']] == [2, 3, 3]
    for annotation in coco.dataset['annotations']:
        assert coco.annToMask(annotation).shape == (12, 16)
        assert coco.annToMask(annotation).sum() == annotation['area']
    assert read_labels(path) == json.loads(path.read_text())
    assert json.loads((tmp_path / 'errors.json').read_text()) == []
    assert not list(tmp_path.glob('*.tmp'))


def test_a_killed_run_gives_the_same_file_as_a_whole_one(tmp_path):
    whole = LabelWriter(tmp_path / 'whole', 'settings')
    for image_id in range(1, 6):
        whole.append(make_record(image_id))
    first = LabelWriter(tmp_path / 'killed', 'settings')
    for image_id in (1, 2):
        first.append(make_record(image_id))
    second = LabelWriter(tmp_path / 'killed', 'settings')
    assert second.done == {'0001.jpg', '0002.jpg'}
    for image_id in range(1, 6):  # who runs done images again does no harm
        second.append(make_record(image_id))
    content = second.finish().read_bytes()
    assert content == whole.finish().read_bytes()
    assert LabelWriter(tmp_path / 'killed', 'settings').finish().read_bytes()
    assert second.path.read_bytes() == content


@pytest.mark.parametrize('length', [1, 17, -1])
def test_a_torn_last_line_is_dropped(tmp_path, length):
    writer = LabelWriter(tmp_path, 'settings')
    writer.append(make_record(1))
    journal = tmp_path / 'records.rank0.jsonl'
    good = journal.read_bytes()
    writer.append(make_record(2))
    line = journal.read_bytes()[len(good) :]
    journal.write_bytes(good + line[:length])
    resumed = LabelWriter(tmp_path, 'settings')
    assert resumed.done == {'0001.jpg'}
    assert journal.read_bytes() == good
    resumed.append(make_record(2))
    assert len(read_labels(resumed.finish())['images']) == 2


def test_a_torn_header_begins_anew(tmp_path):
    (tmp_path / 'records.rank0.jsonl').write_bytes(b'{"format":1,"fin')
    writer = LabelWriter(tmp_path, 'settings')
    writer.append(make_record(1))
    assert LabelWriter(tmp_path, 'settings').done == {'0001.jpg'}


def test_damage_before_the_end_is_reported(tmp_path):
    writer = LabelWriter(tmp_path, 'settings')
    writer.append(make_record(1))
    writer.append(make_record(2))
    journal = tmp_path / 'records.rank0.jsonl'
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b'{"rec\n' + lines[2])
    with pytest.raises(ValueError, match=r'line 2 of .*records\.rank0'):
        LabelWriter(tmp_path, 'settings')
    assert len(journal.read_bytes().splitlines()) == 3


def test_other_settings_are_refused_until_removed(tmp_path):
    LabelWriter(tmp_path, 'one').append(make_record(1))
    (tmp_path / 'notes.txt').write_text('mine')
    with pytest.raises(ValueError, match=r"'two'.*'one'"):
        LabelWriter(tmp_path, 'two')
    remove_labels(tmp_path)
    writer = LabelWriter(tmp_path, 'two')
    assert not writer.done
    assert (tmp_path / 'notes.txt').exists()


def test_another_format_is_refused(tmp_path):
    (tmp_path / 'records.rank0.jsonl').write_text(
        '{"format": 99, "fingerprint": "x"}\n'
    )
    with pytest.raises(ValueError, match=r'format 2.*99.*version'):
        LabelWriter(tmp_path, 'x')


def test_all_ranks_end_in_one_file(tmp_path):
    writers = [LabelWriter(tmp_path, 'settings', rank) for rank in range(3)]
    for image_id in range(1, 8):
        writers[image_id % 3].append(make_record(image_id))
    writers[1].append(make_record(3))  # a padded sample, done by two ranks
    labels = read_labels(writers[0].finish())
    assert [image['id'] for image in labels['images']] == list(range(1, 8))
    assert len(labels['annotations']) == 14
    # With another number of processes nothing is done twice.
    assert len(LabelWriter(tmp_path, 'settings', 5).done) == 7


def test_a_planned_shard_reads_no_journal_but_its_own(tmp_path):
    for rank in range(3):
        LabelWriter(tmp_path, 'settings', rank).append(make_record(rank + 1))
    damaged = tmp_path / 'records.rank2.jsonl'
    damaged.write_bytes(damaged.read_bytes().replace(b'0003', b'0004'))
    own = LabelWriter(tmp_path, 'settings', 1, others=False)
    assert own.done == {'0002.jpg'}
    with pytest.raises(ValueError, match=r'records\.rank2'):
        LabelWriter(tmp_path, 'settings', 1)


def test_errors_are_listed_and_tried_again(tmp_path):
    writer = LabelWriter(tmp_path, 'settings')
    writer.fail('b.jpg', 'no image')
    writer.fail('b.jpg', 'no image')
    writer.fail('0001.jpg', 'no disk')
    writer.finish()
    errors = json.loads((tmp_path / 'errors.json').read_text())
    assert errors == [
        {'file_name': '0001.jpg', 'error': 'no disk'},
        {'file_name': 'b.jpg', 'error': 'no image'},
    ]
    resumed = LabelWriter(tmp_path, 'settings')
    assert not resumed.done
    assert resumed.errors == {'b.jpg': 'no image', '0001.jpg': 'no disk'}
    resumed.append(make_record(1))
    resumed.fail('0001.jpg', 'too late')
    resumed.finish()
    errors = json.loads((tmp_path / 'errors.json').read_text())
    assert [error['file_name'] for error in errors] == ['b.jpg']
    assert LabelWriter(tmp_path, 'settings').errors == {'b.jpg': 'no image'}


def test_two_images_of_one_id_are_refused_at_once(tmp_path):
    LabelWriter(tmp_path, 'settings').append(make_record(1))
    with pytest.raises(ValueError, match=r'id 1 for 0001\.jpg and for new'):
        LabelWriter(tmp_path, 'settings').append(
            ImageRecord('new.jpg', 4, 4, 1)
        )


def test_no_labels_at_all_is_a_valid_file(tmp_path):
    path = LabelWriter(tmp_path, 'settings').finish()
    assert read_labels(path)['images'] == []
    assert COCO(str(path)).getImgIds() == []


def good_labels():
    image = {'id': 1, 'file_name': 'a.jpg', 'height': 4, 'width': 5}
    annotation = {
        'id': 1,
        'image_id': 1,
        'category_id': 1,
        'bbox': [0, 0, 5, 4],
        'segmentation': encode_mask(np.ones((4, 5))),
    }
    return {
        'images': [image],
        'annotations': [annotation],
        'categories': [{'id': 1, 'name': 'object'}],
    }


def test_labels_without_scores_read(tmp_path):
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(good_labels()))
    expected = good_labels()
    expected['annotations'][0].update(area=20, iscrowd=0)
    assert read_labels(path) == expected


@pytest.mark.parametrize(
    ('place', 'value', 'message'),
    [
        (('categories', 0, 'name'), 'cat', r"\['object'\], but got \['cat'\]"),
        (('categories',), [], r'but got \[\]'),
        (('images',), None, 'list `images`, but got NoneType'),
        (('annotations', 0, 'image_id'), 7, 'image id 7'),
        (('annotations', 0, 'category_id'), 2, 'category id 1, but got 2'),
        (('annotations', 0, 'score'), 1.5, 'annotation 1.*score.*1.5'),
        (('annotations', 0, 'score'), 'high', "'high'"),
        (('annotations', 0, 'confidence'), {'size': [2, 2]}, 'confidence map'),
        (('annotations', 0, 'segmentation'), [], 'annotation 1.*segmentation'),
        (('images', 0, 'height'), 9, r'size \[9, 5\], but got \[4, 5\]'),
    ],
)
def test_a_mistake_is_reported_with_file_and_place(
    tmp_path, place, value, message
):
    labels = good_labels()
    target = labels
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    path = tmp_path / 'labels.json'
    path.write_text(json.dumps(labels))
    with pytest.raises(ValueError, match=f'labels.json: .*{message}'):
        read_labels(path)


@pytest.mark.parametrize('rows', ['images', 'annotations'])
def test_repeated_ids_and_missing_keys_are_reported(tmp_path, rows):
    path = tmp_path / 'labels.json'
    labels = good_labels()
    labels[rows] *= 2
    path.write_text(json.dumps(labels))
    with pytest.raises(ValueError, match='twice'):
        read_labels(path)
    labels = good_labels()
    del labels[rows][0]['id']
    path.write_text(json.dumps(labels))
    with pytest.raises(ValueError, match=r"without \['id'\]"):
        read_labels(path)


def test_what_is_no_label_file_is_reported(tmp_path):
    with pytest.raises(ValueError, match='no file there'):
        read_labels(tmp_path / 'none.json')
    path = tmp_path / 'text.json'
    path.write_text('labels')
    with pytest.raises(ValueError, match='to be a JSON file'):
        read_labels(path)
    path.write_text('[1, 2]')
    with pytest.raises(ValueError, match='COCO dict'):
        read_labels(path)
