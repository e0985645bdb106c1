"""Pseudo-labels are loaded with their confidence, and packed with it."""

import random

import numpy as np
import pytest
from helpers.levels import FRAME, boxes_of, discs, sample_of
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules
from mmengine.dataset import Compose

from mmcuts3d.datasets import ConfidenceUse
from mmcuts3d.datasets.transforms import (
    LoadPseudoLabels,
    PackPseudoLabels,
)
from mmcuts3d.labels import encode_confidence, encode_mask
from mmcuts3d.registry import TRANSFORMS


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _loaded(masks, confidences, use=None):
    instances = []
    for mask, confidence in zip(masks, confidences, strict=True):
        instance = {
            'bbox': [0, 0, 5, 5],
            'bbox_label': 0,
            'ignore_flag': 0,
            'mask': encode_mask(mask),
        }
        if confidence is not None:
            instance['confidence'] = encode_confidence(confidence)
        instances.append(instance)
    results = {
        'img': np.zeros((*FRAME, 3), dtype=np.uint8),
        'img_shape': FRAME,
        'ori_shape': FRAME,
        'instances': instances,
    }
    if use is not None:
        results['confidence_use'] = ConfidenceUse.from_setting(use)
    return LoadPseudoLabels()(results)


def test_load_makes_levels():
    masks = discs(3, seed=1)
    confidence = np.zeros((20, 30), dtype=np.float32)
    confidence[:10] = 5 / 6
    results = _loaded(masks, [confidence, None, np.ones(FRAME)])
    levels = results['gt_masks'].levels
    assert np.array_equal(levels > 0, masks)
    # A patch of 3 x 3 pixels; below row 30 the mask has left the support.
    assert set(np.unique(levels[0][:30])) <= {0, 200}
    assert set(np.unique(levels[0][30:])) <= {0, 120}
    assert {120, 200} <= set(np.unique(levels[0]))
    for sure in levels[1:]:
        assert set(np.unique(sure)) == {0, 240}


def test_the_floor_is_applied_where_labels_are_loaded():
    """The store keeps what was measured: 1/6 and 5/6 of six cuts."""
    masks = discs(1, seed=1)
    raw = np.full((20, 30), 1 / 6)
    raw[:10] = 5 / 6
    for floor, expected in ((0.5, {120, 200}), (0.01, {40, 200})):
        results = _loaded(masks, [raw], {'floor': floor})
        assert set(np.unique(results['gt_masks'].levels)) == {0} | expected


def test_floor_is_a_setting():
    masks = discs(1, seed=1)
    results = _loaded(masks, [np.zeros((20, 30))], {'floor': 0.25})
    assert set(np.unique(results['gt_masks'].levels)) == {0, 60}


def test_without_a_use_masks_are_plain_and_nothing_is_carried():
    masks = discs(2, seed=1)
    results = _loaded(masks, [np.full((20, 30), 0.5), None], False)
    assert type(results['gt_masks']) is BitmapMasks
    assert np.array_equal(results['gt_masks'].masks, masks)
    results['gt_bboxes'] = HorizontalBoxes(boxes_of(masks))
    instances = PackPseudoLabels()(results)['data_samples'].gt_instances
    assert 'confidences' not in instances
    assert np.array_equal(instances.masks.masks, masks)


def test_a_loss_without_confidence_gets_plain_masks():
    masks = discs(2, seed=1)
    results = _loaded(masks, [np.full((20, 30), 0.5)] * 2, {'loss': False})
    assert results['gt_masks'].levels.max() == 120  # for copy-paste
    results['gt_bboxes'] = HorizontalBoxes(boxes_of(masks))
    instances = PackPseudoLabels()(results)['data_samples'].gt_instances
    assert 'confidences' not in instances
    assert type(instances.masks) is BitmapMasks
    assert np.array_equal(instances.masks.masks, masks)


def test_patches_of_a_whole_factor_are_blocks():
    rng = np.random.default_rng(0)
    patches = rng.choice([0.5, 0.75, 1.0], (12, 18)).astype(np.float32)
    results = _loaded(np.ones((1, *FRAME), np.uint8), [patches])
    expected = np.kron(240 * patches, np.ones((5, 5)))
    assert np.array_equal(results['gt_masks'].levels[0], expected)


def test_pack_splits_levels():
    masks = discs(4, seed=2)
    rng = np.random.default_rng(0)
    levels = (rng.choice([120, 200, 240], masks.shape) * masks).astype('u1')
    results = sample_of(masks, levels)
    results['gt_ignore_flags'][1] = True
    packed = PackPseudoLabels()(results)['data_samples']
    for instances, index in (
        (packed.gt_instances, [0, 2, 3]),
        (packed.ignored_instances, [1]),
    ):
        assert np.array_equal(instances.masks.masks, masks[index])
        assert instances.masks.masks.dtype == np.uint8
        expected = np.where(masks[index], levels[index], 240)
        assert np.array_equal(instances.confidences.masks, expected)
        assert len(instances.bboxes) == len(index)


def test_labels_without_a_map_weigh_1_all_the_way():
    """Loaded, turned, pasted and blended, packed: every level is 240."""
    random.seed(2)
    results = _loaded(discs(3, seed=1), [None] * 3)
    results['img'] = results['img'] + np.uint8(90)
    results['gt_bboxes'] = HorizontalBoxes(boxes_of(discs(3, seed=1)))
    source = _loaded(discs(4, seed=2), [None] * 4)
    source['gt_bboxes'] = HorizontalBoxes(boxes_of(discs(4, seed=2)))
    results['mix_results'] = [source]
    pipeline = Compose(
        [
            {
                'type': 'mmcuts3d.ConfidentCopyPaste',
                'blend': {'type': 'mmcuts3d.AlphaBlend'},
            },
            {'type': 'Rotate', 'prob': 1.0, 'level': 5, 'img_border_value': 0},
            {'type': 'mmcuts3d.PackPseudoLabels', 'meta_keys': ()},
        ]
    )
    packed = pipeline(results)
    gt = packed['data_samples'].gt_instances
    assert len(gt) > 3
    assert (gt.confidences.masks == 240).all()


def test_pack_of_nothing():
    results = sample_of(discs(0, 0), discs(0, 0))
    gt = PackPseudoLabels()(results)['data_samples'].gt_instances
    assert len(gt.masks) == len(gt.confidences) == len(gt.bboxes) == 0


@pytest.mark.parametrize(
    'name',
    [
        'LoadPseudoLabels',
        'PackPseudoLabels',
        'ConfidentCopyPaste',
        'AlphaBlend',
    ],
)
def test_are_registered(name):
    transform = TRANSFORMS.build({'type': f'mmcuts3d.{name}'})
    assert repr(transform).startswith(name)
