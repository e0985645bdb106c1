"""One setting says what confidence is used for; the transforms follow it."""

import random

import numpy as np
import pytest
from helpers.levels import boxes_of, discs
from mmdet.structures.bbox import HorizontalBoxes
from mmdet.utils import register_all_modules
from mmengine.dataset import Compose

from mmcuts3d.datasets import ConfidenceUse, PseudoLabelDataset
from mmcuts3d.datasets.transforms import (
    ConfidentCopyPaste,
    LevelMasks,
    PackPseudoLabels,
)
from mmcuts3d.labels import (
    ImageRecord,
    build_labels,
    instance_to_annotation,
    write_json,
)

FRAME = (60, 90)
ALPHA = {'type': 'mmcuts3d.AlphaBlend'}


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def sample(levels, colour, use=None):
    """Side by side columns of 20 pixels, each of one level."""
    masks = np.zeros((len(levels), *FRAME), np.uint8)
    for place, level in enumerate(levels):
        masks[place, 10:40, 22 * place : 22 * place + 20] = level
    results = {
        'img': np.full((*FRAME, 3), colour, np.uint8),
        'img_shape': FRAME,
        'ori_shape': FRAME,
        'gt_bboxes': HorizontalBoxes(boxes_of(masks > 0)),
        'gt_bboxes_labels': np.zeros(len(levels), np.int64),
        'gt_ignore_flags': np.zeros(len(levels), bool),
        'gt_masks': LevelMasks.from_levels(masks, *FRAME),
    }
    if use is not None:
        results['confidence_use'] = ConfidenceUse.from_setting(use)
    return results


def paste(use, seed=0, levels=(120, 240, 160)):
    random.seed(seed)
    target = sample([], 0, use)
    target['mix_results'] = [sample(levels, 200, use)]
    transform = ConfidentCopyPaste(
        min_ratio=1, max_ratio=1, blend=ALPHA, mask_occluded_thr=0
    )
    return transform(target)


def test_selection_off_draws_any_instance():
    surest = [paste(True, seed)['gt_masks'].levels.max() for seed in range(20)]
    assert set(surest) == {240}
    drawn = [
        paste({'selection': False}, seed)['gt_masks'].levels[0].max()
        for seed in range(20)
    ]
    assert set(drawn) == {120, 160, 240}


@pytest.mark.parametrize(
    ('blending', 'expected'),
    [(True, {0, 100}), (False, {0, 200}), ('mean', {0, 100})],
)
def test_blending_is_by_level_or_not_at_all(blending, expected):
    results = paste({'blending': blending}, levels=(120,))
    assert set(np.unique(results['img'])) == expected


def test_the_mean_blends_all_of_an_instance_alike():
    random.seed(0)
    levels = np.zeros((1, *FRAME), np.uint8)
    levels[0, 10:20, 10:30], levels[0, 20:30, 10:30] = 240, 120
    use = ConfidenceUse(blending='mean')
    target = {**sample([], 0), 'confidence_use': use}
    source = sample([240], 200)
    source['gt_masks'] = LevelMasks.from_levels(levels, *FRAME)
    target['mix_results'] = [source]
    transform = ConfidentCopyPaste(min_ratio=1, max_ratio=1, blend=ALPHA)
    image = transform(target)['img']
    assert set(np.unique(image)) == {0, 150}  # 0.75 of 200


def test_nothing_used_equals_labels_without_confidence():
    """Pixels, masks and order: the draw of a random paste of plain masks."""
    for seed in range(5):
        off = paste(False, seed)
        sure = paste({'selection': False, 'blending': False}, seed)
        np.testing.assert_array_equal(off['img'], sure['img'])
        np.testing.assert_array_equal(
            off['gt_masks'].masks, sure['gt_masks'].masks
        )


def test_packing_follows_the_loss():
    with_maps = PackPseudoLabels()(sample([120], 0, True))
    instances = with_maps['data_samples'].gt_instances
    assert (instances.confidences.masks == 120).sum() == 30 * 20
    without = PackPseudoLabels()(sample([120], 0, {'loss': False}))
    assert 'confidences' not in without['data_samples'].gt_instances


@pytest.mark.parametrize(
    ('setting', 'message'),
    [
        ({'floor': 0}, r'`floor`.*in \(0, 1\], but got 0'),
        ({'floor': 1.5}, '`floor`.*but got 1.5'),
        ({'selection': 'mean'}, "`selection`.*but got 'mean'"),
        ({'blending': 'max'}, "`blending`.*but got 'max'"),
        ({'loss': None}, '`loss`.*but got None'),
        ({'blend': True}, 'settings among .*blending'),
        (None, 'True, False or settings'),
    ],
)
def test_wrong_settings_are_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        ConfidenceUse.from_setting(setting)


