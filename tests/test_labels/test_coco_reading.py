"""COCO files as other tools write them: one form, or an error that names the
row."""

import os
import warnings

import numpy as np
import pytest
from helpers.foreign_coco import SQUARES, changed, foreign, polygon, write
from PIL import Image

from mmcuts3d.labels import read_labels
from mmcuts3d.labels.coco import parse_coco, parse_results, read_coco


def rows(found):
    return [row.to_dict() for row in found.annotations]


def all_rows(key, values):
    return {
        ('annotations', number, key): value
        for number, value in enumerate(values)
    }


FIRST = ('annotations', 0)


@pytest.mark.parametrize(
    'changes',
    [
        {},
        all_rows('iscrowd', [None, 0.0, False, '0', 'false', ' 0 ']),
        all_rows('iscrowd', [...] * 6),
        all_rows('area', [None, ..., 0, -1, '720', 884.0]),
        all_rows('bbox', [None, [], ..., ['44', 14, '26.0', 34], {}, [1, 2]]),
        {(*FIRST, 'bbox'): [float('nan'), 1, 2, 3]},
        {(*FIRST, 'bbox'): [0, 0, 0, 0]},
        {(*FIRST, 'bbox'): [8, 10, -24, 30]},
        all_rows('image_id', ['1', 1.0, '2', 2.0, ' 3 ', '3.0']),
        {('images', 0, 'id'): '01'},
        {('images', n, 'id'): str(n + 1) for n in range(3)},
        {('images', n, 'id'): n + 1.0 for n in range(3)},
        {('images', 1, 'height'): '60', ('images', 1, 'width'): 80.0},
        all_rows('id', [0] * 6),
        all_rows('id', [...] * 6),
        all_rows('category_id', ['1', 1.0, 1, '1', 1, 1]),
    ],
)
def test_what_has_one_meaning_becomes_one_form(changes):
    assert rows(parse_coco(changed(changes))) == rows(parse_coco(foreign()))


def test_crowds_as_text_are_crowds():
    values = [1, 1.0, True, '1', 'true', 'True']
    found = parse_coco(changed(all_rows('iscrowd', values)))
    assert [row.is_crowd for row in found.annotations] == [True] * 6


