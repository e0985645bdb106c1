"""The paper's configs, and a training step of their detector made small."""

from pathlib import Path

import mmdet
import pytest
import torch
from helpers import ROOT
from helpers.detectors import (
    detector_batch,
    small_detector,
    training_losses,
)
from mmdet.utils import register_all_modules
from mmengine.config import Config

from mmcuts3d.registry import MODELS

FOLDER = ROOT / 'configs' / 'cuts3d'
NAME = 'cascade-mask-rcnn_r50_fpn_cuts3d'
FIRST = FOLDER / f'{NAME}_4xb1-160k_imagenet.py'
ROUNDS = [
    FOLDER / f'{NAME}-self-train-r{number}_8xb1-80k_imagenet.py'
    for number in (1, 2, 3)
]


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def _mask_rcnn():
    """Mask R-CNN, whose StandardRoIHead has one stage, with our heads."""
    cascade = Config.fromfile(FIRST).model
    path = Path(mmdet.__file__).parent / '.mim/configs/_base_/models'
    model = Config.fromfile(path / 'mask-rcnn_r50_fpn.py').model
    # Named over mmdet's settings, as a config does that inherits from it.
    heads = {
        'bbox_head.type': 'mmcuts3d.DropLossBBoxHead',
        'bbox_head.loss_cls.type': 'mmcuts3d.DropLoss',
        'mask_head.type': 'mmcuts3d.SpatialConfidenceMaskHead',
        'mask_head.loss_mask.type': 'mmcuts3d.SpatialConfidenceBCE',
    }
    config = Config({'model': model})
    config.merge_from_dict(
        {f'model.roi_head.{key}': value for key, value in heads.items()}
    )
    model = config.model
    model.train_cfg.rcnn = cascade.train_cfg.rcnn[0]
    model.backbone.update(depth=18, init_cfg=None)
    model.neck.in_channels = [64, 128, 256, 512]
    model.train_cfg.rpn_proposal.update(nms_pre=50, max_per_img=50)
    model.train_cfg.rcnn.sampler.num = 16
    torch.manual_seed(0)
    return MODELS.build(model)


def _htc():
    """HTC, whose mask heads hand features on, with our heads."""
    path = Path(mmdet.__file__).parent / '.mim/configs/htc'
    model = Config.fromfile(
        path / 'htc-without-semantic_r50_fpn_1x_coco.py'
    ).model
    cascade = Config.fromfile(FIRST).model
    model.backbone.update(depth=18, init_cfg=None)
    model.neck.update(in_channels=[64, 128, 256, 512], out_channels=32)
    model.rpn_head.update(in_channels=32, feat_channels=32)
    roi_head = model.roi_head
    for stage, head in enumerate(roi_head.mask_head):
        head.type = 'mmcuts3d.SpatialConfidenceHTCMaskHead'
        head.loss_mask.type = 'mmcuts3d.SpatialConfidenceBCE'
        head.update(in_channels=32, conv_out_channels=32, num_convs=1)
        roi_head.bbox_head[stage].update(
            type='mmcuts3d.DropLossBBoxHead',
            in_channels=32,
            fc_out_channels=32,
            loss_cls={'type': 'mmcuts3d.DropLoss'},
        )
    roi_head.bbox_roi_extractor.out_channels = 32
    roi_head.mask_roi_extractor.out_channels = 32
    model.train_cfg.rcnn = cascade.train_cfg.rcnn
    for stage in model.train_cfg.rcnn:
        stage.sampler.num = 16
    model.train_cfg.rpn_proposal.update(nms_pre=50, max_per_img=50)
    torch.manual_seed(0)
    return MODELS.build(model)


@pytest.mark.parametrize('path', [FIRST, ROUNDS[0]], ids=['first', 'self'])
def test_one_training_step(path):
    detector = small_detector(path).train()
    losses = training_losses(detector, detector_batch())
    for stage in range(3):
        names = {f's{stage}.loss_{part}' for part in ('cls', 'bbox', 'mask')}
        assert names <= losses.keys()
    total, log = detector.parse_losses(losses)
    assert all(torch.isfinite(value).all() for value in log.values())
    total.backward()
    for name in (
        'backbone.conv1.weight',
        'roi_head.bbox_head.2.fc_cls.weight',
        'roi_head.mask_head.0.conv_logits.weight',
        'roi_head.mask_head.2.conv_logits.weight',
    ):
        grad = detector.get_parameter(name).grad
        assert torch.isfinite(grad).all() and grad.abs().sum() > 0, name


def test_one_training_step_of_htc():
    detector = _htc().train()
    doubted, sure = (
        training_losses(
            detector, detector_batch(with_confidences, numbers=(1,), side=64)
        )
        for with_confidences in (True, False)
    )
    for stage in range(3):
        name = f's{stage}.loss_mask'
        assert 0.5 * sure[name] < doubted[name] < sure[name]
    total, _ = detector.parse_losses(doubted)
    total.backward()
    for name in ('convs.0.conv', 'conv_logits', 'conv_res.conv'):
        stage = 2 if name.startswith('conv_res') else 0
        weight = detector.get_parameter(
            f'roi_head.mask_head.{stage}.{name}.weight'
        )
        assert weight.grad.abs().sum() > 0, name


