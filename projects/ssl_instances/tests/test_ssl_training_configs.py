"""The configs of training: values of the paper, losses, the core's command."""

import json
import runpy
import sys

import cv2
import numpy as np
import pytest
import torch
from helpers import ROOT
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.registry import DATASETS, init_default_scope
from mmengine.structures import InstanceData

from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.labels import CATEGORY_ID, CATEGORY_NAME, encode_mask
from mmcuts3d.registry import MODELS

FOLDER = ROOT / 'projects' / 'ssl_instances' / 'configs'
SOLO = FOLDER / 'solov2_r101_fpn_ssl-instances_1xb4-60k_coco.py'
MASK_RCNN = FOLDER / 'mask-rcnn_r101_fpn_ssl-instances_1xb4-30k_coco.py'
DEMO = FOLDER / 'solov2_r18_fpn_ssl-instances_1xb4-demo_rgbd-scenes.py'


def batch(size=(96, 128), numbers=(2, 0)):
    """Images with rectangles, some of them one over the other."""
    rng = np.random.default_rng(0)
    inputs, samples = [], []
    for number in numbers:
        image = rng.integers(0, 256, (3, *size), dtype=np.uint8)
        image[:, 20:60, 30:90] = 200
        inputs.append(torch.from_numpy(image))
        masks = np.zeros((number, *size), np.uint8)
        masks[:, 20:60, 30:90] = 1
        sample = DetDataSample(
            metainfo=dict(img_shape=size, ori_shape=size, img_id=1)
        )
        sample.gt_instances = InstanceData(
            bboxes=torch.tensor([[30.0, 20, 90, 60]] * number).view(-1, 4),
            labels=torch.zeros(number, dtype=torch.long),
            masks=BitmapMasks(masks, *size),
        )
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def small(config):
    """The same parts, of a network that a test has time for."""
    init_default_scope('mmdet')
    model = config.model
    model.backbone.update(depth=18, base_channels=8, init_cfg=None)
    model.neck.update(in_channels=[8, 16, 32, 64])
    if model.type == 'SOLOv2':
        model.neck.update(out_channels=32)
        model.mask_head.update(
            in_channels=32, feat_channels=32, stacked_convs=1
        )
        model.mask_head.mask_feature_head.update(
            feat_channels=32, out_channels=32
        )
    return MODELS.build(model)


@pytest.mark.parametrize('path', [SOLO, DEMO], ids=['paper', 'demo'])
def test_solov2_has_a_loss_and_masks(path):
    torch.manual_seed(0)
    model = small(load_config(path))
    model.train()
    data = model.data_preprocessor(batch(), True)
    losses = model(**data, mode='loss')
    assert set(losses) == {'loss_mask', 'loss_cls'}
    sum(losses.values()).backward()
    frozen = path == SOLO
    idle = [
        name
        for name, value in model.named_parameters()
        if value.requires_grad and value.grad is None
    ]
    assert idle == []
    trained = [
        name
        for name, value in model.backbone.named_parameters()
        if value.requires_grad
    ]
    assert (trained == []) == frozen
    model.eval()
    data = model.data_preprocessor(batch(), False)
    with torch.no_grad():
        (found, _) = model(**data, mode='predict')
    assert found.pred_instances.masks.shape[1:] == (96, 128)


def test_the_loss_falls_and_finds_the_mask():
    """Head, targets, colours and loss belong together."""
    torch.manual_seed(0)
    model = small(load_config(DEMO))
    model.train()
    data = model.data_preprocessor(batch(numbers=(1, 1)), True)
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
    values = []
    for _ in range(30):
        losses = model(**data, mode='loss')
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        values.append(losses['loss_mask'].item())
    assert values[-1] < 0.5 * values[0]


def test_a_batch_without_instances_has_a_loss():
    model = small(load_config(DEMO))
    data = model.data_preprocessor(batch(numbers=(0, 0)), True)
    losses = model(**data, mode='loss')
    assert losses['loss_mask'] == 0 and losses['loss_cls'] > 0


def test_the_head_says_what_it_needs():
    config = load_config(DEMO)
    config.model.data_preprocessor.type = 'DetDataPreprocessor'
    model = small(config)
    data = model.data_preprocessor(batch(), True)
    with pytest.raises(ValueError, match='ColourPairsPreprocessor'):
        model(**data, mode='loss')
    config.model.mask_head.loss_mask = dict(type='DiceLoss')
    with pytest.raises(ValueError, match='BoxInstMaskLoss.*DiceLoss'):
        MODELS.build(config.model)


