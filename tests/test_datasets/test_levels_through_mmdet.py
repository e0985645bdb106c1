"""Each transform of mmdet: masks stay mmdet's, levels stay, or it says why.

Beside every sample with levels goes one with plain masks of 0 and 1 through
the same transform, drawn alike: what mmdet does to those is what is right.
"""

import copy
import random

import mmdet.datasets.transforms as mmdet_transforms
import numpy as np
import pytest
import torch
from helpers.levels import FRAME, discs, sample_of, two_levels
from mmdet.utils import register_all_modules

from mmcuts3d.datasets.transforms import LevelMasks
from mmcuts3d.registry import TRANSFORMS

#: Name and settings of each transform that moves, cuts or chooses masks.
MOVING = [
    ('Resize', {'scale': (131, 47), 'keep_ratio': False}),
    ('Resize', {'scale': (240, 200), 'keep_ratio': True}),
    ('Resize', {'scale': (50, 40), 'interpolation': 'bicubic'}),
    ('FixScaleResize', {'scale': (120, 77), 'keep_ratio': True}),
    ('FixShapeResize', {'width': 120, 'height': 100}),
    ('ResizeShortestEdge', {'scale': 48, 'max_size': 100}),
    ('RandomFlip', {'prob': 1.0, 'direction': 'horizontal'}),
    ('RandomFlip', {'prob': 1.0, 'direction': 'vertical'}),
    ('RandomFlip', {'prob': 1.0, 'direction': 'diagonal'}),
    ('RandomCrop', {'crop_size': (37, 52)}),
    ('RandomCrop', {'crop_size': (50, 50), 'recompute_bbox': True}),
    ('MinIoURandomCrop', {'min_ious': (0.1,), 'min_crop_size': 0.5}),
    ('Pad', {'size': (101, 99)}),
    ('Pad', {'size_divisor': 32}),
    ('Expand', {'prob': 1.0}),
    ('Rotate', {'prob': 1.0, 'level': 10}),
    ('Rotate', {'prob': 1.0, 'level': 4, 'interpolation': 'nearest'}),
    ('Rotate', {'prob': 1.0, 'level': 10, 'mask_border_value': 1}),
    ('ShearX', {'prob': 1.0, 'level': 10}),
    ('ShearY', {'prob': 1.0, 'level': 7}),
    ('TranslateX', {'prob': 1.0, 'level': 3}),
    ('TranslateY', {'prob': 1.0, 'level': 2}),
    ('RandomErasing', {'n_patches': 3, 'ratio': (0.2, 0.4)}),
    (
        'RandomErasing',
        {'n_patches': 2, 'ratio': 0.3, 'mask_border_value': 1},
    ),
    ('FilterAnnotations', {'by_mask': True, 'min_gt_mask_area': 700}),
    (
        'RandAugment',
        {
            'aug_space': [
                [{'type': 'ShearX'}],
                [{'type': 'ShearY'}],
                [{'type': 'Rotate'}],
                [{'type': 'TranslateX'}],
                [{'type': 'TranslateY'}],
            ],
            'aug_num': 3,
        },
    ),
    (
        'AutoAugment',
        {
            'policies': [
                [
                    {'type': 'Rotate', 'prob': 1.0, 'level': 8},
                    {'type': 'ShearY', 'prob': 1.0, 'level': 8},
                    {'type': 'TranslateX', 'prob': 1.0, 'level': 2},
                ]
            ]
        },
    ),
    (
        'RandomOrder',
        {
            'transforms': [
                {'type': 'Rotate', 'prob': 1.0},
                {'type': 'ShearX', 'prob': 1.0},
            ]
        },
    ),
    ('RandomResize', {'scale': [(60, 40), (200, 150)], 'keep_ratio': True}),
    (
        'RandomChoiceResize',
        {'scales': [(60, 40), (90, 99)], 'keep_ratio': False},
    ),
]
#: They mix images of their own choice, see the tests below.
MIXING = {'CachedMosaic', 'CachedMixUp', 'CopyPaste'}
#: They know no masks of any kind: refused, by mmdet or when packing.
BOXES_ONLY = {'Mosaic', 'MixUp', 'RandomAffine', 'RandomCenterCropPad'}
#: They build masks anew from pixels: refused by the masks.
REBUILDING = {'Albu'}
#: mmdet's own fault for masks of every kind: boxes move, masks do not.
LEFT_BEHIND = {'RandomShift'}
COLORS = {
    *('AutoContrast', 'Brightness', 'Color', 'ColorTransform', 'Contrast'),
    *('CutOut', 'Equalize', 'Invert', 'PhotoMetricDistortion', 'Posterize'),
    *('Sharpness', 'Solarize', 'SolarizeAdd', 'YOLOXHSVRandomAug'),
}
#: They load, pack, or are of other tasks (InstaBoost works on polygons in
#: `instances`, before anything is loaded).
OTHERS = {
    *('BaseFrameSample', 'GTBoxSubOne_GLIP', 'GeomTransform', 'ImageAug'),
    *('ImageToTensor', 'InferencerLoader', 'InstaBoost', 'LinesToArray'),
    *('LineDetDataProcessor', 'LoadAnnotations', 'LoadEmptyAnnotations'),
    *('LoadImageFromNDArray', 'LoadLineAnnotations'),
    *('LoadMultiChannelImageFromFiles', 'LoadOneDLSegmentation'),
    *('LoadPanopticAnnotations', 'LoadProposals', 'LoadTextAnnotations'),
    *('LoadTrackAnnotations', 'MultiBranch', 'PackDetInputs'),
    *('PackLineDetectionInputs', 'PackReIDInputs', 'PackTrackInputs'),
    *('ProposalBroadcaster', 'RandomFlip_GLIP', 'RandomSamplingNegPos'),
    *('SegRescale', 'ToTensor', 'Transpose', 'UniformRefFrameSample'),
}


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _draw(seed):
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (what mmdet draws from)
    torch.manual_seed(seed)


