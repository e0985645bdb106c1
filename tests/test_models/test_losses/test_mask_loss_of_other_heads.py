"""SpatialConfidenceBCE in heads that are none of RoI masks says so.

Each head is mmdet's own, built from its config with nothing but the loss
exchanged, and its loss is called by its own code.
"""

import re

import pytest
import torch
from helpers.dense_detectors import (
    BOXES,
    CONFIGS,
    DETECTORS,
    batch_of,
    losses_of,
    model_of,
)
from mmdet.utils import register_all_modules
from mmengine.config import Config

from mmcuts3d.datasets.transforms import LevelMasks
from mmcuts3d.models.losses import SpatialConfidenceBCE
from mmcuts3d.models.losses.spatial_confidence_bce import HEADS
from mmcuts3d.registry import MODELS

LOSS = {'type': 'mmcuts3d.SpatialConfidenceBCE'}
NAMES = [*DETECTORS, 'PointRend']


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _model(name, loss=None):
    """mmdet's model, with this loss of masks in the place of its own."""
    if name == 'PointRend':
        path = 'point_rend/point-rend_r50-caffe_fpn_ms-1x_coco.py'
        model = Config.fromfile(CONFIGS / path).model
        model.backbone.init_cfg = None
        model.data_preprocessor.batch_augments = None
        model.train_cfg.rcnn.sampler.num = 16
        model.train_cfg.rpn_proposal.update(nms_pre=20, max_per_img=20)
        part, key = model.roi_head.point_head, 'loss_point'
    else:
        model = model_of(name)
        part, key = model[DETECTORS[name][1]], 'loss_mask'
    if loss is not None:
        part[key] = loss
    return model


def _train(model, with_levels=False):
    torch.manual_seed(0)
    detector = MODELS.build(model).train()
    batch = batch_of(None, BOXES[:1])
    if with_levels:
        gt = batch['data_samples'][0].gt_instances
        gt.masks = LevelMasks.from_levels(130 * gt.masks.masks, 96, 128)
    return losses_of(detector, batch)


@pytest.mark.parametrize('name', ['Mask2Former', 'RTMDet-Ins', 'PointRend'])
def test_masks_with_levels_are_binary_targets(name):
    """What mmdet's PackDetInputs hands on trains as plain masks do."""
    plain, leveled = (
        _train(_model(name), with_levels) for with_levels in (False, True)
    )
    assert plain.keys() == leveled.keys()
    assert any('mask' in key for key in plain)
    for key, value in plain.items():
        torch.testing.assert_close(leveled[key], value)


@pytest.mark.parametrize('name', NAMES)
def test_the_error_says_which_head_takes_it(name):
    with pytest.raises(ValueError, match='SpatialConfidenceMaskHead') as error:
        _train(_model(name, LOSS))
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
