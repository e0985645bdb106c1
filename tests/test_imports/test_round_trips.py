"""What is exported comes back: the same masks, scores and images."""

import importlib.util
import json

import numpy as np
import pytest
from helpers import ROOT
from helpers.hard_masks import NAMES, SCORES, SIZE, masks
from pycocotools import mask as coco_mask

from mmcuts3d.exports import export_store
from mmcuts3d.imports import FORMATS, import_labels_of
from mmcuts3d.labels import (
    ImageRecord,
    instance_to_annotation,
    open_store,
    read_labels,
    write_records,
)

EXACT = ('cvat', 'label_studio', 'labelme')
LOSSY = ('voc', 'yolo')


def decoded(record):
    return [
        coco_mask.decode(row['segmentation']).astype(bool)
        for row in record.annotations
    ]


@pytest.fixture
def export(store, tmp_path):
    def run(name):
        export_store(store, name, tmp_path / name, tmp_path / 'images')
        return tmp_path / name

    return run


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools/dataset_converters/import_pseudo_labels.py'
    spec = importlib.util.spec_from_file_location('import_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize('name', EXACT)
def test_every_pixel_and_score_comes_back(name, export, tmp_path):
    records, _ = import_labels_of(export(name), name, tmp_path / 'images')
    assert [record.file_name for record in records] == sorted(NAMES)
    first = records[0]
    assert (first.height, first.width) == SIZE
    for (kind, mask), found in zip(
        masks().items(), decoded(first), strict=True
    ):
        assert (found == mask).all(), kind
    scores = [row['score'] for row in first.annotations]
    assert scores == pytest.approx(list(SCORES.values()), abs=1e-4)
    assert records[1].annotations == []


def test_yolo_bridges_the_parts_of_a_mask(export, tmp_path):
    records, notes = import_labels_of(
        export('yolo'), 'yolo', tmp_path / 'images'
    )
    assert [record.file_name for record in records] == sorted(NAMES)
    for (kind, mask), found in zip(
        masks().items(), decoded(records[0]), strict=True
    ):
        iou = (found & mask).sum() / (found | mask).sum()
        if kind in ('parts', 'noise'):
            assert 0.6 < iou < 1, kind
            assert (found >= mask).all(), kind
        else:
            assert iou == 1, kind
    assert any('without a score' in note for note in notes)


def test_voc_gives_overlaps_to_the_surest(export, tmp_path):
    records, _ = import_labels_of(export('voc'), 'voc', tmp_path / 'images')
    assert [record.file_name for record in records] == sorted(NAMES)
    free = np.ones(SIZE, bool)
    for mask, found in zip(masks().values(), decoded(records[0]), strict=True):
        assert (found == (mask & free)).all()  # the scores fall
        free &= ~mask


def test_without_images_sub_folders_of_voc_stay_flat(export, store):
    out = export('voc')
    records, _ = import_labels_of(out, 'voc')
    assert records[0].file_name == NAMES[0].replace('/', '__')
    records, _ = import_labels_of(out, 'voc', before=store)
    assert records[0].file_name == NAMES[0]


@pytest.mark.parametrize('name', [*EXACT, *LOSSY])
def test_what_nobody_changed_keeps_score_and_confidence(
    name, export, store, tmp_path
):
    records, notes = import_labels_of(
        export(name), name, tmp_path / 'images', before=store
    )
    kept = {record.file_name: record for record in records}
    assert [record.image_id for record in records] == [1, 2, 3]
    (row,) = kept[NAMES[2]].annotations
    (old,) = store.record(2).annotations
    assert row['score'] == old['score'] == 0.75
    assert row['confidence'] == old['confidence']
    if name in EXACT:
        found = [one['score'] for one in kept[NAMES[0]].annotations]
        assert found == list(SCORES.values())
        assert notes.counts['masks as before: score and confidence kept'] == 7


def test_the_command_writes_a_store(tool, export, store, tmp_path, capsys):
    out = tmp_path / 'new'
    words = [export('labelme'), '--format', 'labelme', '--out', out]
    words += ['--before', store.path, '--store', 'jsonl']
    assert tool.main([str(word) for word in words]) == 0
    said = capsys.readouterr().out
    assert '7 masks in 3 images' in said
    assert 'not kept by labelme: confidence maps' in said
    new = open_store(out)
    assert len(new) == 3
    assert new.record(new.find(NAMES[2])).annotations[0]['confidence']


def test_the_command_writes_ground_truth(tool, export, tmp_path):
    out = tmp_path / 'truth.json'
    words = [export('cvat'), '--format', 'cvat', '--out', out, '--truth']
    assert tool.main([str(word) for word in words]) == 0
    content = json.loads(out.read_text())
    assert len(content['images']) == 3
    assert len(content['annotations']) == 7
    for row in content['annotations']:
        assert 'score' not in row
        assert (row['iscrowd'], row['category_id']) == (0, 1)
    assert read_labels(out)['categories'] == [{'id': 1, 'name': 'object'}]


def test_a_part_of_the_images_comes_back(store, tmp_path):
    """One mask changed, one drawn anew, one deleted; the rest stays."""
    box = masks()['box'].copy()
    box[5:15, 4:9] = False
    rows = [
        instance_to_annotation(mask, 1.0)
        for mask in (masks()['ring'], box, masks()['dot'])
    ]
    write_records(
        [ImageRecord(NAMES[0], *SIZE, 9, rows)], tmp_path / 'corrected'
    )
    path = tmp_path / 'corrected' / 'pseudo_labels.json'
    records, notes = import_labels_of(path, 'coco', before=store)
    (record,) = records
    assert record.image_id == 1
    assert [row['score'] for row in record.annotations] == [
        SCORES['ring'],
        1.0,
        SCORES['dot'],
    ]
    counts = notes.counts
    assert counts['masks as before: score and confidence kept'] == 2
    assert counts['masks changed or new: no confidence map'] == 1
    assert counts['masks of before deleted or changed'] == 4
    left = 'images labeled before that did not come back left out'
    assert counts[left] == 2
    records, _ = import_labels_of(
        path, 'coco', before=store, same_iou=0.5, keep_rest=True
    )
    assert [record.file_name for record in records] == NAMES
    assert records[0].annotations[1]['score'] == SCORES['box']
    assert records[2].annotations == store.record(2).annotations


def test_settings_that_cannot_be(tool, export, store, tmp_path, capsys):
    out = export('labelme')
    with pytest.raises(ValueError, match=r"labelmee.*perhaps 'labelme'"):
        import_labels_of(out, 'labelmee')
    for words in (
        ['--same-iou', '0'],
        ['--keep-rest'],
        ['--truth', '--store', 'auto'],
    ):
        with pytest.raises(SystemExit):
            tool.main([str(out), '--out', 'x', *words])
    words = [str(out), '--format', 'labelme', '--store', 'auto']
    words += ['--before', str(tmp_path / 'labels')]
    with pytest.raises(ValueError, match='Expected another folder'):
        tool.main([*words, '--out', str(tmp_path / 'labels')])
    with pytest.raises(ValueError, match='of the image'):
        (tmp_path / 'images' / NAMES[1]).write_bytes(
            (ROOT / 'docs/images/cut.jpg').read_bytes()
        )
        import_labels_of(out, 'labelme', tmp_path / 'images')


def test_every_format_is_described():
    for name, kind in FORMATS.items():
        assert (kind.name, bool(kind.takes), bool(kind.lost)) == (
            name,
            True,
            True,
        )
