"""Small files as Label Studio writes them, after its documentation."""

import json

import numpy as np
import pytest
from helpers.importing import SIZE, decoded, rectangle, same
from PIL import Image

from mmcuts3d.exports.rle_pack import pack_mask
from mmcuts3d.imports import import_labels_of


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
