"""Each config of configs/mixed trains on embedded scenes, and validates."""

import math

import pytest
from helpers import ROOT
from helpers.mixed import small_run, write_labels
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmcuts3d.models.bbox_heads import DropLossBBoxHead
from mmcuts3d.models.losses import SpatialConfidenceBCE, SpatialConfidenceDice

FOLDER = ROOT / 'configs' / 'mixed'
CONFIGS = sorted(FOLDER.glob('*.py'))
#: What of the training a detector has, by the beginning of its config's name.
LOSSES = {
    'mask-rcnn': SpatialConfidenceBCE,
    'solov2': SpatialConfidenceDice,
    'condinst': SpatialConfidenceDice,
    'mask2former': SpatialConfidenceDice,
    'rtmdet-ins': SpatialConfidenceDice,
}


class _Seen(Hook):
    """What came of each iteration, and of the validation."""

    def __init__(self):
        self.losses, self.least, self.metrics = [], [], {}

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        self.losses.append({k: float(v) for k, v in outputs.items()})
        self.least += [
            sample.gt_instances.confidences.masks.min()
            for sample in data_batch['data_samples']
        ]

    def after_val_epoch(self, runner, metrics=None):
        self.metrics = metrics


@pytest.fixture(scope='module')
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp('scenes')
    write_labels(folder)
    return folder


def test_there_is_a_config_for_each():
    assert {
        next(name for name in LOSSES if path.name.startswith(name + '_'))
        for path in CONFIGS
    } == set(LOSSES)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_trains_and_validates(path, scenes, monkeypatch):
    monkeypatch.chdir(scenes)
    name = path.name.split('_')[0]
    runner = Runner.from_cfg(small_run(path, scenes))
    seen = _Seen()
    runner.register_hook(seen)
    weighed = []
    for module in runner.model.modules():
        if isinstance(module, LOSSES[name]):
            module.register_forward_hook(
                lambda module, args, loss: weighed.append(loss)
            )
    runner.train()
    assert len(seen.losses) == 3 and len(weighed) >= 3
    for losses in seen.losses:
        assert any('mask' in key for key in losses)
        assert all(map(math.isfinite, losses.values()))
    assert min(seen.least) == 120  # half of each mask counts by half
    assert any('segm' in key for key in seen.metrics)
    found = [
        isinstance(module, DropLossBBoxHead)
        for module in runner.model.modules()
    ]
    assert any(found) == (name == 'mask-rcnn')


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_has_the_data_of_cuts3d(path):
    config = Config.fromfile(path)
    method = Config.fromfile(
        ROOT
        / 'configs'
        / 'cuts3d'
        / 'cascade-mask-rcnn_r50_fpn_cuts3d_4xb1-160k_imagenet.py'
    )
    assert config.train_dataloader.dataset == method.train_dataloader.dataset
    assert config.val_dataloader == method.val_dataloader
    gpus, batch = path.stem.split('_')[-2].split('-')[0].split('xb')
    assert config.train_dataloader.batch_size == int(batch)
    assert config.auto_scale_lr.base_batch_size == int(gpus) * int(batch)
    weights = config.model.backbone.init_cfg
    if path.name.startswith('rtmdet'):
        assert weights is None
    else:
        assert weights.checkpoint == 'mmcuts3d://dino_resnet50'
