"""Each block of docs/one_component.md, as a config that is run."""

import random
import re

import numpy as np
import pytest
import torch
from helpers.dense_detectors import (
    DETECTORS,
    HEADS,
    batch_of,
    losses_of,
    shrink_model,
)
from helpers.docs import blocks_by_section, page
from helpers.levels import discs, sample_of, two_levels
from helpers.world import write_world
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import DATASETS, init_default_scope
from mmengine.structures import InstanceData
from pycocotools.mask import decode

from mmcuts3d.labels import read_labels
from mmcuts3d.models.losses import (
    DropLoss,
    SpatialConfidenceBCE,
    SpatialConfidenceDice,
)
from mmcuts3d.registry import MODELS, TRANSFORMS

PAGE = page('one_component.md')
BLOCKS = blocks_by_section(PAGE)
#: Which detector a block without RoIs is of.
DENSE = {
    'SOLOv2': ('Mask loss without RoIs', 0),
    'CondInst': ('Mask loss without RoIs', 1),
    'RTMDet-Ins': ('Mask loss without RoIs', 2),
    'Mask2Former': ('Mask loss of queries', 0),
}


def config_of(section, place=0):
    init_default_scope('mmdet')
    return Config.fromstring(BLOCKS[section][place], '.py')


def detector_of(config):
    shrink_model(config.model)
    torch.manual_seed(0)
    return MODELS.build(config.model).train()


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """data/mine of the page: images, their depth, labels and truth."""
    monkeypatch.chdir(tmp_path)
    return write_world(tmp_path)


def test_every_block_is_run_here():
    assert {name: len(blocks) for name, blocks in BLOCKS.items()} == {
        'Pseudo-labels as a dataset': 1,
        'Copy-paste': 2,
        'Blending': 1,
        'DropLoss': 1,
        'Mask loss with RoIs': 1,
        'Mask loss without RoIs': 3,
        'Mask loss of queries': 1,
        'A labeler as a transform': 1,
        'Metric': 1,
    }


def test_links_of_the_table_lead_to_sections():
    anchors = set(re.findall(r'\]\(#([\w-]+)\)', PAGE))
    assert anchors == {name.lower().replace(' ', '-') for name in BLOCKS}


def test_the_dataset(mine):
    config = config_of('Pseudo-labels as a dataset')
    dataset = DATASETS.build(config.train_dataloader.dataset)
    assert len(dataset) == 4
    sample = dataset[0]
    gt = sample['data_samples'].gt_instances
    assert len(gt) >= 2 and max(gt.masks.masks.shape) == 800
    assert set(np.unique(gt.confidences.masks)) == {120, 240}
    model = config.model.roi_head
    assert (model.bbox_head.num_classes, model.mask_head.num_classes) == (1, 1)


def test_copy_paste(mine):
    config = config_of('Copy-paste')
    random.seed(0)
    mixed = DATASETS.build(config.train_dataloader.dataset)
    plain = DATASETS.build(config.train_dataloader.dataset.dataset)
    numbers = [
        (
            len(mixed[index]['data_samples'].gt_instances),
            len(plain[index]['gt_bboxes']),
        )
        for index in range(4)
    ]
    assert sum(ours for ours, _ in numbers) > sum(n for _, n in numbers)


@pytest.mark.parametrize(
    'section,place,leveled', [('Copy-paste', 1, False), ('Blending', 0, True)]
)
def test_pipelines_of_copy_paste(section, place, leveled):
    random.seed(0)
    pipeline = [
        TRANSFORMS.build(step) for step in config_of(section, place).pipeline
    ]
    results, other = (
        sample_of(masks, two_levels(masks) if leveled else None)
        for masks in (discs(2, 1), discs(3, 2))
    )
    before = results['img'].copy()
    results['mix_results'] = [other]
    for step in pipeline:
        results = step(results)
    gt = results['data_samples'].gt_instances
    assert len(gt) > 2 and ('confidences' in gt) == leveled
    changed = results['inputs'].numpy().transpose(1, 2, 0) != before
    assert changed.any() and not changed.all()


def test_drop_loss():
    detector = detector_of(config_of('DropLoss'))
    loss = detector.roi_head.bbox_head.loss_cls
    assert isinstance(loss, DropLoss) and loss.iou_thr == 0.01
    losses = losses_of(detector, batch_of())
    assert torch.isfinite(losses['loss_cls'])


def followers(detector, keys):
    """Which of these losses follow the confidences of a batch."""
    sure = losses_of(detector, batch_of((240, 240)))
    doubted = losses_of(detector, batch_of())
    return {key for key in keys if not torch.equal(sure[key], doubted[key])}


def test_the_mask_loss_with_rois():
    detector = detector_of(config_of('Mask loss with RoIs'))
    assert isinstance(
        detector.roi_head.mask_head.loss_mask, SpatialConfidenceBCE
    )
    assert followers(detector, ['loss_mask', 'loss_cls']) == {'loss_mask'}


@pytest.mark.parametrize('name', DENSE)
def test_the_mask_losses_without_rois(name):
    config = config_of(*DENSE[name])
    part = config.model[DETECTORS[name][1]]
    assert part.type == HEADS[name]
    mask = 'loss_dice' if name == 'Mask2Former' else 'loss_mask'
    # Settings of mmdet's DiceLoss stay.
    assert (
        part[mask].loss_weight
        == {
            'SOLOv2': 3.0,
            'CondInst': 1.0,
            'RTMDet-Ins': 2.0,
            'Mask2Former': 5.0,
        }[name]
    )
    detector = detector_of(config)
    head = getattr(detector, DETECTORS[name][1])
    assert isinstance(getattr(head, mask), SpatialConfidenceDice)
    expected = {'loss_mask', mask}
    assert followers(detector, expected) == expected


def test_the_labeler_as_a_transform(mine):
    config = config_of('A labeler as a transform')
    dataset = DATASETS.build(config.train_dataloader.dataset)
    gt = dataset[0]['data_samples'].gt_instances
    assert len(gt) > 0 and gt.masks.masks.any()
    assert len(gt.confidences) == len(gt)


def test_the_metric(mine):
    config = config_of('Metric')
    assert config.test_evaluator == config.val_evaluator
    evaluator = Evaluator(config.val_evaluator)
    labels = read_labels(mine / 'labels.json')
    for image in labels['images']:
        rows = [
            row
            for row in labels['annotations']
            if row['image_id'] == image['id']
        ]
        boxes = torch.tensor([row['bbox'] for row in rows]).float()
        boxes[:, 2:] += boxes[:, :2]
        sample = DetDataSample(
            metainfo={
                'img_id': image['id'],
                'ori_shape': (image['height'], image['width']),
            }
        )
        sample.pred_instances = InstanceData(
            bboxes=boxes,
            labels=torch.zeros(len(rows)).long(),
            scores=torch.ones(len(rows)),
            masks=torch.from_numpy(
                np.stack([decode(row['segmentation']) for row in rows]) > 0
            ),
        )
        evaluator.process([sample])
    metrics = evaluator.evaluate(len(labels['images']))
    assert metrics['object/segm_AP'] == metrics['object/bbox_AP'] == 100
