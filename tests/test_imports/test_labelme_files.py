"""Small files as LabelMe writes them, after its documentation."""

import json

import numpy as np
import pytest
from helpers.importing import SIZE, decoded, png, rectangle, same
from PIL import Image

from mmcuts3d.imports import import_labels_of


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
