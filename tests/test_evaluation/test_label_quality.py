"""The table of all measures is made of the measures."""

import numpy as np
import pytest
from helpers import shared_data
from helpers.coco import NAMES, SIZE, random_mask
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import (
    best_iou,
    confidence_quality,
    correct_localization,
    evaluate_coco,
    label_quality,
    load_ground_truth,
    same_class_recall,
    score_quality,
    segmentation_split,
)
from mmcuts3d.labels import encode_confidence, encode_mask

MASKS = {'segmentation'}
MAPS = {'confidence'}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    images = [
        {'id': number, 'height': SIZE[0], 'width': SIZE[1]}
        for number in range(6)
    ]
    truth, found = [], []
    for image in images[1:]:
        for _ in range(3):
            mask = random_mask(rng)
            moved = np.roll(mask, rng.integers(-8, 9, 2), (0, 1))
            category = int(rng.integers(2))
            truth.append(row_of(image, mask, iscrowd=0, category_id=category))
            code = encode_confidence(rng.integers(3, 7, (12, 15)) / 6)
            score = float(rng.random())
            found.append(row_of(image, moved, score=score, confidence=code))
    return images, truth, found


def row_of(image, mask, **more):
    code = encode_mask(mask)
    box, area = coco_mask.toBbox(code), coco_mask.area(code)
    return {
        'image_id': image['id'],
        'bbox': box.tolist(),
        'segmentation': code,
        'area': float(area),
        **more,
    }


def without(rows, keys):
    return [{k: v for k, v in row.items() if k not in keys} for row in rows]


def test_holds_every_measure(data):
    got = label_quality(*data, iou_types=('bbox', 'segm', 'boundary'))
    expected = {
        **correct_localization(*data),
        **segmentation_split(*data),
        **confidence_quality(*data),
    }
    for iou_type in ('bbox', 'segm', 'boundary'):
        for part in (
            evaluate_coco(*data, iou_type),
            best_iou(*data, iou_type),
            same_class_recall(*data, iou_type),
            score_quality(*data, iou_type),
        ):
            expected.update({f'{iou_type}_{k}': v for k, v in part.items()})
    assert got == expected
    assert all(type(value) is float for value in got.values())
    assert {f'segm_{name}' for name in NAMES} < set(got)
    assert got['segm_AP50'] > 0 and got['confidence_ECE'] > 0
    # The default is without boundaries.
    default = label_quality(*data)
    rest = {k: v for k, v in expected.items() if not k.startswith('boundary')}
    assert default == rest


def test_the_backend_and_numbers_are_passed_on(data):
    pytest.importorskip('faster_coco_eval')
    kinds = ('bbox', 'segm', 'boundary')
    got = label_quality(*data, kinds, (1, 2), 'faster_coco_eval')
    expected = label_quality(*data, kinds, (1, 2))
    assert got == pytest.approx(expected, abs=1e-6)
    assert 'segm_AR2' in got and 'segm_AR100' not in got
    with pytest.raises(ValueError, match="`backend`.*'other'"):
        label_quality(*data, backend='other')
    with pytest.raises(ValueError, match="`iou_type`.*'mask'"):
        label_quality(*data, iou_types=('mask',))


def test_leaves_out_what_the_input_cannot_answer(data):
    images, truth, found = data
    everything = label_quality(*data)
    boxes = {k for k in everything if k.startswith('bbox')} | {'CorLoc'}
    maps = {k for k in everything if k.startswith('confidence')}
    # Ground truth of boxes.
    got = label_quality(images, without(truth, MASKS), found)
    assert got == {key: everything[key] for key in boxes}
    # Predictions of boxes.
    got = label_quality(images, truth, without(found, MASKS))
    assert got == {key: everything[key] for key in boxes}
    # Labels of a detector.
    got = label_quality(images, truth, without(found, MAPS))
    assert set(got) == set(everything) - maps
    got = label_quality(*data, iou_types=('bbox',))
    assert set(got) == boxes
    got = label_quality(*data, iou_types=('segm',))
    assert set(got) == set(everything) - boxes


def test_of_nothing(data):
    images, truth, found = data
    for sets in (([], [], []), (images, [], []), (images, [], found)):
        got = label_quality(*sets)
        assert got['bbox_AP'] == got['segm_AP'] == got['CorLoc'] == -1
    got = label_quality(images, truth, [])
    assert got['bbox_AP'] == got['segm_AR100'] == got['CorLoc'] == 0
    assert got['missed'] == 100 and got['segm_mean_IoU'] == -1


def test_real_ground_truth_is_perfect():
    path = shared_data('coco_photos', 'instances.json')
    images, truth = load_ground_truth(path)
    images = images[:25]
    known = {image['id'] for image in images}
    truth = [row for row in truth if row['image_id'] in known]
    single = [row for row in truth if not row['iscrowd']]
    found = [
        {**row, 'score': 0.5, 'confidence': np.ones((3, 3))} for row in single
    ]
    got = label_quality(images, truth, found, ('bbox', 'segm', 'boundary'))
    assert len({row['category_id'] for row in truth}) > 5
    for iou_type in ('bbox', 'segm', 'boundary'):
        assert got[f'{iou_type}_AP'] == pytest.approx(100)
        assert got[f'{iou_type}_mean_IoU'] == pytest.approx(100)
        recalls = [
            v for k, v in got.items() if k.startswith(iou_type + '_AR_')
        ]
        assert set(recalls) <= {-1, 100} and recalls.count(100) > 3
    assert got['CorLoc'] == got['hoover_correct'] == 100
    assert got['missed'] == got['confidence_ECE'] == 0
    assert got['confidence_accuracy'] == 100