def _both(number, seed, frame=FRAME):
    masks = discs(number, seed, frame)
    return sample_of(masks), sample_of(masks, two_levels(masks))


def _check_pair(plain, carried, allowed):
    """Masks as mmdet's, and no level that was not there."""
    binary, masks = plain['gt_masks'].masks > 0, carried['gt_masks']
    assert isinstance(masks, LevelMasks)
    np.testing.assert_array_equal(masks.masks > 0, binary)
    np.testing.assert_array_equal(masks.levels > 0, binary)
    pairs = []
    for levels in masks.levels:
        found = set(np.unique(levels)) - {0}
        assert found <= allowed
        # Two levels of one instance: none has taken those of another.
        assert len({(level - 100) // 20 for level in found}) <= 1
        pairs.append(min(found, default=0))
    assert len(carried['gt_bboxes']) == len(masks)
    torch.testing.assert_close(
        carried['gt_bboxes'].tensor, plain['gt_bboxes'].tensor
    )
    np.testing.assert_array_equal(carried['img'], plain['img'])


def _packed(results, name):
    pack = {'type': name, 'meta_keys': ()}
    return TRANSFORMS.build(pack)(copy.deepcopy(results))['data_samples']


def test_all_transforms_of_mmdet_are_known_here():
    known = {name for name, _ in MOVING} | MIXING | BOXES_ONLY | REBUILDING
    known |= LEFT_BEHIND | COLORS | OTHERS
    assert set(mmdet_transforms.__all__) <= known


@pytest.mark.parametrize(('name', 'settings'), MOVING)
@pytest.mark.parametrize('number', [0, 1, 5])
def test_masks_are_mmdets_and_levels_are_kept(name, settings, number):
    transform = TRANSFORMS.build({'type': name, **settings})
    for seed in range(3):
        plain, carried = _both(number, seed)
        allowed = set(np.unique(carried['gt_masks'].levels)) - {0}
        outputs = []
        for results in (plain, carried):
            _draw(seed)
            outputs.append(copy.deepcopy(transform)(results))
        if None in outputs:  # nothing left, for both alike
            assert outputs == [None, None]
            continue
        _check_pair(*outputs, allowed)
        plain, carried = outputs
        targets = _packed(plain, 'PackDetInputs').gt_instances.masks
        targets = targets.to_ndarray() > 0
        for pack in ('PackDetInputs', 'mmcuts3d.PackPseudoLabels'):
            gt = _packed(carried, pack).gt_instances
            np.testing.assert_array_equal(gt.masks.to_ndarray() > 0, targets)
        assert ('confidences' in gt) == ('masks' in gt)


@pytest.mark.parametrize('name', sorted(MIXING - {'CopyPaste'}))
def test_mixing_of_cached_images(name):
    size = {
        'CachedMosaic': {'img_scale': (80, 80), 'prob': 1.0},
        'CachedMixUp': {'img_scale': (80, 80), 'prob': 1.0},
    }
    for seed in range(4):
        outputs, allowed = [], {0}
        for kind in (0, 1):
            transform = TRANSFORMS.build(
                {'type': name, 'random_pop': False, **size[name]}
            )
            _draw(seed)
            for step in range(7):
                results = _both(3, 7 * seed + step, (70, 90))[kind]
                if kind:
                    allowed |= set(np.unique(results['gt_masks'].levels))
                results = transform(results)
            outputs.append(results)
        assert len(outputs[1]['gt_masks']) > 3
        _check_pair(*outputs, allowed)
        gt = _packed(outputs[1], 'mmcuts3d.PackPseudoLabels').gt_instances
        assert set(np.unique(gt.confidences.masks)) <= allowed - {0} | {240}


def test_mmdets_copy_paste():
    """It joins pixels: masks stay right, lost levels are refused."""
    outputs = []
    for kind in (0, 1):
        _draw(4)
        results = _both(3, 1)[kind]
        results['mix_results'] = [_both(4, 2)[kind]]
        copy_paste = TRANSFORMS.build({'type': 'CopyPaste'})
        outputs.append(copy_paste(results))
    plain, carried = outputs
    assert len(plain['gt_masks']) > 3
    targets = _packed(plain, 'PackDetInputs').gt_instances.masks.masks
    masks = _packed(carried, 'PackDetInputs').gt_instances.masks.masks
    np.testing.assert_array_equal(masks, targets)
    with pytest.raises(ValueError, match='ConfidentCopyPaste'):
        _packed(carried, 'mmcuts3d.PackPseudoLabels')


@pytest.mark.parametrize('name', sorted(BOXES_ONLY))
def test_transforms_for_boxes_alone(name):
    settings = {
        'Mosaic': {'img_scale': (64, 64)},
        'MixUp': {'img_scale': (64, 64)},
        'RandomCenterCropPad': {
            'crop_size': (50, 50),
            'mean': [0, 0, 0],
            'std': [1, 1, 1],
            'to_rgb': True,
            'test_pad_mode': None,
        },
    }
    transform = TRANSFORMS.build({'type': name, **settings.get(name, {})})
    _draw(0)
    results = _both(3, 1)[1]
    results['img'] = results['img'].astype(np.float32)
    others = 3 if name == 'Mosaic' else 1
    results['mix_results'] = [_both(3, 2 + k)[1] for k in range(others)]
    message = 'know boxes only|only supports bbox'
    with pytest.raises((ValueError, NotImplementedError), match=message):
        _packed(transform(results), 'mmcuts3d.PackPseudoLabels')


def test_albumentations():
    """With its own code between: `Albu` itself, or what it does."""
    albu = mmdet_transforms.Albu.__new__(mmdet_transforms.Albu)
    albu.filter_lost_elements = False
    masks = _both(3, 1)[1]['gt_masks']
    found = {'masks': [mask[::-1] for mask in masks.masks], 'bboxes': []}
    with pytest.raises(ValueError, match='`gt_masks` out of its `keymap`'):
        albu._postprocess_results(found, masks)


def test_areas_are_areas():
    """`min_gt_mask_area` compares pixels, not levels."""
    plain, carried = _both(6, 3)
    areas = np.sort(plain['gt_masks'].areas)
    threshold = int(areas[2]) + 1
    keep = {'by_mask': True, 'min_gt_mask_area': threshold}
    kept = TRANSFORMS.build({'type': 'FilterAnnotations', **keep})(carried)
    assert len(kept['gt_masks']) == (areas >= threshold).sum() == 3
