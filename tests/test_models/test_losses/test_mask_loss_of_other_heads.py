"""SpatialConfidenceBCE in heads that are none of RoI masks says so.

Each head is mmdet's own, built from its config with nothing but the loss
exchanged, and its loss is called by its own code.
"""

import re
from pathlib import Path

import mmdet
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmcuts3d.datasets.transforms import LevelMasks
from mmcuts3d.models.losses import SpatialConfidenceBCE
from mmcuts3d.models.losses.spatial_confidence_bce import HEADS
from mmcuts3d.registry import MODELS

CONFIGS = Path(mmdet.__file__).parent / '.mim' / 'configs'
LOSS = {'type': 'mmcuts3d.SpatialConfidenceBCE'}
#: Config of a head, where its loss of masks stands, and what keeps it small.
DETECTORS = {
    'Mask2Former': (
        'mask2former/mask2former_r50_8xb2-lsj-50e_coco.py',
        'panoptic_head.loss_mask',
    ),
    'SOLOv2': ('solov2/solov2_r50_fpn_1x_coco.py', 'mask_head.loss_mask'),
    'CondInst': (
        'condinst/condinst_r50_fpn_ms-poly-90k_coco_instance.py',
        'mask_head.loss_mask',
    ),
    'RTMDet-Ins': (
        'rtmdet/rtmdet-ins_tiny_8xb32-300e_coco.py',
        'bbox_head.loss_mask',
    ),
    'PointRend': (
        'point_rend/point-rend_r50-caffe_fpn_ms-1x_coco.py',
        'roi_head.point_head.loss_point',
    ),
}


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _model(name, loss):
    path, place = DETECTORS[name]
    model = Config.fromfile(CONFIGS / path).model
    model.backbone.init_cfg = None
    *parents, last = place.split('.')
    part = model
    for parent in parents:
        part = part[parent]
    part[last] = loss(part[last])
    if name in ('Mask2Former', 'PointRend'):
        model.data_preprocessor.batch_augments = None
    if name == 'SOLOv2':
        model.mask_head.update(stacked_convs=1, feat_channels=32)
    if name == 'PointRend':
        model.train_cfg.rcnn.sampler.num = 16
        model.train_cfg.rpn_proposal.update(nms_pre=20, max_per_img=20)
    if name == 'Mask2Former':
        head = model.panoptic_head
        head.update(feat_channels=32, out_channels=32, num_queries=10)
        head.update(num_things_classes=1, num_stuff_classes=0)
        head.loss_cls.class_weight = [1.0, 0.1]
        _shrink(head, 256, 32)
        _shrink(head, 128, 16)
        head.pixel_decoder.encoder.num_layers = 1
        head.transformer_decoder.num_layers = 1
        head.num_transformer_feat_level = 3
        model.panoptic_fusion_head.update(
            num_things_classes=1, num_stuff_classes=0
        )
        model.train_cfg.num_points = 64
    return model


def _shrink(config, before, after):
    """Replace a width everywhere inside a config."""
    for key, value in config.items():
        if isinstance(value, dict):
            _shrink(value, before, after)
        elif value == before:
            config[key] = after


def _batch(side=64, with_levels=False):
    masks = np.zeros((1, side, side), np.uint8)
    masks[0, 8:48, 12:52] = 1
    gt = InstanceData(
        bboxes=torch.tensor([[12.0, 8.0, 52.0, 48.0]]),
        labels=torch.zeros(1).long(),
        masks=BitmapMasks(masks, side, side),
    )
    if with_levels:
        gt.masks = LevelMasks.from_levels(130 * masks, side, side)
    sample = DetDataSample(gt_instances=gt)
    sample.ignored_instances = InstanceData(
        bboxes=torch.zeros(0, 4), labels=torch.zeros(0).long()
    )
    size = (side, side)
    sample.set_metainfo(
        {'img_shape': size, 'ori_shape': size, 'scale_factor': (1.0, 1.0)}
    )
    image = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    return {'inputs': [image], 'data_samples': [sample]}


def _train(model, with_levels=False):
    torch.manual_seed(0)
    detector = MODELS.build(model).train()
    batch = _batch(with_levels=with_levels)
    data = detector.data_preprocessor(batch, training=True)
    return detector(**data, mode='loss')


@pytest.mark.parametrize('name', ['Mask2Former', 'RTMDet-Ins', 'PointRend'])
def test_masks_with_levels_are_binary_targets(name):
    """What mmdet's PackDetInputs hands on trains as plain masks do."""
    plain, leveled = (
        _train(_model(name, lambda loss: loss), with_levels)
        for with_levels in (False, True)
    )
    assert plain.keys() == leveled.keys()
    assert any('mask' in key for key in plain)
    for key, value in plain.items():
        torch.testing.assert_close(leveled[key], value)


@pytest.mark.parametrize('name', DETECTORS)
def test_the_error_says_which_head_takes_it(name):
    with pytest.raises(ValueError, match='SpatialConfidenceMaskHead') as error:
        _train(_model(name, lambda loss: LOSS))
    assert name in str(error.value)


def test_the_heads_that_the_error_names_exist():
    named = set(re.findall(r'SpatialConfidence\w+', HEADS))
    assert len(named) > 5
    assert {head for head in named if MODELS.get(head) is None} == set()


def test_settings_that_a_config_inherits_are_refused_by_name():
    """What naming another type over mmdet's DiceLoss leaves behind."""
    inherited = {'use_sigmoid': True, 'eps': 5e-6, 'loss_weight': 2.0}
    with pytest.raises(ValueError, match=r"\['eps', 'use_sigmoid'\]") as error:
        SpatialConfidenceBCE(**inherited)
    assert 'SpatialConfidenceMaskHead' in str(error.value)
