"""Confidence maps go through JSON and come back exactly."""

import json

import numpy as np
import pytest

from mmcuts3d.labels import (
    decode_confidence,
    decode_levels,
    encode_confidence,
    mask_levels,
)


@pytest.mark.parametrize('num_cuts', [1, 2, 3, 4, 5, 6, 8, 10, 12])
def test_means_of_cuts_come_back_exactly(num_cuts):
    rng = np.random.default_rng(num_cuts)
    cuts = rng.random((num_cuts, 7, 5)) < 0.6
    confidence = cuts.mean(axis=0).astype(np.float32)
    encoded = json.loads(json.dumps(encode_confidence(confidence)))
    decoded = decode_confidence(encoded)
    assert decoded.dtype == np.float32
    assert encoded['size'] == [7, 5]
    np.testing.assert_array_equal(
        np.rint(decoded * num_cuts), cuts.sum(axis=0)
    )
    np.testing.assert_allclose(decoded, confidence, atol=1e-7)


def test_any_value_is_within_half_a_level():
    confidence = np.random.default_rng(0).random((60, 60))
    decoded = decode_confidence(encode_confidence(confidence))
    assert np.abs(decoded - confidence).max() <= 0.5 / 240 + 1e-7


def test_levels_are_the_integers_behind_the_map():
    levels = decode_levels(encode_confidence([[0, 0.5, 1]]))
    assert levels.dtype == np.uint8
    assert levels.tolist() == [[0, 120, 240]]
    levels[0, 0] = 7  # a copy of its own


def test_a_typical_map_is_compact():
    confidence = np.zeros((60, 60))
    confidence[20:40, 15:45] = 0.5
    confidence[25:35, 20:40] = 1
    assert len(json.dumps(encode_confidence(confidence))) < 300


@pytest.mark.parametrize(
    'confidence',
    [
        np.zeros((0, 4)),
        np.zeros(4),
        np.full((2, 2), 1.1),
        np.full((2, 2), -0.1),
        np.full((2, 2), np.nan),
    ],
)
def test_what_is_no_confidence_map_is_refused(confidence):
    with pytest.raises(ValueError, match='Expected argument `confidence`'):
        encode_confidence(confidence)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'size': [3, 3]}, '3 x 3 levels'),
        ({'size': [2]}, 'two positive'),
        ({'scale': 255}, 'scale 255'),
        ({'data': 'no base64!'}, 'does not unpack'),
        ({'data': None}, 'does not unpack'),
    ],
)
def test_a_broken_map_is_named(change, message):
    encoded = {**encode_confidence(np.ones((2, 2))), **change}
    with pytest.raises(ValueError, match=message):
        decode_confidence(encoded)
    with pytest.raises(ValueError, match='a dict with keys'):
        decode_confidence({'size': [2, 2]})


def test_a_mask_of_levels_follows_the_map_and_its_floor():
    mask = np.zeros((4, 6), bool)
    mask[:, 1:5] = True
    levels = np.array([[0, 240], [160, 200]], np.uint8)
    expected = np.zeros((4, 6), np.uint8)
    expected[:2, 1:3] = 120  # the map is 0 there: the floor of 0.5
    expected[:2, 3:5] = 240
    expected[2:, 1:3] = 160
    expected[2:, 3:5] = 200
    np.testing.assert_array_equal(mask_levels(mask, levels), expected)
    np.testing.assert_array_equal(mask_levels(mask, None), 240 * mask)
    assert mask_levels(mask, levels, 0.75)[0, 1] == 180
    assert mask_levels(mask, levels, 0.75)[2, 1] == 180  # not only zeros
    assert mask_levels(mask, levels, 0.0)[0, 1] == 1  # still inside


def test_a_floor_that_is_in_the_file_changes_nothing():
    """Version 0.2 stored maps with the floor of 0.5 in them."""
    raw = np.array([[0, 40, 80], [120, 200, 240]], np.uint8)
    baked = np.where(raw > 0, np.maximum(raw, 120), 0).astype(np.uint8)
    mask = np.ones((4, 6), bool)
    levels = mask_levels(mask, raw)
    np.testing.assert_array_equal(levels, mask_levels(mask, baked))
    assert levels.min() == 120
    assert mask_levels(mask, raw, 0.25).min() == 60
