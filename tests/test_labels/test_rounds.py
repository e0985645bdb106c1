"""Merging rounds and counting labels, against plain numpy."""

import math

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    label_statistics,
    merge_rounds,
)

SIZE = (20, 20)


def square(top, left, side=6):
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def make_labels(images, confidence=None):
    """Labels of {file name: (id, [(mask, score), ...])}."""
    return build_labels(
        [
            ImageRecord(
                name,
                *SIZE,
                image_id,
                [
                    instance_to_annotation(mask, score, confidence)
                    for mask, score in instances
                ],
            )
            for name, (image_id, instances) in images.items()
        ]
    )


def masks_of(labels, image_id):
    return [
        coco_mask.decode(annotation['segmentation']).astype(bool)
        for annotation in labels['annotations']
        if annotation['image_id'] == image_id
    ]


def test_kept_predictions_replace_what_they_cover():
    confidence = np.full((4, 4), 0.5)
    previous = make_labels(
        {'a.jpg': (1, [(square(0, 0), 0.9), (square(10, 10), 0.8)])},
        confidence,
    )
    predicted = make_labels(
        {
            'a.jpg': (
                1,
                [
                    (square(14, 0), 0.6),  # a rejected one covers nothing
                    (square(1, 0), 0.71),  # IoU 5/7 with the first
                    (square(10, 11), 0.5),
                    (square(0, 14), 0.95),
                ],
            )
        }
    )
    merged = merge_rounds(
        previous, predicted, score_thr=0.7, iou_thr=0.5, keep_confidence=True
    )
    expected = [square(0, 14), square(1, 0), square(10, 10)]
    np.testing.assert_array_equal(masks_of(merged, 1), expected)
    rows = merged['annotations']
    assert [row['score'] for row in rows] == [0.95, 0.71, 0.8]
    assert [row['id'] for row in rows] == [1, 2, 3]
    assert ['confidence' in row for row in rows] == [False, False, True]
    assert rows[2]['confidence'] == previous['annotations'][1]['confidence']
    # Rounds train without confidence (supplement, E.3): the default.
    bare = merge_rounds(previous, predicted, score_thr=0.7, iou_thr=0.5)
    assert bare['annotations'] == [
        {key: value for key, value in row.items() if key != 'confidence'}
        for row in rows
    ]
    assert 'confidence' in previous['annotations'][1]
    assert len(previous['annotations']) == 2  # arguments stay as they were
    assert len(predicted['annotations']) == 4


@pytest.mark.parametrize('seed', range(5))
def test_the_rule_holds_on_random_masks(seed):
    rng = np.random.default_rng(seed)

    def draw():
        number = rng.integers(0, 6)
        return [
            (square(*rng.integers(0, 14, 2)), float(rng.random()))
            for _ in range(number)
        ]

    old = {f'{n}.jpg': (n, draw()) for n in range(1, 6)}
    new = {f'{n}.jpg': (n, draw()) for n in range(3, 9)}
    merged = merge_rounds(make_labels(old), make_labels(new), 0.4, 0.3)
    assert [image['id'] for image in merged['images']] == list(range(1, 9))
    for number in range(1, 9):
        name = f'{number}.jpg'
        kept = [
            mask
            for mask, score in sorted(
                new.get(name, (0, []))[1], key=lambda pair: -pair[1]
            )
            if score > 0.4
        ]
        stay = [
            mask
            for mask, _ in old.get(name, (0, []))[1]
            if all((mask & k).sum() / (mask | k).sum() < 0.3 for k in kept)
        ]
        assert len(masks_of(merged, number)) == len(kept + stay)
        for got, expected in zip(
            masks_of(merged, number), kept + stay, strict=True
        ):
            np.testing.assert_array_equal(got, expected)


def test_thresholds_are_strict():
    previous = make_labels({'a.jpg': (1, [(square(0, 0), 0.9)])})
    predicted = make_labels({'a.jpg': (1, [(square(0, 2), 0.75)])})
    # IoU of the two is 24 / 48.
    assert len(merge_rounds(previous, predicted, 0.75, 0.5)['annotations'])
    merged = merge_rounds(previous, predicted, 0.75, 0.5)
    np.testing.assert_array_equal(masks_of(merged, 1), [square(0, 0)])
    merged = merge_rounds(previous, predicted, 0.7, 0.5)
    np.testing.assert_array_equal(masks_of(merged, 1), [square(0, 2)])


def test_an_image_keeps_its_id():
    previous = make_labels({'a.jpg': (7, [(square(0, 0), 0.9)])})
    predicted = make_labels({'a.jpg': (1, [(square(9, 9), 0.9)])})
    merged = merge_rounds(previous, predicted, 0.5, 0.5)
    assert [image['id'] for image in merged['images']] == [7]
    assert len(masks_of(merged, 7)) == 2


def test_what_does_not_fit_is_refused():
    labels = make_labels({'a.jpg': (1, [])})
    with pytest.raises(ValueError, match='id 1, which is that of a'):
        merge_rounds(labels, make_labels({'b.jpg': (1, [])}), 0.5, 0.5)
    other = build_labels([ImageRecord('a.jpg', 5, 5, 1)])
    with pytest.raises(ValueError, match='20 x 20 as before, but got 5 x 5'):
        merge_rounds(labels, other, 0.5, 0.5)
    with pytest.raises(ValueError, match='Expected'):
        merge_rounds(labels, {'images': []}, 0.5, 0.5)


def test_statistics_by_hand():
    labels = make_labels(
        {
            'a.jpg': (1, [(square(0, 0), 0.9), (square(9, 9, 10), 0.5)]),
            'b.jpg': (2, [(square(0, 0, 2), 0.4)]),
            'c.jpg': (3, []),
            'd.jpg': (4, []),
        }
    )
    statistics = label_statistics(labels)
    assert statistics['num_images'] == 4
    assert statistics['num_masks'] == 3
    assert statistics['num_empty_images'] == 2
    assert statistics['masks_per_image'] == {0: 2, 1: 1, 2: 1}
    assert statistics['mean_score'] == pytest.approx(0.6)
    assert statistics['mean_area_share'] == pytest.approx(
        (36 + 100 + 4) / 400 / 3
    )


def test_statistics_of_nothing():
    statistics = label_statistics(build_labels([]))
    assert statistics['num_images'] == statistics['num_masks'] == 0
    assert statistics['masks_per_image'] == {}
    assert math.isnan(statistics['mean_score'])
    assert math.isnan(statistics['mean_area_share'])
