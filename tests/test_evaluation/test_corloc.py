"""Correct localisation by hand."""

import numpy as np
import pytest

from mmcuts3d.evaluation import correct_localization


def box(image_id, x1, y1, x2, y2, **more):
    return {'image_id': image_id, 'bbox': [x1, y1, x2 - x1, y2 - y1], **more}


IMAGES = [{'id': number} for number in range(1, 6)]
TRUTH = [
    box(1, 0, 0, 10, 10),
    box(1, 50, 50, 70, 70),
    box(2, 0, 0, 10, 10),
    box(3, 0, 0, 10, 10),
    # Image 4 has a crowd only, image 5 nothing: both are left out.
    box(4, 0, 0, 10, 10, iscrowd=1),
]


def test_by_hand():
    found = [
        # The best one meets the second instance with IoU 0.5 exactly.
        box(1, 0, 0, 10, 10, score=0.1),
        box(1, 50, 50, 70, 60, score=0.9),
        # The best one misses, though another hits.
        box(2, 30, 30, 40, 40, score=0.9),
        box(2, 0, 0, 10, 10, score=0.8),
        # Image 3 without predictions is missed.
        box(4, 0, 0, 10, 10, score=0.9),
        box(5, 0, 0, 10, 10, score=0.9),
    ]
    got = correct_localization(IMAGES, TRUTH, found)
    assert got == {'CorLoc': pytest.approx(100 / 3)}
    got = correct_localization(IMAGES, TRUTH, found, iou_thr=0.51)
    assert got == {'CorLoc': 0}
    # Image 4 counts, and is found, if crowds are instances.
    got = correct_localization(IMAGES, TRUTH, found, with_ignored=True)
    assert got == {'CorLoc': 50}


def test_of_equal_scores_the_first_counts():
    hit, miss = (
        box(2, 0, 0, 10, 10, score=0.5),
        box(2, 9, 9, 30, 30, score=0.5),
    )
    for found, expected in (([hit, miss], 100), ([miss, hit], 0)):
        got = correct_localization([{'id': 2}], TRUTH[2:3], found)
        assert got == {'CorLoc': expected}


@pytest.mark.parametrize('seed', range(5))
def test_by_formula(seed):
    rng = np.random.default_rng(seed)

    def boxes(image_id, number, **more):
        corners = np.sort(rng.integers(0, 40, (number, 2, 2)), axis=1)
        corners[:, 1] += 1
        return [box(image_id, *pair.ravel().tolist()) for pair in corners]

    images = [{'id': n} for n in range(40)]
    truth, found, hits = [], [], []
    for image in images:
        mine = boxes(image['id'], rng.integers(0, 4))
        guess = boxes(image['id'], 3)
        for row, score in zip(guess, rng.permutation(3), strict=True):
            row['score'] = float(score)
        best = max(guess, key=lambda row: row['score'])
        ious = []
        for row in mine:
            (x, y, w, h), (a, b, c, d) = row['bbox'], best['bbox']
            width = max(0, min(x + w, a + c) - max(x, a))
            height = max(0, min(y + h, b + d) - max(y, b))
            common = width * height
            ious.append(common / (w * h + c * d - common))
        if mine:
            hits.append(max(ious) >= 0.3)
        truth, found = truth + mine, found + guess
    got = correct_localization(images, truth, found, 0.3)['CorLoc']
    assert got == pytest.approx(100 * sum(hits) / len(hits))
    assert 0 < got < 100


def test_nothing_to_measure_and_bad_input():
    assert correct_localization([], [], []) == {'CorLoc': -1}
    assert correct_localization(IMAGES[3:], TRUTH[4:], []) == {'CorLoc': -1}
    assert correct_localization(IMAGES, TRUTH, []) == {'CorLoc': 0}
    with pytest.raises(ValueError, match=r'`iou_thr`.*\(0, 1\].*got 0'):
        correct_localization([], [], [], 0)
