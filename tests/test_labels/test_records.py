"""Annotations agree with pycocotools and with plain numpy."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmcuts3d.labels import (
    ImageRecord,
    decode_confidence,
    encode_mask,
    instance_to_annotation,
    segmentation_to_rle,
)


def test_an_annotation_states_what_the_mask_is():
    mask = np.zeros((8, 10), bool)
    mask[2:5, 3:9] = True
    mask[2, 3] = False
    confidence = np.array([[0.0, 0.5], [1.0, 2 / 3]])
    annotation = instance_to_annotation(mask, 0.75, confidence)
    assert annotation['bbox'] == [3.0, 2.0, 6.0, 3.0]
    assert annotation['area'] == 17
    assert annotation['category_id'] == 1
    assert annotation['iscrowd'] == 0
    assert annotation['score'] == 0.75
    assert isinstance(annotation['segmentation']['counts'], str)
    decoded = coco_mask.decode(annotation['segmentation'])
    np.testing.assert_array_equal(decoded, mask)
    np.testing.assert_allclose(
        decode_confidence(annotation['confidence']), confidence, atol=1e-7
    )


def test_a_run_length_code_is_as_good_as_the_mask():
    mask = np.random.default_rng(0).random((9, 7)) < 0.3
    from_code = instance_to_annotation(encode_mask(mask), 0.5)
    assert from_code == instance_to_annotation(mask, 0.5)
    assert 'confidence' not in from_code


@pytest.mark.parametrize(
    ('mask', 'score', 'message'),
    [
        (np.zeros((4, 4), bool), 0.5, 'at least one pixel'),
        (np.ones((1, 4, 4), bool), 0.5, 'shape'),
        (np.ones((4, 4), bool), 1.5, 'in \\[0, 1\\]'),
        (np.ones((4, 4), bool), float('nan'), 'in \\[0, 1\\]'),
    ],
)
def test_bad_instances_are_refused(mask, score, message):
    with pytest.raises(ValueError, match=message):
        instance_to_annotation(mask, score)


def test_a_score_past_one_by_rounding_is_one():
    mask = np.ones((2, 2), bool)
    assert instance_to_annotation(mask, 1 + 1e-7)['score'] == 1.0


def test_every_form_of_segmentation_reads():
    mask = np.zeros((6, 6), bool)
    mask[1:4, 2:5] = True
    polygon = [[2, 1, 5, 1, 5, 4, 2, 4]]
    # Column-major runs: 2 columns of nothing, then 1, 3, 2 ...
    counts = [13, 3, 3, 3, 3, 3, 8]
    for segmentation in (
        encode_mask(mask),
        polygon,
        {'size': [6, 6], 'counts': counts},
    ):
        rle = segmentation_to_rle(segmentation, 6, 6)
        np.testing.assert_array_equal(coco_mask.decode(rle), mask)


@pytest.mark.parametrize(
    'segmentation', [[], 'mask', {'size': [6, 6]}, None, {'counts': 'x'}]
)
def test_no_segmentation_is_refused(segmentation):
    with pytest.raises(ValueError, match='Expected a segmentation'):
        segmentation_to_rle(segmentation, 6, 6)


def test_a_segmentation_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r'\[6, 7\].*\[6, 6\]'):
        segmentation_to_rle(encode_mask(np.ones((6, 6))), 6, 7)


def test_a_record_checks_its_image():
    with pytest.raises(ValueError, match='positive'):
        ImageRecord('a.jpg', 0, 4, 1)
    with pytest.raises(ValueError, match='empty'):
        ImageRecord('', 4, 4, 1)
