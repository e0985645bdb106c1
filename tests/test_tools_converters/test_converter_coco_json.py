"""COCO val2017, and what holds for all originals in COCO's form."""

import json

import numpy as np
import pytest
from helpers import shared_data
from helpers.coco import NAMES, measure, sample_of
from helpers.converter import HEIGHT, POLYGON, WIDTH, crowd, original, row
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import ClassAgnosticCocoMetric
from mmcuts3d.labels import check_labels


def test_coco_becomes_one_class(convert, write, capsys):
    made = convert('coco', '--annotations', write(original()))
    check_labels(made)
    assert made['categories'] == [{'id': 1, 'name': 'object'}]
    assert made['original_categories'] == [
        {'id': 3, 'name': 'car'},
        {'id': 18, 'name': 'dog'},
    ]
    assert made['images'] == original()['images']
    assert [r['id'] for r in made['annotations']] == [1, 2, 3]
    assert [r['image_id'] for r in made['annotations']] == [139, 285, 285]
    assert [r['original_category_id'] for r in made['annotations']] == [
        3,
        18,
        18,
    ]
    assert [r['iscrowd'] for r in made['annotations']] == [0, 0, 1]
    for before, after in zip(
        original()['annotations'], made['annotations'], strict=True
    ):
        for key in ('bbox', 'area', 'segmentation'):
            assert after[key] == before[key]
    output = capsys.readouterr()
    assert '2 objects and 1 crowds in 3 images, 2 of them' in output.out
    assert 'boxes and masks' in output.out
    assert 'dropped: nothing' in output.out
    assert '3 images (5,000 are published)' in output.err
    assert '3 annotations (36,781 are published)' in output.err
    assert '1 ignored (446 are published)' in output.err


def test_the_measures_are_those_of_the_original(convert, write, tmp_path):
    path = write(original())
    convert('coco', '--annotations', path)
    rng = np.random.default_rng(0)
    # The true mask of one image, and noise in all of them.
    true = coco_mask.decode(
        coco_mask.merge(coco_mask.frPyObjects(POLYGON, HEIGHT, WIDTH))
    ).astype(bool)
    samples = []
    for number in (139, 285, 632):
        masks = [true if number == 139 else np.roll(true, 2, 0)]
        masks += list(rng.random((3, HEIGHT, WIDTH)) > 0.5)
        scores = rng.random(4)
        boxes = [[4, 5, 34, 15], *rng.integers(0, 15, (3, 4)).cumsum(1)]
        samples.append(
            sample_of(number, masks, boxes, scores, ori_shape=(HEIGHT, WIDTH))
        )
    both = [
        measure(ClassAgnosticCocoMetric(str(file)), samples)
        for file in (path, tmp_path / 'made' / 'coco.json')
    ]
    assert both[0] == both[1]
    assert both[0]['object/segm_AR100'] > 0
    assert {f'object/bbox_{name}' for name in NAMES} <= set(both[0])


def test_the_count_is_checked(convert, write, whole, tmp_path):
    path = write(original())
    expected = (
        r'COCO val2017 whole, but got 3 images \(5,000 are published\), '
        r'3 annotations \(36,781 are published\), 1 ignored \(446'
    )
    with pytest.raises(ValueError, match=expected):
        convert('coco', '--annotations', path, whole=True)
    assert not (tmp_path / 'made' / 'coco.json').exists()
    whole('coco', images=3, annotations=3, ignored=1)
    convert('coco', '--annotations', path, whole=True)
    whole('coco', images=3, annotations=3, ignored=2)
    with pytest.raises(ValueError, match='but got 1 ignored'):
        convert('coco', '--annotations', path, whole=True)


def test_images_are_checked(convert, write, picture, tmp_path):
    folder = tmp_path / 'val2017'
    for number in (139, 285):
        picture(folder / f'{number:012}.jpg', HEIGHT, WIDTH)
    words = ['--annotations', write(original()), '--images', folder]
    with pytest.raises(ValueError, match=r'1 of 3 images .*632\.jpg, but got'):
        convert('coco', *words)
    picture(folder / f'{632:012}.jpg', WIDTH, HEIGHT)
    with pytest.raises(ValueError, match='30 x 40, but got 40 x 30'):
        convert('coco', *words)
    # On its side in the file, and upright in every pipeline.
    picture(folder / f'{632:012}.jpg', WIDTH, HEIGHT, orientation=6)
    assert len(convert('coco', *words)['images']) == 3
    (folder / f'{285:012}.jpg').write_bytes(b'no image')
    with pytest.raises(ValueError, match=r'285\.jpg to be an image'):
        convert('coco', *words)


def test_real_photographs_keep_their_annotations(convert):
    folder = shared_data('coco_photos')
    path = folder / 'instances.json'
    before = json.loads(path.read_text())
    made = convert(
        'coco', '--annotations', path, '--images', folder / 'images'
    )
    check_labels(made)
    assert made['info']['dropped'] == {}
    for old, new in zip(
        before['annotations'], made['annotations'], strict=True
    ):
        assert new['original_category_id'] == old['category_id']
        for key in ('image_id', 'iscrowd', 'bbox', 'area', 'segmentation'):
            assert new[key] == old[key]


