"""Small files as the tools write them, after their documentation."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from mmcuts3d.exports.cvat import row_runs
from mmcuts3d.exports.rle_pack import pack_mask
from mmcuts3d.exports.voc import voc_palette
from mmcuts3d.imports import import_labels_of
from mmcuts3d.labels import encode_mask

SIZE = (20, 30)


def rectangle(top, left, bottom, right):
    mask = np.zeros(SIZE, bool)
    mask[top:bottom, left:right] = True
    return mask


def decoded(record):
    return [
        coco_mask.decode(row['segmentation']).astype(bool)
        for row in record.annotations
    ]


def same(found, expected, least=1.0):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        iou = (one & other).sum() / (one | other).sum()
        assert iou >= least


def png(values):
    file = io.BytesIO()
    Image.fromarray(values).save(file, format='PNG')
    return base64.b64encode(file.getvalue()).decode()


# LabelMe


def shape(kind, points, label='thing', **more):
    return {
        **{'label': label, 'points': points, 'group_id': None},
        **{'description': '', 'shape_type': kind, 'flags': {}},
        **{'mask': None, **more},
    }


def labelme(folder, shapes, **more):
    content = {
        **{'version': '5.5.0', 'flags': {}, 'shapes': shapes},
        **{'imagePath': 'a.jpg', 'imageData': None},
        **{'imageHeight': SIZE[0], 'imageWidth': SIZE[1], **more},
    }
    folder.mkdir(exist_ok=True)
    path = folder / 'a.json'
    path.write_text(json.dumps(content))
    return path


def test_shapes_of_labelme(tmp_path):
    box = [[2.0, 3.0], [8.0, 3.0], [8.0, 9.0], [2.0, 9.0]]
    path = labelme(
        tmp_path,
        [
            shape('polygon', box),
            shape('rectangle', [[20.0, 9.0], [12.0, 3.0]]),
            shape('circle', [[15.0, 14.0], [15.0, 17.0]]),
            shape(
                *('mask', [[1, 12], [4, 15]]),
                mask=png(np.ones((4, 4), bool)),
            ),
            shape('line', [[1, 2], [3, 4]]),
            shape('polygon', [[22, 2], [26, 2], [26, 5]], group_id=1),
            shape('polygon', [[22, 9], [26, 9], [26, 12]], group_id=1),
        ],
    )
    (record,), notes = import_labels_of(path, 'labelme')
    found = decoded(record)
    same(found[:2], [rectangle(3, 2, 10, 9), rectangle(3, 12, 10, 21)])
    rows, columns = np.nonzero(found[2])
    assert (rows.min(), rows.max()) == (11, 17)
    assert (columns.min(), columns.max()) == (12, 18)
    same(found[3:4], [rectangle(12, 1, 16, 5)])
    assert len(found) == 5  # two polygons of a group are one
    rows, _ = np.nonzero(found[4])
    assert (rows.min(), rows.max()) == (2, 12)
    said = ' '.join(notes)
    assert 'a.json, shape 5 (line)' in said
    assert {row['score'] for row in record.annotations} == {1.0}


def test_labels_of_labelme_in_a_folder_of_their_own(tmp_path):
    (tmp_path / 'images' / 'sub').mkdir(parents=True)
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'images/sub/a.jpg')
    box = [[2, 3], [8, 3], [8, 9]]
    path = labelme(
        tmp_path / 'labels',
        [shape('polygon', box)],
        imagePath='..\\images\\sub\\a.jpg',
        imageHeight=None,
        imageWidth=None,
    )
    (path.parent / 'project.json').write_text('{"files": 3}')
    (record,), notes = import_labels_of(
        path.parent, 'labelme', tmp_path / 'images'
    )
    assert record.file_name == 'sub/a.jpg'
    assert (record.height, record.width) == SIZE
    assert any('project.json' in note for note in notes)


@pytest.mark.parametrize(
    ('shapes', 'words'),
    [
        ([shape('polygon', [[1, 2], [3, 4]])], 'shape 1.*3 points or more'),
        ([shape('polygon', [[1, 2], ['x', 4], [5, 6]])], 'shape 1'),
        ([shape('mask', [[1, 2], [3, 4]], mask='!')], 'shape 1.*base64'),
        (['?'], 'shape 1'),
        (
            [shape('rectangle', [[1, 2], [5, 6]], description='{"score": 3}')],
            r'shape 1.*\[0, 1\]',
        ),
        (
            [
                shape('rectangle', [[1, 2], [5, 6]]),
                shape('rectangle', [[1, 2], [5, 6]], 'other'),
            ],
            r"shape 1\), 'other' \(.*a\.json, shape 2\).*--merge-categories",
        ),
    ],
)
def test_a_bad_shape_is_named(tmp_path, shapes, words):
    path = labelme(tmp_path, shapes)
    with pytest.raises(ValueError, match=rf'a\.json.*{words}'):
        import_labels_of(path, 'labelme')


# CVAT


def cvat(folder, rows):
    path = folder / 'annotations.xml'
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n'
        '<version>1.1</version><meta><task><mode>annotation</mode></task>'
        f'</meta><image id="0" name="sub/a.jpg" width="{SIZE[1]}" '
        f'height="{SIZE[0]}">{rows}</image></annotations>'
    )
    return path


def test_shapes_of_cvat(tmp_path):
    runs = ', '.join(map(str, row_runs(np.eye(3, dtype=bool))))
    common = 'label="thing" source="manual" occluded="0" z_order="0"'
    cvat(
        tmp_path,
        f'<polygon {common} points="2.00,3.00;9.00,3.00;9.00,8.00;2.00,8.00">'
        '<attribute name="score">0.25</attribute></polygon>'
        f'<box {common} xtl="12.0" ytl="4.0" xbr="20.0" ybr="10.0"/>'
        f'<box {common} xtl="12.0" ytl="4.0" xbr="20.0" ybr="10.0" '
        'rotation="90.00"/>'
        f'<ellipse {common} cx="8.0" cy="14.0" rx="5.0" ry="3.0"/>'
        f'<mask {common} rle="{runs}" left="25" top="2" width="3" height="3" '
        'group_id="4"/>'
        f'<mask {common} rle="0, 4" left="1" top="16" width="2" height="2" '
        'group_id="4"/>'
        f'<points {common} points="2.00,3.00"/><tag label="thing"/>',
    )
    (record,), notes = import_labels_of(tmp_path, 'cvat')
    assert record.file_name == 'sub/a.jpg'
    found = decoded(record)
    parts = rectangle(16, 1, 18, 3)
    parts[[2, 3, 4], [25, 26, 27]] = True
    same(
        [*found[:3], *found[4:]],
        [
            rectangle(3, 2, 8, 9),
            rectangle(4, 12, 10, 20),
            rectangle(3, 13, 11, 19),
            parts,
        ],
    )
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    ellipse = ((x - 8) / 5) ** 2 + ((y - 14) / 3) ** 2 <= 1
    same(found[3:4], [ellipse], 0.9)
    assert [row['score'] for row in record.annotations][:2] == [0.25, 1.0]
    said = ' '.join(notes)
    assert 'points 7' in said
    assert 'parts of a group: 1' in said


@pytest.mark.parametrize(
    ('row', 'words'),
    [
        ('<mask rle="1, 2" left="0" top="0" width="2" height="2"/>', 'add up'),
        ('<mask rle="1;2" left="0" top="0" width="2" height="2"/>', 'commas'),
        ('<mask rle="4" left="29" top="0" width="2" height="2"/>', 'box of'),
        ('<polygon points="1,2;3"/>', 'x,y;x,y'),
        ('<box xtl="1" ytl="2" xbr="nan" ybr="3"/>', 'xbr'),
    ],
)
def test_a_bad_annotation_of_cvat_is_named(tmp_path, row, words):
    path = cvat(tmp_path, row)
    kind = row[1:].split()[0]
    with pytest.raises(
        ValueError, match=rf'annotations\.xml: image sub/a.jpg, {kind} 1.*'
    ) as caught:
        import_labels_of(path, 'cvat')
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('<annotations><track id="0"/></annotations>', 'CVAT for images 1.1'),
        ('<html/>', 'of CVAT, but got one of <html>'),
        ('<annotations><image', 'to be an XML file'),
        ('', 'to be an XML file'),
    ],
)
def test_other_files_of_xml_are_refused(tmp_path, text, words):
    (tmp_path / 'annotations.xml').write_text(text)
    with pytest.raises(ValueError, match=words):
        import_labels_of(tmp_path, 'cvat')


def test_a_packed_export_is_to_be_unpacked(tmp_path):
    (tmp_path / 'task.zip').write_bytes(b'PK')
    with pytest.raises(ValueError, match='unzip it'):
        import_labels_of(tmp_path / 'task.zip', 'cvat')


def test_coco_of_cvat_marks_masks_as_crowds(tmp_path):
    mask = rectangle(2, 2, 9, 9)
    content = {
        'licenses': [{'name': '', 'id': 0, 'url': ''}],
        'info': {'contributor': '', 'version': '', 'year': ''},
        'categories': [{'id': 1, 'name': 'thing', 'supercategory': ''}],
        'images': [
            {'id': 1, 'width': SIZE[1], 'height': SIZE[0]}
            | {'file_name': 'a.jpg', 'license': 0, 'flickr_url': ''}
        ],
        'annotations': [
            {'id': 1, 'image_id': 1, 'category_id': 1, 'iscrowd': 1}
            | {'segmentation': encode_mask(mask), 'area': 49.0}
            | {'bbox': [2.0, 2.0, 7.0, 7.0]}
            | {'attributes': {'occluded': False, 'score': 0.5}}
        ],
    }
    path = tmp_path / 'instances_default.json'
    path.write_text(json.dumps(content))
    (record,), notes = import_labels_of(path, 'cvat_coco')
    (row,) = record.annotations
    assert (row['iscrowd'], row['score']) == (0, 0.5)
    same(decoded(record), [mask])
    (record,), notes = import_labels_of(path, 'coco')
    assert record.annotations[0]['iscrowd'] == 1
    assert any('cvat_coco' in note for note in notes)


# Label Studio


def region(kind, value, **more):
    return {
        **{'id': 'x1', 'type': kind, 'from_name': 'tag', 'to_name': 'image'},
        **{'original_width': SIZE[1], 'original_height': SIZE[0]},
        **{'image_rotation': 0, 'origin': 'manual'},
        **{'value': {**value, kind: ['thing']}, **more},
    }


def brush(mask):
    return region('brushlabels', {'format': 'rle', 'rle': pack_mask(mask)})


def studio(folder, *tasks):
    folder.mkdir(exist_ok=True)
    path = folder / 'project-1-at-2026.json'
    rows = []
    for number, (image, made, predicted) in enumerate(tasks, 1):
        annotations = [
            {'id': n, 'result': result, 'was_cancelled': cancelled}
            | {'updated_at': f'2026-01-0{n}T00:00:00Z'}
            for n, (result, cancelled) in enumerate(made, 1)
        ]
        rows.append(
            {'id': number, 'data': {'image': image}}
            | {'annotations': annotations}
            | {'predictions': [{'result': predicted}] if predicted else []}
        )
    path.write_text(json.dumps(rows))
    return path


def test_regions_of_label_studio(tmp_path):
    mask = rectangle(1, 2, 7, 9)
    points = [[10, 20], [50, 20], [50, 60], [10, 60]]
    box = {'x': 40, 'y': 50, 'width': 20, 'height': 30, 'rotation': 90}
    circle = {'x': 50, 'y': 50, 'radiusX': 20, 'radiusY': 30, 'rotation': 0}
    path = studio(
        tmp_path,
        (
            '/data/local-files/?d=images/a%20b.jpg',
            [
                ([brush(rectangle(0, 0, 9, 9))], False),
                (
                    [
                        brush(mask),
                        region('polygonlabels', {'points': points}),
                        region('rectanglelabels', box),
                        region('ellipselabels', circle),
                        {'type': 'choices', 'value': {'choices': ['good']}},
                    ],
                    False,
                ),
            ],
            [],
        ),
        ('http://host/data/upload/3/b.jpg', [], [brush(mask)]),
        ('/data/upload/3/c.jpg', [([brush(mask)], True)], []),
    )
    records, notes = import_labels_of(path, 'label_studio')
    assert [record.file_name for record in records] == [
        'data/upload/3/b.jpg',
        'images/a b.jpg',
    ]
    found = decoded(records[1])
    # The box turns about its first corner: from (12, 10) down and left.
    same(
        found[:3],
        [mask, rectangle(4, 3, 12, 15), rectangle(10, 6, 16, 12)],
    )
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    same(found[3:], [((x - 15) / 6) ** 2 + ((y - 10) / 6) ** 2 <= 1], 0.9)
    same(decoded(records[0]), [mask])
    counts = notes.counts
    for words in ('nobody annotated', 'several annotations', 'skipped'):
        (number,) = [counts[kind] for kind in counts if words in kind]
        assert number == 1


def test_a_task_without_regions_is_measured(tmp_path):
    path = studio(tmp_path, ('/d/images/a.jpg', [([], False)], []))
    with pytest.raises(ValueError, match=r'task 1.*size of image.*--images'):
        import_labels_of(path, 'label_studio')
    (tmp_path / 'images').mkdir()
    Image.new('RGB', SIZE[::-1]).save(tmp_path / 'images' / 'a.jpg')
    (record,), _ = import_labels_of(path, 'label_studio', tmp_path / 'images')
    assert (record.file_name, record.annotations) == ('a.jpg', [])
    assert (record.height, record.width) == SIZE


@pytest.mark.parametrize(
    ('row', 'words'),
    [
        (brush(np.ones((9, 9), bool)), 'bytes'),
        (region('brushlabels', {'rle': 'AB'}), 'list of bytes'),
        (region('polygonlabels', {'points': [[1, 2], 3]}), 'percent'),
        (region('rectanglelabels', {'x': 1}), '`y`'),
        ({**brush(np.ones(SIZE, bool)), 'image_rotation': 90}, 'turn it back'),
    ],
)
def test_a_bad_region_is_named(tmp_path, row, words):
    path = studio(tmp_path, ('a.jpg', [([row], False)], []))
    with pytest.raises(ValueError, match=r'task 1, result 1') as caught:
        import_labels_of(path, 'label_studio')
    assert words in str(caught.value)


def test_other_exports_of_label_studio_are_refused(tmp_path):
    path = tmp_path / 'min.json'
    path.write_text('[{"image": "a.jpg", "tag": []}]')
    with pytest.raises(ValueError, match='JSON-MIN'):
        import_labels_of(path, 'label_studio')


# Pascal VOC and YOLO


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