@pytest.mark.parametrize(
    'ids', [['b', 'a', '12'], ['2021_01', '2021-02', '2.0.1']]
)
def test_ids_that_are_names_are_numbered(ids):
    changes = {('images', n, 'id'): name for n, name in enumerate(ids)}
    changes |= all_rows('image_id', [ids[n // 2] for n in range(6)])
    found = parse_coco(changed(changes))
    assert rows(found) == rows(parse_coco(foreign()))
    assert [image.original_id for image in found.images] == ids
    assert found.images[1].to_dict()['original_id'] == ids[1]
    assert found.ids.find(ids[1]) == 2


def test_nothing_is_left_out_and_counted_once(tmp_path):
    content = foreign()
    for box in ([], None, [0, 0, 0, 0], ...):
        row = {'id': 90 + len(content['annotations']), 'image_id': 1}
        row |= {'segmentation': [], 'area': 0}
        if box is not ...:
            row['bbox'] = box
        content['annotations'].insert(0, row)
    content['annotations'][-1]['segmentation'].insert(0, [3, 3])
    path = write(tmp_path / 'a.json', content)
    with pytest.warns(UserWarning, match='left out: 4 .annotation') as said:
        found = read_coco(path)
    assert len(said) == 1
    assert 'less than three points left out: 1 ' in str(said[0].message)
    assert 'annotation 97' in str(said[0].message)
    assert rows(found) == rows(parse_coco(foreign()))


@pytest.mark.parametrize(
    'mask', [[], None, ..., [[1, 1]], polygon(-900, -900, 9, 9)]
)
def test_a_box_without_a_mask_stays_a_box(mask):
    found = parse_coco(changed({(*FIRST, 'segmentation'): mask}))
    assert found.annotations[0].segmentation is None
    assert found.annotations[0].bbox == list(SQUARES[0])
    assert found.annotations[1].segmentation is not None


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({(*FIRST, 'segmentation'): [1, 2, 3, 4, 5, 6]}, 'annotation 1 of'),
        ({(*FIRST, 'segmentation'): 'x', (*FIRST, 'id'): ...}, 'annotations'),
        (
            {
                (*FIRST, 'segmentation'): 'x',
                (*FIRST, 'id'): 6,
            },
            r'annotation 6 \(annotations\[0\]\)',
        ),
        (
            {(*FIRST, 'segmentation'): [], (*FIRST, 'bbox'): ['a', 1, 2, 3]},
            "annotation 1 of 'plain.png': .*'a'",
        ),
        (
            {(*FIRST, 'segmentation'): [], (*FIRST, 'bbox'): [1, 2]},
            'annotation 1 .*four numbers',
        ),
        (
            {(*FIRST, 'segmentation'): [], (*FIRST, 'bbox'): [1, 2, 1e300, 3]},
            'annotation 1 .*in pixels',
        ),
        ({(*FIRST, 'iscrowd'): 'no'}, "annotation 1 .*iscrowd.*'no'"),
        ({(*FIRST, 'iscrowd'): 2}, 'annotation 1 .*iscrowd.*2'),
        ({(*FIRST, 'area'): 'big'}, "annotation 1 .*area.*'big'"),
        ({(*FIRST, 'area'): float('nan')}, 'annotation 1 .*area.*nan'),
        ({(*FIRST, 'score'): None}, 'annotation 1 .*score.*None'),
        ({(*FIRST, 'category_id'): [1]}, 'annotation 1 .*category_id'),
        ({(*FIRST, 'image_id'): 9}, 'annotation 1: .*image id 9'),
        ({(*FIRST, 'image_id'): 'b'}, "annotation 1: .*image id 'b'"),
        ({(*FIRST, 'image_id'): None}, 'annotation 1: .*image id None'),
        ({(*FIRST, 'image_id'): [1]}, 'annotation 1: .*image id'),
        ({(*FIRST, 'image_id'): 1.5}, 'annotation 1: .*image id 1.5'),
        ({FIRST: 3}, r'annotations\[0\]: .*row of COCO'),
        ({('annotations',): {}}, 'list `annotations`'),
        ({('images', 0, 'id'): True}, 'whole number, but got True'),
        ({('images', 0, 'id'): None}, 'whole number, but got None'),
        ({('images', 0, 'id'): 1.5}, 'whole number, but got 1.5'),
        ({('images', 0, 'id'): 2**63}, '64 bits, but got 92'),
        ({('images', 0, 'id'): '9' * 30}, '64 bits, but got .99'),
        ({('images', 0, 'id'): '1.5'}, 'whole number, but got .1.5'),
        ({('images', 0, 'id'): 'b'}, "all names, but got 'b' and 2"),
        ({('images', 0, 'id'): 2}, 'image ids, but got 2 twice'),
        ({('images', 0, 'id'): '2'}, "image ids, but got '2' and 2 twice"),
        ({('images', 0, 'id'): ...}, r"without \['id'\]"),
        ({('images', 0): []}, 'every image to be a row of COCO'),
        ({('images', 0, 'file_name'): None}, 'image 1 .*path of a file'),
        ({('images', 0, 'file_name'): ''}, 'image 1 .*path of a file'),
        ({('images', 0, 'file_name'): 'a\0.png'}, 'image 1 .*path of a file'),
        ({('images', 0, 'file_name'): '../a.png'}, 'image 1 .*leads out'),
        ({('images', 0, 'file_name'): 'a/../../b'}, 'image 1 .*leads out'),
        ({('images', 0, 'file_name'): '..\\a.png'}, 'image 1 .*leads out'),
        (
            {('images', 0, 'file_name'): './with space.png'},
            "'with space.png' for the images 1 and 2",
        ),
        ({('images', 0, 'height'): 'high'}, 'height. of image 1.*high'),
        ({('images', 0, 'height'): -60}, 'height. of image 1.*-60'),
        ({('images', 0, 'height'): 60.5}, 'height. of image 1.*60.5'),
        ({('images', 0, 'height'): 10**9}, 'image 1 .*pixels'),
        ({('images', 0, 'height'): None}, 'image 1 .*plain.png.*`height`'),
    ],
)
def test_the_rest_is_refused_by_name(tmp_path, changes, words):
    path = write(tmp_path / 'truth.json', changed(changes))
    with pytest.raises(ValueError, match=rf'truth\.json .*{words}'):
        read_coco(path)


def test_an_image_that_is_listed_twice_in_equal_rows_is_one():
    content = foreign()
    content['images'].append(dict(content['images'][0]))
    found = parse_coco(content)
    assert len(found.images) == 3
    assert 'listed twice' in next(iter(found.notes))
    content['images'][-1]['width'] = 81
    with pytest.raises(ValueError, match='got 1 twice'):
        parse_coco(content)


@pytest.mark.parametrize('size', [0, None, ..., '0'])
def test_sizes_that_are_missing(tmp_path, size):
    content = foreign(['a.png', 'b.png'])
    for row in content['images']:
        for key in ('height', 'width'):
            row[key] = size
            if size is ...:
                del row[key]
    with pytest.raises(ValueError, match='image 1 .*`height`'):
        parse_coco(content)
    Image.new('RGB', (80, 60)).save(tmp_path / 'a.png')
    # Upright, as all readers of images have it.
    on_its_side = Image.new('RGB', (60, 80))
    exif = on_its_side.getexif()
    exif[0x0112] = 6
    on_its_side.save(tmp_path / 'b.png', exif=exif)
    expected = parse_coco(foreign(['a.png', 'b.png']))
    found = parse_coco(content, tmp_path)
    assert found.images[0].height == 60 and found.images[1].width == 80
    assert rows(found) == rows(expected)
    # Run-length codes know the size too.
    for row, known in zip(
        content['annotations'], expected.annotations, strict=True
    ):
        row['segmentation'] = known.segmentation
    assert rows(parse_coco(content)) == rows(expected)


def test_sizes_that_are_exchanged(tmp_path):
    content = foreign(['a.png', 'b.png'])
    for row in content['images']:
        row['height'], row['width'] = row['width'], row['height']
    Image.new('RGB', (80, 60)).save(tmp_path / 'a.png')
    # Annotated as it is stored: 60 wide and 80 high is what is in the file.
    on_its_side = Image.new('RGB', (60, 80))
    exif = on_its_side.getexif()
    exif[0x0112] = 6
    on_its_side.save(tmp_path / 'b.png', exif=exif)
    found = parse_coco(content, tmp_path)
    assert (found.images[0].height, found.images[0].width) == (60, 80)
    assert (found.images[1].height, found.images[1].width) == (80, 60)
    assert 'exchanged, as their files show: 1 ' in next(iter(found.notes))


def test_results_keep_what_is_false():
    images = [image.to_dict() for image in parse_coco(foreign()).images]
    nothing = {'size': [60, 80], 'counts': [4800]}
    found, notes = parse_results(
        [
            {'image_id': '1', 'score': '0.5', 'bbox': [8, 10, 24, 30]},
            {
                'image_id': 2.0,
                'score': 1,
                'segmentation': polygon(8, 10, 9, 9),
            },
            {'image_id': 3, 'score': 0.5, 'segmentation': nothing},
            {'image_id': 3, 'score': 0.5, 'bbox': [0, 0, 0, 0]},
        ],
        images,
    )
    assert [row.image_id for row in found] == [1, 2, 3, 3]
    assert [row.score for row in found] == [0.5, 1, 0.5, 0.5]
    assert found[1].bbox == [8, 10, 9, 9]
    assert [row.segmentation is not None for row in found] == [0, 1, 1, 0]
    assert notes.counts == {
        'masks without a pixel counted as false predictions': 1
    }
    for row, words in (
        ({'image_id': 4, 'score': 1}, r'results\[0\]: .*image id 4'),
        ({'image_id': 1, 'score': 1}, r"results\[0\] of 'plain.*neither"),
        ({'image_id': 1}, r"results\[0\]: .*without \['score'\]"),
        ({'image_id': 1, 'score': np.nan, 'bbox': [1, 1, 1, 1]}, 'score.*nan'),
        (7, r'results\[0\]: .*row of COCO'),
    ):
        with pytest.raises(ValueError, match=words):
            parse_results([row], images)


def test_labels_of_other_people(tmp_path):
    changes = all_rows('iscrowd', ['0', '1', None, False, 0.0, 1])
    changes |= {(*FIRST, 'score'): '0.25', (*FIRST, 'ignore'): '0'}
    changes |= {(*FIRST, 'id'): '1', ('categories', 0, 'id'): '1'}
    labels = read_labels(write(tmp_path / 'a.json', changed(changes)))
    assert [r['iscrowd'] for r in labels['annotations']] == [0, 1, 0, 0, 0, 1]
    assert labels['annotations'][0]['score'] == 0.25
    assert labels['annotations'][0]['ignore'] == 0
    assert labels['annotations'][0]['segmentation']['size'] == [60, 80]
    for changes, words in (
        (
            {(*FIRST, 'segmentation'): [[1, 1]]},
            'annotation 1: .*only a `bbox`',
        ),
        ({(*FIRST, 'id'): '2'}, "annotation ids, but got '2' and 2 twice"),
        ({('images', 0, 'file_name'): '/etc/passwd'}, 'image 1 .*relative'),
        ({('images', 0, 'file_name'): '../a.png'}, 'image 1 .*leads out'),
    ):
        path = write(tmp_path / 'b.json', changed(changes))
        with pytest.raises(ValueError, match=rf'b\.json: .*{words}'):
            read_labels(path)


def test_a_sound_file_reads_without_a_word(tmp_path):
    path = write(tmp_path / 'a.json', foreign())
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = read_coco(path)
    assert len(found.annotations) == 6
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(
        ValueError, match='pipe to be a COCO file, but got a FIFO'
    ):
        read_coco(tmp_path / 'pipe')
