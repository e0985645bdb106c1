"""Masks of other people: every form reads as pycocotools has it, or is
refused before pycocotools sees it."""

import base64

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmcuts3d.labels import encode_mask, segmentation_to_rle
from mmcuts3d.labels.coco import (
    box_code,
    check_run_length,
    decode_runs,
    read_segmentation,
)

SQUARE = [2.0, 1.0, 8.0, 1.0, 8.0, 5.0, 2.0, 5.0]
SIZE = (9, 12)


def square():
    mask = np.zeros(SIZE, bool)
    mask[1:5, 2:8] = True
    return mask


def random_masks(number):
    rng = np.random.default_rng(0)
    for _ in range(number):
        shape = rng.integers(1, 40, 2)
        yield rng.random(shape) < rng.choice([0, 0.02, 0.5, 0.98, 1])


def test_runs_are_those_of_the_mask():
    for mask in random_masks(200):
        runs = decode_runs(encode_mask(mask), *mask.shape)
        pixels = np.repeat(np.arange(runs.size) % 2, runs)
        np.testing.assert_array_equal(pixels.reshape(mask.shape[::-1]).T, mask)


def test_every_form_of_a_code_becomes_the_same():
    rng = np.random.default_rng(1)
    for mask in random_masks(100):
        code = encode_mask(mask)
        height, width = mask.shape
        runs = decode_runs(code, height, width).tolist()
        split = []  # the same runs with runs of no length between
        for run in runs:
            cut = int(rng.integers(0, run + 1))
            split += [cut, 0, run - cut]
        for size, counts in (
            ([height, width], code['counts']),
            ([height, width], code['counts'].encode()),
            ([float(height), str(width)], runs),
            ((height, width), [float(run) for run in runs]),
            ([height, width], split),
        ):
            found = check_run_length(
                {'size': size, 'counts': counts}, height, width
            )
            assert found == code


@pytest.mark.parametrize(
    ('counts', 'words'),
    [
        (str(encode_mask(square())['counts'].encode()), 'text of bytes'),
        (encode_mask(square())['counts'][:-2], 'add up to 108'),
        (encode_mask(square())['counts'] + 'P', 'cut off'),
        (encode_mask(square())['counts'] + '1', 'add up to 108'),
        (
            base64.b64encode(encode_mask(square())['counts'].encode()),
            'as pycocotools writes it',
        ),
        ('', 'add up to 108 pixels .9 x 12., but got 0'),
        ('PPPPPPPPPPPP0', 'as pycocotools writes it'),
        ('é', 'as pycocotools writes it'),
        ('\x00', 'as pycocotools writes it'),
        ([], 'add up to 108'),
        ([10, 4], 'add up to 108'),
        ([109], 'from 0 to 108'),
        ([-4, 112], 'from 0 to 108'),
        ([2**62, 2**62, 2**62, 2**62 + 108], 'whole numbers'),
        ([2**70], 'whole numbers'),
        ([53.5, 54.5], 'whole numbers'),
        ([float('nan'), 108], 'whole numbers'),
        ([float('inf')], 'whole numbers'),
        (['54', '54'], 'whole numbers'),
        ([True], 'whole numbers'),
        ([[54, 54]], 'whole numbers'),
        ([54, [54]], 'whole numbers'),
        ([None, 108], 'whole numbers'),
        (108, 'text or a list'),
        (None, 'text or a list'),
    ],
)
def test_broken_codes_are_refused(counts, words):
    with pytest.raises(ValueError, match=words):
        segmentation_to_rle({'size': list(SIZE), 'counts': counts}, *SIZE)


@pytest.mark.parametrize(
    'size', [[12, 9], [9], 9, None, [9, None], [9.5, 12], ['a', 12], []]
)
def test_codes_of_another_size_are_refused(size):
    code = {'size': size, 'counts': [108]}
    with pytest.raises(ValueError, match='size|run-length code'):
        segmentation_to_rle(code, *SIZE)


def test_random_text_never_reaches_pycocotools():
    rng = np.random.default_rng(2)
    for _ in range(2000):
        text = rng.integers(48, 112, rng.integers(1, 30), np.uint8).tobytes()
        code = {'size': list(SIZE), 'counts': text.decode()}
        try:
            found = check_run_length(code, *SIZE)
        except ValueError:
            continue
        assert coco_mask.decode(found).shape == SIZE


@pytest.mark.parametrize('fragment', [[], [3.0, 3.0], [0.0, 0.0, 9.0, 9.0]])
@pytest.mark.parametrize('first', [True, False])
def test_fragments_are_left_out_wherever_they_stand(fragment, first):
    polygons = [fragment, SQUARE] if first else [SQUARE, fragment]
    found = read_segmentation(polygons, *SIZE)
    assert found.fragments == 1
    assert found.code == encode_mask(square())


@pytest.mark.parametrize(
    'value',
    [
        None,
        [],
        {},
        [[]],
        [[3, 3]],
        [[0, 0, 9, 9]],
        [[0, 0, 9, 9], [0, 9, 9, 0]],
        [[-60, -60, -50, -60, -50, -50]],
        {'size': list(SIZE), 'counts': [108]},
    ],
)
def test_masks_without_a_pixel_are_none(value):
    assert read_segmentation(value, *SIZE).code is None


def test_a_list_of_codes_is_one_mask():
    left, right = square(), square()
    left[:, 5:] = right[:, :4] = False
    codes = [encode_mask(left), encode_mask(right)]
    assert read_segmentation(codes, *SIZE).code == encode_mask(square())


@pytest.mark.parametrize(
    ('value', 'words'),
    [
        (SQUARE, 'list of polygons'),
        ([[2, 1], [8, 1], [8, 5], [2, 5]], 'list of points'),
        ([[[2, 1], [8, 1], [8, 5]]], 'list of numbers'),
        ([[*SQUARE, 5.0]], '9 numbers'),
        ([[5.0]], '1 numbers'),
        ([[*SQUARE, 5.0, float('nan')]], 'finite'),
        ([[*SQUARE, 5.0, float('inf')]], 'finite'),
        ([[*SQUARE, 5.0, 1e30]], 'finite and within'),
        ([[*SQUARE, 5, 10**30]], 'list of numbers'),
        ([[0, 0, 1e6, 1e6, 0, 1e6] * 3], 'outline'),
        ([['2', '1', '8', '1', '8', '5']], 'list of numbers'),
        ([[None] * 6], 'list of numbers'),
        ([SQUARE, None], 'list of polygons'),
        ([SQUARE, {'size': [9, 12]}], 'list of polygons'),
        ([{'size': [9, 12]}, SQUARE], 'run-length code'),
        ('mask', 'list of polygons'),
        (7, 'list of polygons'),
        (True, 'list of polygons'),
    ],
)
def test_what_is_no_mask_is_refused(value, words):
    with pytest.raises(ValueError, match=words):
        read_segmentation(value, *SIZE)


def test_a_box_as_a_mask_ends_at_the_image():
    assert box_code([2, 1, 6, 4], *SIZE) == encode_mask(square())
    whole = box_code([-5, -5, 100, 100], *SIZE)
    assert coco_mask.decode(whole).all()
    assert not coco_mask.area(box_code([50, 50, 4, 4], *SIZE))