def test_one_training_step_of_mask_rcnn():
    detector = _mask_rcnn().train()
    losses = training_losses(detector, detector_batch(numbers=(1,), side=64))
    assert {'loss_cls', 'loss_bbox', 'loss_mask'} <= losses.keys()
    total, log = detector.parse_losses(losses)
    assert all(torch.isfinite(value).all() for value in log.values())
    total.backward()
    grad = detector.roi_head.bbox_head.fc_cls.weight.grad
    assert torch.isfinite(grad).all() and grad.abs().sum() > 0


def test_confidence_lowers_the_mask_loss_alone():
    detector = small_detector(FIRST).train()
    doubted = training_losses(detector, detector_batch())
    sure = training_losses(detector, detector_batch(with_confidences=False))
    for stage in range(3):
        name = f's{stage}.loss_mask'
        assert 0.5 * sure[name] < doubted[name] < sure[name]
    for name in ('s0.loss_cls', 's0.loss_bbox', 's2.loss_cls'):
        assert torch.equal(doubted[name], sure[name])


def test_images_without_instances_train():
    detector = small_detector(FIRST).train()
    losses = training_losses(detector, detector_batch(numbers=(0, 0)))
    total, log = detector.parse_losses(losses)
    assert all(torch.isfinite(value).all() for value in log.values())
    # No ground truth to overlap: DropLoss drops every RoI.
    assert log['s0.loss_cls'] == 0 and log['s0.loss_mask'] == 0
    total.backward()


def test_it_predicts():
    detector = small_detector(FIRST).eval()
    with torch.no_grad():
        data = detector.data_preprocessor(detector_batch())
        results = detector(**data, mode='predict')
    masks = results[0].pred_instances.masks
    assert masks.dtype == torch.bool and masks.shape[1:] == (128, 128)


def test_numbers_of_the_first_training():
    """Table 8 of the supplement."""
    cfg = Config.fromfile(FIRST)
    assert cfg.default_scope == 'mmdet'
    assert cfg.train_cfg.max_iters == 160_000
    assert cfg.optim_wrapper.optimizer == {
        'type': 'SGD',
        'lr': 1e-2,
        'momentum': 0.9,
        'weight_decay': 5e-5,
    }
    assert cfg.param_scheduler[0].end == 1000
    assert cfg.train_dataloader.batch_size == 1
    paste = cfg.train_dataloader.dataset.pipeline[0]
    assert (paste.min_ratio, paste.max_ratio) == (0.3, 1.0)
    assert (paste.select, paste.blend.type) == (
        'confident',
        'mmcuts3d.AlphaBlend',
    )
    roi_head = cfg.model.roi_head
    assert len(roi_head.bbox_head) == len(roi_head.mask_head) == 3
    for head in roi_head.bbox_head:
        assert head.type == 'mmcuts3d.DropLossBBoxHead'
        assert head.loss_cls.iou_thr == 0.01
    heads = [*roi_head.bbox_head, *roi_head.mask_head]
    assert {head.num_classes for head in heads} == {1}
    assert cfg.load_from is None


@pytest.mark.parametrize('number', [1, 2, 3])
def test_numbers_of_self_training(number):
    """Table 9 of the supplement; rounds 2 and 3 follow the one before."""
    cfg = Config.fromfile(ROUNDS[number - 1])
    assert cfg.train_cfg.max_iters == 80_000
    assert cfg.optim_wrapper.optimizer.lr == 5e-3
    assert cfg.param_scheduler[0].end == 1000
    paste = cfg.train_dataloader.dataset.pipeline[0]
    assert (paste.min_ratio, paste.max_ratio) == (0.5, 1.0)
    dataset = cfg.train_dataloader.dataset.dataset
    assert dataset.ann_file.endswith(f'_r{number}')
    before = FIRST if number == 1 else ROUNDS[number - 2]
    assert cfg.load_from.split('/')[1] == before.stem
    last = 160_000 if number == 1 else 80_000
    assert cfg.load_from.endswith(f'iter_{last}.pth')


@pytest.mark.parametrize('path', [FIRST, *ROUNDS], ids=lambda path: path.stem)
def test_configs_build(path):
    """Every transform, optimizer and head of a config exists."""
    from mmcv.transforms import Compose
    from mmdet.datasets.transforms import PackDetInputs

    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    for pipeline in (
        dataset.dataset.pipeline,
        dataset.pipeline,
        cfg.val_dataloader.dataset.pipeline,
    ):
        transforms = Compose(pipeline).transforms
        assert len(transforms) == len(pipeline)
    assert isinstance(transforms[-1], PackDetInputs)
    assert cfg.val_evaluator.type == 'mmcuts3d.ClassAgnosticCocoMetric'
