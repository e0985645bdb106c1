"""Quality of confidence maps, pixel by pixel and by hand."""

import numpy as np
import pytest
from helpers.coco import SIZE, random_mask
from pycocotools import mask as coco_mask
from scipy import stats

from mmcuts3d.evaluation import confidence_quality
from mmcuts3d.evaluation.functional import patch_errors
from mmcuts3d.labels import encode_confidence, encode_mask, mask_levels

IMAGE = {'id': 1}


def block(top, left, height, width, size=SIZE):
    mask = np.zeros(size, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def row_of(mask, image_id=1, **more):
    code = encode_mask(mask)
    box = coco_mask.toBbox(code).tolist()
    return {'image_id': image_id, 'segmentation': code, 'bbox': box, **more}


def test_by_hand():
    # 4 x 4 pixels, a map of 2 x 2 cells, a mask of all but the last row. The
    # instance is the left half.
    size = (4, 4)
    truth = [row_of(block(0, 0, 4, 2, size))]
    levels = np.array([[1.0, 0.6], [0.8, 0.0]])
    mask = block(0, 0, 3, 4, size)
    found = [row_of(mask, score=0.9, confidence=levels)]
    confidence, right, wrong = patch_errors([IMAGE], truth, found)
    # What the map leaves at 0 is 0.5 inside the mask.
    assert confidence.tolist() == [1.0, 0.6, 0.8, 0.5]
    assert right.tolist() == [4, 0, 2, 0]
    assert wrong.tolist() == [0, 4, 0, 2]
    got = confidence_quality([IMAGE], truth, found)
    error = [0, 1, 0, 1]
    assert got == pytest.approx(
        {
            'confidence_error_pearson': np.corrcoef(confidence, error)[0, 1],
            # Ranks 4, 2, 3, 1 against 1.5, 3.5, 1.5, 3.5.
            'confidence_error_spearman': -2 / np.sqrt(5),
            # Off by 0 in 4, 0.2 in 2, 0.6 in 4 and 0.5 in 2 of 12 pixels.
            'confidence_ECE': 100 * (0.4 + 2.4 + 1.0) / 12,
            'confidence_AUROC': 100,
            'confidence_mean': 100 * (4 + 1.6 + 2.4 + 1.0) / 12,
            'confidence_accuracy': 50,
        }
    )


def test_the_best_match_counts_and_crowds_do_not():
    # The mask meets the second instance best; a crowd lies over its left.
    truth = [
        row_of(block(0, 0, 10, 2)),
        row_of(block(0, 4, 10, 6)),
        row_of(block(0, 0, 10, 5), iscrowd=1),
    ]
    mask = block(0, 0, 10, 10)
    found = [row_of(mask, score=1.0, confidence=np.full((3, 3), 0.75))]
    confidence, right, wrong = patch_errors([IMAGE], truth, found)
    # Right: columns 4 to 9. Wrong: columns 0 to 3, all of them of the crowd.
    assert confidence.tolist() == [0.75]
    assert (right.sum(), wrong.sum()) == (60, 0)
    _, right, wrong = patch_errors([IMAGE], truth[:2], found)
    assert (right.sum(), wrong.sum()) == (60, 40)


def test_masks_that_meet_too_little_are_left_out():
    truth = [row_of(block(0, 0, 10, 10))]
    full = np.ones((2, 2))
    found = [
        row_of(block(0, 0, 10, 20), score=0.9, confidence=full),  # IoU 0.5
        row_of(block(50, 50, 10, 10), score=0.9, confidence=full),
        row_of(block(0, 0, 10, 10), score=0.9),  # no map
    ]
    got = confidence_quality([IMAGE], truth, found)
    assert got['confidence_accuracy'] == pytest.approx(100 / 3)
    got = confidence_quality([IMAGE], truth, found, min_iou=0.5)
    assert got['confidence_accuracy'] == 50
    got = confidence_quality([IMAGE], truth, found, min_iou=0.51)
    assert got['confidence_accuracy'] == got['confidence_ECE'] == -1


@pytest.mark.parametrize('coded', [True, False])
@pytest.mark.parametrize('seed', range(4))
def test_by_pixels(seed, coded):
    rng = np.random.default_rng(seed)
    images, truth, found = [], [], []
    values, hits, patches = [], [], []
    for number in range(4):
        images.append({'id': number})
        # No instance in the last image: all pixels of its masks are wrong.
        masks = [random_mask(rng) for _ in range(3)] if number < 3 else []
        truth += [row_of(mask, number) for mask in masks]
        guesses = [np.roll(mask, rng.integers(-20, 21), 0) for mask in masks]
        for guess in [*guesses, random_mask(rng)]:
            # Cells of 10 x 15 pixels; zeros are raised to the floor.
            levels = rng.choice([0, 3, 4, 5, 6], (12, 10)) / 6
            code = encode_confidence(levels) if coded else levels
            found.append(row_of(guess, number, score=0.5, confidence=code))
            ious = [(guess & m).sum() / (guess | m).sum() for m in masks]
            target = np.zeros(SIZE, bool)
            if ious and max(ious) > 0:
                target = masks[int(np.argmax(ious))]
            # As training sees the map.
            wide = mask_levels(guess, np.rint(levels * 240).astype(np.uint8))
            values.append(wide[guess] / 240)
            hits.append(target[guess])
            for row in range(0, SIZE[0], 10):
                for column in range(0, SIZE[1], 15):
                    cell = np.s_[row : row + 10, column : column + 15]
                    if guess[cell].any():
                        wrong = ~target[cell][guess[cell]]
                        patches.append((wide[cell].max() / 240, wrong.mean()))
    values, hits = np.concatenate(values), np.concatenate(hits)
    got = confidence_quality(images, truth, found, num_bins=6)
    level, error = np.array(patches).T
    assert got['confidence_error_pearson'] == pytest.approx(
        np.corrcoef(level, error)[0, 1], abs=1e-5
    )
    assert got['confidence_error_spearman'] == pytest.approx(
        stats.spearmanr(level, error).statistic, abs=1e-5
    )
    test = stats.mannwhitneyu(values[hits], values[~hits])
    auroc = test.statistic / (hits.sum() * (~hits).sum())
    assert got['confidence_AUROC'] == pytest.approx(100 * auroc)
    # Each of the levels 3/6 … 6/6 has a bin of its own.
    ece = sum(
        (values == level).mean() * abs(hits[values == level].mean() - level)
        for level in np.unique(values)
    )
    assert got['confidence_ECE'] == pytest.approx(100 * ece, abs=1e-4)
    assert got['confidence_mean'] == pytest.approx(100 * values.mean())
    assert got['confidence_accuracy'] == pytest.approx(100 * hits.mean())


def test_confidence_that_knows_and_that_does_not():
    truth = [row_of(block(0, 0, 60, 60))]
    mask = block(0, 0, 60, 90)
    knows = np.full(SIZE, 0.6)
    knows[:, :60] = 1
    found = [row_of(mask, score=1, confidence=knows)]
    got = confidence_quality([IMAGE], truth, found)
    assert got['confidence_AUROC'] == 100
    assert got['confidence_error_spearman'] == pytest.approx(-1)
    flat = [row_of(mask, score=1, confidence=np.full((3, 3), 2 / 3))]
    got = confidence_quality([IMAGE], truth, flat)
    # Two of three pixels are right, and it says so, everywhere.
    assert got['confidence_ECE'] == pytest.approx(0, abs=1e-9)
    assert got['confidence_AUROC'] == 50
    assert np.isnan(got['confidence_error_spearman'])


@pytest.mark.parametrize(
    'found',
    [
        [],
        [row_of(block(0, 0, 0, 0), score=1, confidence=np.ones((2, 2)))],
        [row_of(block(0, 0, 9, 9), score=1)],
        [row_of(block(0, 0, 9, 9), score=1, confidence=None)],
    ],
    ids=['none', 'empty mask', 'no map', 'null'],
)
def test_nothing_to_measure(found):
    got = confidence_quality([IMAGE], [row_of(block(0, 0, 9, 9))], found)
    for name, value in got.items():
        assert np.isnan(value) if 'error' in name else value == -1


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r'`min_iou`.*\[0, 1\].*got 2'):
        confidence_quality([], [], [], min_iou=2)
    found = [row_of(block(0, 0, 9, 9), score=1, confidence=np.full((2, 2), 3))]
    with pytest.raises(ValueError, match=r'`confidence` to lie in \[0, 1\]'):
        confidence_quality([IMAGE], [], found)


@pytest.mark.parametrize('shape', [(), (4,), (1, 2, 2), (0, 3)])
def test_a_map_of_another_shape_is_refused(shape):
    row = row_of(block(0, 0, 9, 9), score=1, confidence=np.full(shape, 0.5))
    with pytest.raises(ValueError, match=r'shape \(h, w\), but got shape \('):
        confidence_quality([IMAGE], [], [row])