def change(content, path, value):
    *keys, last = path
    for key in keys:
        content = content[key]
    if value is None:
        del content[last]
    else:
        content[last] = value


@pytest.mark.parametrize(
    'path,value,words',
    [
        (('annotations',), None, 'to have a list `annotations`'),
        (('images',), {}, 'to have a list `images`'),
        (('images', 1, 'id'), 139, r'images\[1\] .* a second time'),
        (('images', 1, 'id'), 'dog', r'`id` of images\[1\] .* whole number'),
        (('images', 1, 'file_name'), '../a.jpg', r'images\[1\] .*leads out'),
        (
            ('annotations', 1, 'iscrowd'),
            'no',
            r'`iscrowd` of annotations\[1\]',
        ),
        (('images', 1, 'height'), 0, r'images\[1\] .* but got 0 x 40'),
        (('images', 1, 'width'), None, r"images\[1\] .* a key 'width'"),
        (('annotations', 2), [], r'annotations\[2\] .* a row of COCO'),
        (('annotations', 1, 'image_id'), 4, r'annotations\[1\] .*got image 4'),
        (('annotations', 1, 'category_id'), 4, 'a category of COCO val2017'),
        (('annotations', 1, 'bbox'), None, r"annotations\[1\] .* key 'bbox'"),
        (('annotations', 1, 'area'), 'x', 'the area of annotations'),
        (
            ('annotations', 1, 'segmentation'),
            'x',
            r'annotations\[1\] .*polygons \[x1',
        ),
        (('annotations', 1, 'segmentation', 0), [1] * 7, 'pairs of numbers'),
        (
            ('annotations', 1, 'segmentation', 0),
            1,
            r'annotations\[1\] .*polygons',
        ),
        (
            ('annotations', 1, 'segmentation', 0, 2),
            1e30,
            r'annotations\[1\] .*within ±1,000,000',
        ),
        (
            ('annotations', 2, 'segmentation', 'counts'),
            "b'abc'",
            r'annotations\[2\] .*text of bytes',
        ),
        (
            ('annotations', 2, 'segmentation', 'counts', 1),
            -4,
            r'annotations\[2\] .*from 0 to 1200',
        ),
        (
            ('annotations', 2, 'segmentation', 'size'),
            [40, 30],
            r'annotations\[2\] .* of size \[30, 40\]',
        ),
        (('categories', 0), {'id': 3}, 'to have `id` and `name`'),
        (('categories', 1, 'id'), 3, 'categories with different ids'),
    ],
)
def test_what_is_wrong_is_named(path, value, words, convert, write):
    content = json.loads(json.dumps(original()))
    change(content, path, value)
    with pytest.raises(ValueError, match=words):
        convert('coco', '--annotations', write(content))


@pytest.mark.parametrize(
    'box', [[], [1, 2, 3], [1, 2, 3, 'x'], [1, 2, float('nan'), 3], 7]
)
def test_a_broken_box_is_that_of_the_mask(box, convert, write):
    content = original()
    content['annotations'][1]['bbox'] = box
    made = convert('coco', '--annotations', write(content))
    assert made['annotations'][1]['bbox'] == [4, 5, 30, 10]
    reason = 'broken box, the bounds of the mask taken'
    assert made['info']['dropped'] == {reason: 1}
    content['annotations'][1]['segmentation'] = []
    if box:
        words = r'the box of annotations\[1\] \(id 7\) of .*numbers'
        with pytest.raises(ValueError, match=words):
            convert('coco', '--annotations', write(content))
    else:
        made = convert('coco', '--annotations', write(content))
        assert made['info']['dropped'] == {'box without area': 1}


@pytest.mark.parametrize('text', ['', '[]', '{"images": [', 'text'])
def test_a_broken_file_is_named(text, convert, write):
    with pytest.raises(ValueError, match=r'original\.json to (be a JSON|hav)'):
        convert('coco', '--annotations', write(text))


def test_a_missing_file_is_named(convert):
    words = r'none\.json to be a JSON file, but got no file there'
    with pytest.raises(ValueError, match=words):
        convert('coco', '--annotations', 'none.json')


def test_what_is_dropped_is_counted(convert, write, capsys):
    content = original()
    line = [1, 1, 5, 5]
    content['annotations'] += [
        row(20, 139, bbox=[4, 5, 0, 3]),
        row(21, 139, bbox=[4, 5, 3, -1]),
        row(22, 139, segmentation=[line, *POLYGON]),
        row(23, 139, segmentation=[line]),
        row(24, 139, segmentation=[]),
    ]
    made = convert('coco', '--annotations', write(content))
    check_labels(made)
    assert len(made['annotations']) == 4
    assert made['annotations'][3]['segmentation'] == POLYGON
    assert made['info']['dropped'] == {
        'box without area': 2,
        'polygon of less than three points': 2,
        'no mask': 2,
    }
    # What is dropped has been there: the counts are those of the original.
    assert made['info']['read'] == {
        'images': 3,
        'annotations': 8,
        'ignored': 1,
    }
    assert 'dropped, box without area: 2' in capsys.readouterr().out


def test_nothing_to_measure_is_an_error(convert, write):
    content = {**original(), 'annotations': [crowd(5, 285)]}
    with pytest.raises(ValueError, match='objects to measure, but got none'):
        convert('coco', '--annotations', write(content))