@pytest.mark.parametrize('path,steps', [(SOLO, 60_000), (MASK_RCNN, 30_000)])
def test_values_of_the_paper(path, steps):
    config = load_config(path)
    check_purpose(config, path, 'train')
    assert config.train_cfg.max_iters == steps
    assert config.optim_wrapper.optimizer.lr == 2.5e-4
    assert config.optim_wrapper.optimizer.type == 'SGD'
    assert config.train_dataloader.batch_size == 4
    backbone = config.model.backbone
    assert (backbone.depth, backbone.frozen_stages) == (101, 4)
    assert backbone.init_cfg.checkpoint == 'mmcuts3d://densecl_resnet101'
    splits = config.train_dataloader.dataset.dataset.datasets
    assert [one.data_prefix.img for one in splits] == [
        'train2017/',
        'unlabeled2017/',
    ]


def test_mask_rcnn_has_a_loss():
    torch.manual_seed(0)
    model = small(load_config(MASK_RCNN))
    data = model.data_preprocessor(batch(), True)
    losses = model(**data, mode='loss')
    assert 'loss_mask' in losses
    assert not any(p.requires_grad for p in model.backbone.parameters())


@pytest.fixture
def coco(tmp_path):
    """Two splits of one image each, with overlapping masks and a score."""
    rng = np.random.default_rng(0)
    for split in ('train2017', 'unlabeled2017'):
        folder = tmp_path / split
        folder.mkdir()
        pixels = rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / 'a.png'), pixels)
        rows = []
        for number, right in enumerate((50, 70), 1):
            mask = np.zeros((64, 80), bool)
            mask[10:50, 10:right] = True
            rows.append(
                dict(
                    id=number,
                    image_id=1,
                    category_id=CATEGORY_ID,
                    bbox=[10, 10, right - 10, 40],
                    area=int(mask.sum()),
                    iscrowd=0,
                    score=0.8,
                    segmentation=encode_mask(mask),
                )
            )
        labels = dict(
            images=[dict(id=1, file_name='a.png', height=64, width=80)],
            categories=[dict(id=CATEGORY_ID, name=CATEGORY_NAME)],
            annotations=rows,
        )
        (tmp_path / f'{split}.json').write_text(json.dumps(labels))
    return tmp_path


def test_both_splits_are_trained_on(coco):
    """Copy-paste takes from one what it pastes into the other."""
    init_default_scope('mmdet')
    dataset = load_config(SOLO).train_dataloader.dataset
    for one in dataset.dataset.datasets:
        one.data_root = str(coco)
        one.ann_file = one.data_prefix.img.strip('/') + '.json'
        one.pipeline[2].scales = [(160, 96)]
    built = DATASETS.build(dataset)
    assert len(built) == 2
    for index in range(2):
        item = built[index]
        instances = item['data_samples'].gt_instances
        assert len(instances.masks) == len(instances.labels) >= 2
        assert 'confidences' not in instances


def test_the_command_of_the_core_proposes_and_trains(tmp_path, monkeypatch):
    """tools/train.py with the demo's config alone, as in its first lines."""
    config = tmp_path / 'small.py'
    config.write_text(
        f"""
_base_ = {str(DEMO)!r}
data_root = {str(tmp_path / 'scenes')!r}
labels_dir = {str(tmp_path / 'labels')!r}
max_iters = 2
labeler = dict(proposals=dict(ks=(2,)))
train_cfg = dict(labels=dict(
    model=dict(proposals=dict(ks=(2,))),
    dataloader=dict(dataset=dict(num_scenes=2, size=(96, 96)))))
train_dataloader = dict(batch_size=2)
val_dataloader = dict(dataset=dict(num_scenes=1, size=(96, 96)))
model = dict(backbone=dict(base_channels=8),
             neck=dict(in_channels=[8, 16, 32, 64]))
"""
    )
    tool = ROOT / 'tools' / 'train.py'
    work = tmp_path / 'work'
    words = [str(tool), str(config), '--work-dir', str(work)]
    monkeypatch.setattr(sys, 'argv', words)
    runpy.run_path(str(tool), run_name='__main__')
    assert (work / 'iter_2.pth').is_file()
    assert (tmp_path / 'labels' / 'pseudo_labels.json').is_file()
