"""Labels made inside a pipeline equal those that went through a file."""

import copy

import numpy as np
import pytest
import torch
from helpers.labeler import FEATURES, FLAT, GRID, SIZE, scene_of
from mmengine.dataset import Compose
from mmengine.registry import TRANSFORMS, init_default_scope

from mmcuts3d.cuts import CutS3D, PseudoInstances
from mmcuts3d.datasets.transforms import CutS3DPseudoLabeler
from mmcuts3d.labels import instance_to_annotation
from mmcuts3d.models.features import classical_features

LABELER = {
    'type': 'mmcuts3d.CutS3DLabeler',
    'features': FEATURES,
    'depth': FLAT,
    'cut': {'preset': 'touching'},
}


@pytest.fixture(scope='module')
def scene():
    return scene_of(3)


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmdet')


def build(labeler=LABELER, size=SIZE, **settings):
    config = {'type': 'mmcuts3d.CutS3DPseudoLabeler', **settings}
    return TRANSFORMS.build({**config, 'labeler': labeler, 'size': size})


def results_of(image, depth):
    """What a dataset and LoadImage hand on; img is BGR."""
    return {
        'img': np.ascontiguousarray(image[..., ::-1]),
        'img_path': 'images/a.png',
        'img_id': 7,
        'img_shape': image.shape[:2],
        'ori_shape': image.shape[:2],
        'height': image.shape[0],
        'width': image.shape[1],
        'depth': depth,
    }


def through_a_file(results, found):
    """The same instances as LoadPseudoLabels reads them."""
    rows = [
        instance_to_annotation(mask, score, confidence)
        for mask, score, confidence in zip(
            found.masks, found.scores, found.confidences, strict=True
        )
    ]
    results = copy.deepcopy(results)
    results['instances'] = [
        {
            'bbox': [x, y, x + width, y + height],
            'bbox_label': 0,
            'ignore_flag': 0,
            'mask': row['segmentation'],
            'confidence': row['confidence'],
        }
        for row in rows
        for x, y, width, height in [row['bbox']]
    ]
    return TRANSFORMS.build({'type': 'mmcuts3d.LoadPseudoLabels'})(results)


def test_levels_equal_those_of_a_label_file(scene):
    results = results_of(*scene)
    cutter = CutS3D.from_preset('touching')
    found = cutter(scene[0], classical_features(scene[0]), scene[1])
    assert len(found) > 0
    expected = through_a_file(results, found)
    actual = build()(results)
    np.testing.assert_array_equal(
        actual['gt_masks'].levels, expected['gt_masks'].levels
    )
    levels = set(np.unique(actual['gt_masks'].levels))
    assert levels <= {0, 120, 160, 200, 240} and len(levels) > 1
    torch.testing.assert_close(
        actual['gt_bboxes'].tensor, expected['gt_bboxes'].tensor
    )
    for key in ('gt_bboxes_labels', 'gt_ignore_flags'):
        assert actual[key].dtype == expected[key].dtype
        np.testing.assert_array_equal(actual[key], expected[key])


def test_the_cut_has_a_size_of_its_own(scene):
    """Cut at half the size, the labels still lie on the whole image."""
    small = build(size=(64, 80))(results_of(*scene))
    masks = small['gt_masks'].masks
    assert masks.shape[1:] == SIZE
    assert len(masks) > 0
    for mask, box in zip(masks, small['gt_bboxes'].tensor, strict=True):
        rows, columns = np.nonzero(mask)
        assert box.tolist() == [
            columns.min(),
            rows.min(),
            columns.max() + 1,
            rows.max() + 1,
        ]


