"""Confidence levels follow their masks through mmdet's transforms."""

import numpy as np
import pytest
from mmdet.datasets.transforms import (
    Pad,
    RandomCrop,
    RandomFlip,
    Resize,
)
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules

from mmcuts3d.datasets.transforms import LoadPseudoLabels, PackPseudoLabels
from mmcuts3d.labels import encode_confidence, encode_mask
from mmcuts3d.registry import TRANSFORMS

FRAME = (60, 90)


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _masks(number, seed):
    """Discs of different sizes, so that no two masks are alike."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: FRAME[0], : FRAME[1]]
    centres = rng.uniform([10, 10], [50, 80], (number, 2))
    radii = rng.uniform(6, 20, number)
    return (
        np.stack(
            [
                (rows - y) ** 2 + (columns - x) ** 2 <= r**2
                for (y, x), r in zip(centres, radii, strict=True)
            ]
        )
        if number
        else np.zeros((0, *FRAME), dtype=bool)
    )


def _results(masks, levels):
    """A sample whose `gt_masks` are the levels, or the plain masks."""
    values = masks.astype(np.uint8) if levels is None else levels
    boxes = np.zeros((len(masks), 4), dtype=np.float32)
    for box, mask in zip(boxes, masks, strict=True):
        rows, columns = np.nonzero(mask)
        box[:] = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*FRAME, 3), dtype=np.uint8)
    return {
        'img': image,
        'img_shape': FRAME,
        'ori_shape': FRAME,
        'gt_bboxes': HorizontalBoxes(boxes),
        'gt_bboxes_labels': np.zeros(len(masks), dtype=np.int64),
        'gt_ignore_flags': np.zeros(len(masks), dtype=bool),
        'gt_masks': BitmapMasks(values, *FRAME),
    }


TRANSFORMS_OF_MMDET = [
    lambda: Resize(scale=(47, 131), keep_ratio=False),
    lambda: Resize(scale=(240, 200), keep_ratio=True),
    lambda: RandomFlip(prob=1.0, direction='horizontal'),
    lambda: RandomFlip(prob=1.0, direction='vertical'),
    lambda: RandomFlip(prob=1.0, direction='diagonal'),
    lambda: RandomCrop((37, 52), allow_negative_crop=True),
    lambda: RandomCrop(
        (50, 50), recompute_bbox=True, allow_negative_crop=True
    ),
    lambda: Pad(size=(101, 99)),
    lambda: Pad(size_divisor=32),
]


@pytest.mark.parametrize('make', TRANSFORMS_OF_MMDET)
@pytest.mark.parametrize('number', [0, 1, 5])
def test_levels_follow_masks(make, number):
    masks = _masks(number, seed=number)
    rng = np.random.default_rng(7)
    # A level of its own in each instance proves the order; a second set of
    # random levels proves the pixels.
    for levels in (
        (120 + 11 * np.arange(number, dtype=np.uint8))[:, None, None] * masks,
        rng.choice([120, 160, 200, 240], masks.shape) * masks,
    ):
        levels = levels.astype(np.uint8)
        outputs = []
        for values in (None, levels):
            np.random.seed(3)  # noqa: NPY002 (what mmdet draws from)
            outputs.append(make()(_results(masks, values)))
        plain, carried = outputs
        moved, binary = carried['gt_masks'].masks, plain['gt_masks'].masks
        assert moved.dtype == np.uint8
        assert np.array_equal(moved > 0, binary > 0)
        assert set(np.unique(moved)) <= {0, *np.unique(levels)}
        assert np.array_equal(
            carried['gt_bboxes'].tensor, plain['gt_bboxes'].tensor
        )
        assert np.array_equal(carried['img'], plain['img'])


def test_each_instance_keeps_its_level_through_a_pipeline():
    masks = _masks(5, seed=5)
    levels = (120 + 11 * np.arange(5))[:, None, None] * masks
    results = _results(masks, levels.astype(np.uint8))
    for make in TRANSFORMS_OF_MMDET[:5]:
        results = make()(results)
    for index, moved in enumerate(results['gt_masks'].masks):
        assert set(np.unique(moved)) == {0, 120 + 11 * index}


def _loaded(masks, confidences, **settings):
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
        'ori_shape': FRAME,
        'instances': instances,
    }
    return LoadPseudoLabels(**settings)(results)


def test_load_makes_levels():
    masks = _masks(3, seed=1)
    confidence = np.zeros((20, 30), dtype=np.float32)
    confidence[:10] = 5 / 6
    results = _loaded(masks, [confidence, None, np.ones(FRAME)])
    levels = results['gt_masks'].masks
    assert np.array_equal(levels > 0, masks)
    # A patch of 3 x 3 pixels; below row 30 the mask has left the support.
    assert set(np.unique(levels[0][:30])) <= {0, 200}
    assert set(np.unique(levels[0][30:])) <= {0, 120}
    assert {120, 200} <= set(np.unique(levels[0]))
    for sure in levels[1:]:
        assert set(np.unique(sure)) == {0, 240}


def test_floor_is_a_setting():
    masks = _masks(1, seed=1)
    results = _loaded(masks, [np.zeros((20, 30))], min_confidence=0.25)
    assert set(np.unique(results['gt_masks'].masks)) == {0, 60}
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match='min_confidence'):
            LoadPseudoLabels(min_confidence=wrong)


def test_patches_of_a_whole_factor_are_blocks():
    rng = np.random.default_rng(0)
    patches = rng.choice([0.5, 0.75, 1.0], (12, 18)).astype(np.float32)
    results = _loaded(np.ones((1, *FRAME), np.uint8), [patches])
    expected = np.kron(240 * patches, np.ones((5, 5)))
    assert np.array_equal(results['gt_masks'].masks[0], expected)


def test_pack_splits_levels():
    masks = _masks(4, seed=2)
    rng = np.random.default_rng(0)
    levels = (rng.choice([120, 200, 240], masks.shape) * masks).astype('u1')
    results = _results(masks, levels)
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


def test_pack_of_nothing():
    results = _results(_masks(0, 0), None)
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
