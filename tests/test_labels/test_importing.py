"""Label files as CutLER and CuVLER write them, and worse ones."""

import copy
import importlib.util
import json

import numpy as np
import pytest
from helpers import ROOT
from helpers.foreign_labels import HEIGHT, WIDTH, their_labels
from PIL import Image
from pycocotools import mask as coco_mask

from mmcuts3d.labels import read_labels
from mmcuts3d.labels.importing import import_labels


@pytest.fixture
def write(tmp_path):
    def write_file(content, name='theirs.json'):
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    return write_file


@pytest.fixture(scope='module')
def tool():
    path = ROOT / 'tools/dataset_converters/import_pseudo_labels.py'
    spec = importlib.util.spec_from_file_location('import_labels', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_our_reader_says_what_to_do(write):
    content, _ = their_labels()
    with pytest.raises(ValueError, match=r"\['fg'\].*import_pseudo_labels"):
        read_labels(write(content))
    content['categories'][0]['name'] = 'object'
    with pytest.raises(ValueError, match='exchanged.*import_pseudo_labels'):
        read_labels(write(content))


@pytest.mark.parametrize('scores', [None, [0.25, 0.5, 0.75]])
def test_the_tool_writes_what_our_reader_takes(
    tool, write, tmp_path, scores, capsys
):
    content, masks = their_labels(scores)
    out = tmp_path / 'new' / 'ours.json'
    assert tool.main([str(write(content)), '--out', str(out)]) == 0
    said = capsys.readouterr().out
    assert '3 masks in 3 images' in said and 'exchanged' in said
    labels = read_labels(out)
    assert [c['name'] for c in labels['categories']] == ['object']
    sizes = {(row['height'], row['width']) for row in labels['images']}
    assert sizes == {(HEIGHT, WIDTH)}
    names = [row['file_name'] for row in labels['images']]
    assert names == ['n01/1.JPEG', 'n01/2.JPEG', 'n01/3.JPEG']
    rows = labels['annotations']
    assert [row['image_id'] for row in rows] == [1, 1, 2]
    for row, mask in zip(rows, masks, strict=True):
        decoded = coco_mask.decode(row['segmentation']).astype(bool)
        assert np.array_equal(decoded, mask)
    assert rows[0]['bbox'] == [3, 2, 10, 10] and rows[0]['area'] == 100
    assert [row['score'] for row in rows] == scores or scores is None
    assert ('without a score' in said) is (scores is None)
    with pytest.raises(ValueError, match='--overwrite'):
        tool.main([str(write(content)), '--out', str(out)])


def test_default_score(write):
    labels, _ = import_labels(write(their_labels()[0]), default_score=0.5)
    assert {row['score'] for row in labels['annotations']} == {0.5}


def test_sizes_that_are_right_stay(write):
    content, _ = their_labels()
    for row in content['images']:
        row['height'], row['width'] = row['width'], row['height']
    labels, notes = import_labels(write(content))
    assert {(r['height'], r['width']) for r in labels['images']} == {
        (HEIGHT, WIDTH)
    }
    assert not any('exchanged' in note for note in notes)
    # One that is right is enough not to guess about the one without masks.
    content['images'][0]['height'], content['images'][0]['width'] = (
        WIDTH,
        HEIGHT,
    )
    labels, notes = import_labels(write(content))
    assert {(r['height'], r['width']) for r in labels['images']} == {
        (HEIGHT, WIDTH)
    }
    assert sum('exchanged' in note for note in notes) == 1


def test_other_sizes_need_the_images(write, tmp_path):
    content, _ = their_labels()
    content['images'][0].update(height=480, width=480)
    with pytest.raises(ValueError, match=r'480 x 480, but got 30 x 40'):
        import_labels(write(content))
    (tmp_path / 'images' / 'n01').mkdir(parents=True)
    for number in (1, 2, 3):
        path = tmp_path / 'images' / 'n01' / f'{number}.JPEG'
        Image.new('RGB', (WIDTH, HEIGHT)).save(path)
    labels, _ = import_labels(write(content), tmp_path / 'images')
    assert {(r['height'], r['width']) for r in labels['images']} == {
        (HEIGHT, WIDTH)
    }
    # The file says that the masks are of another image.
    Image.new('RGB', (64, 64)).save(tmp_path / 'images' / 'n01' / '1.JPEG')
    with pytest.raises(ValueError, match='annotation 1'):
        import_labels(write(content), tmp_path / 'images')


def change(content, **changes):
    content = copy.deepcopy(content)
    content['annotations'][1].update(changes)
    return content


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'score': 1.5}, r'annotation 2: .*1\.5'),
        ({'score': 'high'}, 'annotation 2.*`score`'),
        ({'segmentation': None}, 'annotation 2.*only a `bbox`'),
        (
            {'segmentation': {'size': [HEIGHT, WIDTH], 'counts': 'zz'}},
            'annotation 2.*run-length',
        ),
        ({'image_id': 9}, 'annotation 2.*9'),
    ],
)
def test_bad_rows_are_named(write, changes, message):
    path = write(change(their_labels()[0], **changes))
    with pytest.raises(ValueError, match=message) as caught:
        import_labels(path)
    assert str(path) in str(caught.value)


def test_several_categories_are_merged_on_demand(write):
    content = change(their_labels()[0], category_id=2)
    content['categories'].append({'id': 2, 'name': 'bg'})
    with pytest.raises(ValueError, match='--merge-categories'):
        import_labels(write(content))
    labels, _ = import_labels(write(content), merge_categories=True)
    assert {row['category_id'] for row in labels['annotations']} == {1}


@pytest.mark.parametrize('content', [[], {}, {'images': 1}, 'text', None])
def test_no_coco_file(write, content):
    with pytest.raises(ValueError, match=r'theirs\.json'):
        import_labels(write(content))