def test_the_rest_of_a_training_pipeline_takes_them(scene):
    pipeline = Compose(
        [
            build(),
            {'type': 'Resize', 'scale': (80, 64), 'keep_ratio': False},
            {'type': 'RandomFlip', 'prob': 1.0},
            {'type': 'mmcuts3d.PackPseudoLabels'},
        ]
    )
    plain = build()(results_of(*scene))['gt_masks'].levels
    packed = pipeline(results_of(*scene))
    assert packed['inputs'].shape == (3, 64, 80)
    sample = packed['data_samples']
    instances = sample.gt_instances
    assert sample.flip and sample.img_shape == (64, 80)
    expected = plain[:, ::2, ::2][:, :, ::-1]  # nearest neighbours
    np.testing.assert_array_equal(instances.masks.masks, expected > 0)
    np.testing.assert_array_equal(
        instances.confidences.masks, np.where(expected > 0, expected, 240)
    )
    assert instances.bboxes.tensor.dtype == torch.float32
    assert not instances.labels.any()


def test_mmdets_own_packing_takes_the_masks(scene):
    labeled = build()(results_of(*scene))
    inside = labeled['gt_masks'].levels > 0
    pack = TRANSFORMS.build({'type': 'PackDetInputs'})
    instances = pack(labeled)['data_samples'].gt_instances
    assert len(instances) > 0
    masks = instances.masks.to_tensor(torch.float32, 'cpu')
    np.testing.assert_array_equal(masks, inside)
    np.testing.assert_array_equal(
        instances.masks.areas, inside.sum(axis=(1, 2))
    )


def test_the_floor_is_a_setting_of_the_transform(scene):
    """Whatever the labeler's own is, and whether or not it has one."""
    sure = build(confidence={'floor': 1.0})(results_of(*scene))
    assert set(np.unique(sure['gt_masks'].levels)) == {0, 240}
    assert sure['confidence_use'].floor == 1
    with pytest.raises(ValueError, match=r'`floor`.*\(0, 1\], but got 0'):
        build(confidence={'floor': 0})


def test_a_labeler_without_confidences_is_sure(scene):
    """MaskCut has none: its labels weigh exactly 1."""
    labeler = {'type': 'mmcuts3d.MaskCutLabeler', 'features': FEATURES}
    transform = build(labeler)
    predict = transform.model.predict

    def without(*args):
        (sample,) = predict(*args)
        sample.pred_instances.pop('confidences', None)
        return [sample]

    transform.model.predict = without
    masks = transform(results_of(*scene))['gt_masks']
    assert len(masks) > 0
    assert set(np.unique(masks.levels)) == {0, 240}


def test_an_image_without_instances(scene):
    image = np.full((*SIZE, 3), 90, np.uint8)
    results = results_of(image, scene[1])
    actual = build()(results)
    expected = through_a_file(results, PseudoInstances.empty(SIZE, GRID))
    assert actual['gt_masks'].masks.shape == (0, *SIZE)
    assert actual['gt_masks'].masks.dtype == np.uint8
    assert (
        actual['gt_bboxes'].tensor.dtype == expected['gt_bboxes'].tensor.dtype
    )
    assert actual['gt_bboxes'].tensor.shape == (0, 4)
    pack = TRANSFORMS.build({'type': 'mmcuts3d.PackPseudoLabels'})
    assert len(pack(actual)['data_samples'].gt_instances) == 0


def test_what_cannot_be_labelled_names_the_image(scene):
    results = results_of(scene[0], np.full((4, 4), np.nan))
    recording = {**LABELER, 'on_error': 'record'}
    with pytest.raises(ValueError, match=r'images/a\.png: .*`depth`'):
        build(recording)(results)


def test_the_model_is_built_at_the_first_call(scene):
    transform = build({**LABELER, 'cut': {'early_stop': 2}})
    with pytest.raises(ValueError, match='`early_stop`'):
        transform(results_of(*scene))
    transform = build()
    transform(results_of(*scene))
    assert transform.model is transform.model
    assert not transform.model.training
    assert 'CutS3DLabeler' in repr(CutS3DPseudoLabeler(LABELER))
    assert 'size=(480, 480)' in repr(CutS3DPseudoLabeler(LABELER))
