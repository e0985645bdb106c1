"""Recall by number of same-class instances."""

import json

import numpy as np
import pytest
from helpers.coco import SIZE, random_mask
from pycocotools import mask as coco_mask

from mmcuts3d.evaluation import (
    evaluate_coco,
    load_ground_truth,
    same_class_recall,
)
from mmcuts3d.labels import encode_mask


def image(number):
    return {
        'id': number,
        'file_name': f'{number}.jpg',
        'height': SIZE[0],
        'width': SIZE[1],
    }


def row_of(image_id, mask, **more):
    code = encode_mask(mask)
    return {
        'image_id': image_id,
        'bbox': coco_mask.toBbox(code).tolist(),
        'segmentation': code,
        'area': int(coco_mask.area(code)),
        **more,
    }


def block(top, left, height, width):
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def test_by_hand():
    # Two dogs, the first found whole, the second with IoU 0.7: recalled at 5
    # of 10 thresholds. A cat, missed. In another image a cat, found.
    first, second, cat = (block(0, n, 10, 10) for n in (0, 40, 80))
    truth = [
        row_of(1, first, category_id=3),
        row_of(1, second, category_id=3),
        row_of(1, cat, category_id=8),
        row_of(2, cat, category_id=8),
    ]
    found = [
        row_of(1, first, score=0.1),
        row_of(1, block(0, 40, 7, 10), score=0.2),
        row_of(2, cat, score=0.3),
    ]
    expected = {
        'AR_same1': 50,
        'AR_same2': 75,
        **dict.fromkeys(['AR_same3', 'AR_same4', 'AR_same5', 'AR_same6+'], -1),
    }
    for iou_type in ('segm', 'bbox'):
        got = same_class_recall([image(1), image(2)], truth, found, iou_type)
        assert got == pytest.approx(expected)
        assert list(got) == list(expected)


def test_any_prediction_may_match_and_crowds_do_not_count():
    mask = block(0, 0, 20, 20)
    truth = [
        row_of(1, mask, category_id=1),
        row_of(1, block(50, 50, 30, 30), category_id=1, iscrowd=1),
    ]
    # 200 better scored ones come first, of another label.
    found = [row_of(1, block(50, 50, 30, 30), score=0.9)] * 200
    found.append(row_of(1, mask, score=0.0, category_id=5))
    got = same_class_recall([image(1)], truth, found)
    assert got['AR_same1'] == 100 and got['AR_same2'] == -1


def slow(images, truth, found, last):
    """The definition, pixel by pixel and threshold by threshold."""
    hits = {}
    for one in images:
        mine = [
            (coco_mask.decode(row['segmentation']), row['category_id'])
            for row in truth
            if row['image_id'] == one['id'] and not row['iscrowd']
        ]
        masks = [
            coco_mask.decode(row['segmentation'])
            for row in found
            if row['image_id'] == one['id']
        ]
        for mask, category in mine:
            number = sum(other == category for _, other in mine)
            overlaps = [(m & mask).sum() / (m | mask).sum() for m in masks]
            for threshold in np.arange(50, 100, 5) / 100:
                hit = any(iou >= threshold - 1e-9 for iou in overlaps)
                hits.setdefault(min(number, last), []).append(hit)
    return [100 * np.mean(hits[n]) if n in hits else -1 for n in range(1, 7)]


@pytest.mark.parametrize('seed', range(4))
def test_by_pixels(seed):
    rng = np.random.default_rng(seed)
    images = [image(number) for number in range(5)]
    truth, found = [], []
    for one in images:
        for _ in range(rng.integers(0, 14)):
            mask = random_mask(rng)
            truth.append(
                row_of(
                    one['id'],
                    mask,
                    category_id=int(rng.integers(3)),
                    iscrowd=int(rng.random() < 0.1),
                )
            )
            moved = np.roll(mask, rng.integers(-8, 9, 2), (0, 1))
            if rng.random() < 0.7:
                found.append(row_of(one['id'], moved, score=rng.random()))
    got = same_class_recall(images, truth, found)
    assert list(got.values()) == pytest.approx(slow(images, truth, found, 6))
    assert max(got.values()) > 0
    # One bucket for all is the plain average recall, if masks are apart.
    everything = same_class_recall(images, truth, found, last_bucket=1)
    plain = evaluate_coco(images, truth, found, 'segm')['AR100']
    assert everything['AR_same1+'] == pytest.approx(plain, abs=8)
    assert everything['AR_same1+'] >= plain - 1e-9


def test_nothing_to_measure():
    assert set(same_class_recall([], [], []).values()) == {-1}
    assert set(same_class_recall([image(1)], [], []).values()) == {-1}
    truth = [row_of(1, block(0, 0, 9, 9))]  # no class: all of one
    assert same_class_recall([image(1)], truth * 3, [])['AR_same3'] == 0
    with pytest.raises(ValueError, match='`last_bucket`.*but got 0'):
        same_class_recall([], [], [], last_bucket=0)
    with pytest.raises(ValueError, match="`iou_type`.*but got 'mask'"):
        same_class_recall([image(1)], truth, truth_as_found(truth), 'mask')


def truth_as_found(truth):
    return [{**row, 'score': 1.0} for row in truth]


def test_the_class_comes_from_the_file(tmp_path):
    mask = block(0, 0, 9, 9)
    rows = [
        row_of(1, mask, id=1, category_id=1, original_category_id=7),
        row_of(1, mask, id=2, category_id=1, original_category_id=9),
        row_of(2, mask, id=3, category_id=4),
        row_of(2, mask, id=4, category_id=4),
    ]
    path = tmp_path / 'gt.json'
    path.write_text(
        json.dumps({'images': [image(1), image(2)], 'annotations': rows})
    )
    images, truth = load_ground_truth(path)
    assert [row['category_id'] for row in truth] == [7, 9, 4, 4]
    got = same_class_recall(images, truth, truth_as_found(truth)[:3])
    assert got['AR_same1'] == got['AR_same2'] == 100
    # Rows as they stand in the file give the same.
    assert same_class_recall(images, rows, truth_as_found(truth)[:3]) == got
