"""Boundaries and Boundary IoU against pixel loops and another evaluator."""

import numpy as np
import pytest
from helpers.coco import SIZE, random_mask
from pycocotools import mask as coco_mask
from scipy.ndimage import distance_transform_cdt

from mmcuts3d.evaluation import evaluate_coco
from mmcuts3d.evaluation.functional import boundary_iou, mask_boundary
from mmcuts3d.evaluation.functional.overlaps import iou_matrix
from mmcuts3d.labels import encode_mask


def by_loops(mask, width):
    """A pixel belongs to the boundary if one near it is not in the mask."""
    height, length = mask.shape
    result = np.zeros_like(mask)
    for row, column in np.argwhere(mask):
        for y in range(row - width, row + width + 1):
            for x in range(column - width, column + width + 1):
                inside = 0 <= y < height and 0 <= x < length and mask[y, x]
                result[row, column] |= not inside
    return result


@pytest.mark.parametrize('seed', range(4))
def test_boundary_by_loops(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((30, 40)) < 0.97  # diagonal 50: width 1 to 5
    mask[:, 33:] = False
    for ratio, width in ((0.001, 1), (0.02, 1), (0.05, 2), (0.1, 5)):
        # Python rounds 2.5 to 2, the even neighbour, as the paper's code.
        expected = by_loops(mask, width)
        got = mask_boundary(mask, ratio)
        assert got.dtype == bool
        np.testing.assert_array_equal(got, expected)


def test_boundary_by_distances():
    rng = np.random.default_rng(0)
    for _ in range(10):
        mask = random_mask(rng) | random_mask(rng)
        far = distance_transform_cdt(np.pad(mask, 1), 'chessboard')[1:-1, 1:-1]
        width = round(0.02 * np.hypot(*SIZE))
        assert width == 4
        expected = mask & (far <= width)
        np.testing.assert_array_equal(mask_boundary(mask), expected)


def test_boundary_of_small_masks():
    empty = np.zeros((7, 9), bool)
    assert not mask_boundary(empty).any()
    pixel = empty.copy()
    pixel[3, 4] = True
    np.testing.assert_array_equal(mask_boundary(pixel), pixel)
    # The border of the image is a contour.
    full = ~empty
    np.testing.assert_array_equal(
        mask_boundary(full), full & ~np.pad(np.ones((5, 7), bool), 1)
    )
    with pytest.raises(ValueError, match='positive, but got 0'):
        mask_boundary(full, 0)


def test_iou_by_hand():
    # Two squares of 50 x 50, five columns apart, boundaries 4 wide.
    masks = np.zeros((2, *SIZE), bool)
    masks[0, 20:70, 20:70] = True
    masks[1, 20:70, 25:75] = True
    # Boundary: 50² - 42² = 736. Common: rows 20-23 and 66-69 in 45 columns;
    # between them, 42 rows: columns 25-28 are inside the first and 66-69
    # inside the second square's inner part, so nothing.
    common = 8 * 45
    codes = [encode_mask(mask) for mask in masks]
    got = boundary_iou(codes, codes)
    expected = common / (2 * 736 - common)
    np.testing.assert_allclose(got, [[1, expected], [expected, 1]])
    rows = [{'segmentation': code} for code in codes]
    mask_iou = 45 / 55
    np.testing.assert_allclose(
        iou_matrix(rows, rows, 'segm')[0], [1, mask_iou]
    )
    assert expected < mask_iou
    np.testing.assert_allclose(iou_matrix(rows, rows, 'boundary'), got)
    assert boundary_iou([], codes).shape == (0, 2)
    assert boundary_iou(codes, []).shape == (2, 0)


def test_the_lower_iou_counts():
    # A thin frame inside a solid square: the boundaries are the same, the
    # masks are not.
    solid = np.zeros(SIZE, bool)
    solid[10:110, 10:110] = True
    frame = mask_boundary(solid)
    rows = [{'segmentation': encode_mask(mask)} for mask in (solid, frame)]
    codes = [row['segmentation'] for row in rows]
    assert boundary_iou(codes[:1], codes[1:])[0, 0] == 1
    expected = frame.sum() / solid.sum()
    assert expected < 0.2
    got = iou_matrix(rows[:1], rows[1:], 'boundary')
    np.testing.assert_allclose(got, [[expected]])


@pytest.mark.parametrize('seed', range(8))
def test_boundary_ap_equals_another_evaluator(seed):
    pytest.importorskip('faster_coco_eval')
    rng = np.random.default_rng(seed)
    images = [
        {'id': number, 'height': SIZE[0], 'width': SIZE[1]}
        for number in range(8)
    ]
    truth, found = [], []
    for image in images[1:]:
        for _ in range(rng.integers(0, 6)):
            mask = random_mask(rng)
            crowd = int(rng.random() < 0.3)
            truth.append(row_of(image['id'], mask, iscrowd=crowd))
            moved = np.roll(mask, rng.integers(-4, 5, 2), (0, 1))
            score = rng.integers(0, 6) / 6
            found.append(row_of(image['id'], moved, score=score))
    if seed == 0:
        truth = []
    values = evaluate_coco(images, truth, found, 'boundary')
    assert values == pytest.approx(
        evaluate_coco(
            images, truth, found, 'boundary', backend='faster_coco_eval'
        ),
        abs=1e-6,
    )
    assert values['AP'] <= evaluate_coco(images, truth, found, 'segm')['AP']


def row_of(image_id, mask, **more):
    code = encode_mask(mask)
    area = float(coco_mask.area(code))
    return {'image_id': image_id, 'segmentation': code, 'area': area, **more}