@pytest.fixture
def label_file(tmp_path):
    """Two masks of one image, with maps of 1/6 and 5/6."""
    masks = discs(2, seed=1)
    maps = [np.full((12, 18), value) for value in (1 / 6, 5 / 6)]
    rows = [
        instance_to_annotation(mask, 0.9, one)
        for mask, one in zip(masks, maps, strict=True)
    ]
    record = ImageRecord('a.png', *FRAME, 1, rows)
    return write_json(tmp_path / 'labels.json', build_labels([record]))


@pytest.mark.parametrize(
    ('setting', 'inside'),
    [
        (True, {120, 200}),
        ({'floor': 0.9}, {216}),
        ({'floor': 0.01, 'selection': False}, {40, 200}),
        ({'loss': False}, None),
        (False, None),
    ],
)
def test_the_dataset_is_the_one_place(label_file, setting, inside):
    dataset = PseudoLabelDataset(
        ann_file=str(label_file),
        confidence=setting,
        filter_cfg={'filter_empty_gt': True},
    )
    info = dataset.get_data_info(0)
    assert ('confidence' in info['instances'][0]) is (setting is not False)
    info['img'] = np.zeros((*FRAME, 3), np.uint8)
    info['ori_shape'] = info['img_shape'] = FRAME
    pipeline = Compose(
        [
            {'type': 'mmcuts3d.LoadPseudoLabels'},
            {'type': 'mmdet.RandomFlip', 'prob': 1.0},
            {'type': 'mmcuts3d.PackPseudoLabels'},
        ]
    )
    instances = pipeline(info)['data_samples'].gt_instances
    masks = instances.masks.masks.astype(bool)
    np.testing.assert_array_equal(masks, discs(2, seed=1)[..., ::-1])
    if inside is None:
        assert 'confidences' not in instances
    else:
        levels = instances.confidences.masks
        assert set(np.unique(levels[masks])) == inside
        assert (levels[~masks] == 240).all()


def test_scores_go_where_their_masks_go(label_file):
    """Through a flip, a paste and a crop, without any confidence."""
    only = {'selection': False, 'blending': False, 'loss': False}
    random.seed(1)
    target, source = sample([120, 240], 0), sample([160, 200, 240], 200)
    for results, scores in ((target, [0.1, 0.2]), (source, [0.3, 0.4, 0.5])):
        results['confidence_use'] = ConfidenceUse(scores=True, **only)
        results['gt_masks'] = LevelMasks.from_levels(
            results['gt_masks'].levels, *FRAME, scores
        )
    target['mix_results'] = [source]
    pipeline = Compose(
        [
            {
                'type': 'mmcuts3d.ConfidentCopyPaste',
                'min_ratio': 1,
                'mask_occluded_thr': 0,
            },
            {'type': 'mmdet.RandomFlip', 'prob': 1.0},
            {'type': 'mmcuts3d.PackPseudoLabels'},
        ]
    )
    instances = pipeline(target)['data_samples'].gt_instances
    assert 'confidences' not in instances
    assert len(instances.scores) == len(instances.masks) > 2
    # A pasted instance covers; what it leaves of the target comes first.
    pasted = [score for score in instances.scores.tolist() if score > 0.25]
    assert pasted and set(np.round(pasted, 1)) <= {0.3, 0.4, 0.5}
    boxes = instances.bboxes.tensor[-len(pasted) :]
    assert (boxes[:, 2] - boxes[:, 0]).max() == 20


def test_scores_of_a_label_file(label_file):
    dataset = PseudoLabelDataset(
        ann_file=str(label_file),
        confidence={
            'selection': False,
            'blending': False,
            'loss': False,
            'scores': True,
        },
    )
    info = dataset.get_data_info(0)
    assert 'confidence' not in info['instances'][0]
    info['img'] = np.zeros((*FRAME, 3), np.uint8)
    info['ori_shape'] = info['img_shape'] = FRAME
    pipeline = Compose(
        [
            {'type': 'mmcuts3d.LoadPseudoLabels'},
            {'type': 'mmcuts3d.PackPseudoLabels'},
        ]
    )
    instances = pipeline(info)['data_samples'].gt_instances
    np.testing.assert_allclose(instances.scores, [0.9, 0.9])
    assert 'confidences' not in instances


def test_a_wrong_setting_is_refused_at_the_door(label_file):
    with pytest.raises(ValueError, match='among .*floor'):
        PseudoLabelDataset(ann_file=str(label_file), confidence={'flor': 1})
