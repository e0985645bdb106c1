"""Small files as CVAT writes them, after its documentation."""

import json

import numpy as np
import pytest
from helpers.importing import SIZE, decoded, rectangle, same

from mmcuts3d.exports.cvat import row_runs
from mmcuts3d.imports import import_labels_of
from mmcuts3d.labels import encode_mask


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
