"""Cascade R-CNN with one mask head, against the rules of detectron2."""

import numpy as np
import pytest
import torch
from helpers import ROOT
from helpers.detectors import (
    detector_batch,
    small_detector,
    training_losses,
)
from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.structures.bbox import bbox_overlaps
from mmdet.utils import register_all_modules
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmcuts3d.models.roi_heads import SingleMaskCascadeRoIHead

CONFIG = (
    ROOT
    / 'configs/cuts3d'
    / 'cascade-mask-rcnn-cutler_r50_fpn_cuts3d_4xb1-160k_imagenet.py'
)
#: detectron2's BBOX_REG_WEIGHTS of the three stages.
WEIGHTS = np.array([[10, 10, 5, 5], [20, 20, 10, 10], [30, 30, 15, 15]])


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


@pytest.fixture
def detector():
    return small_detector(CONFIG)


@pytest.fixture
def watched(detector, monkeypatch):
    """The detector, and what the stages of a training step work on."""
    head, seen = detector.roi_head, []
    losses = SingleMaskCascadeRoIHead.bbox_loss

    def bbox_loss(self, stage, x, sampling_results):
        before = [result.pos_is_gt.clone() for result in sampling_results]
        results = losses(self, stage, x, sampling_results)
        seen.append((sampling_results, results, before))
        return results

    monkeypatch.setattr(SingleMaskCascadeRoIHead, 'bbox_loss', bbox_loss)
    # Boxes that move and differ from stage to stage.
    torch.manual_seed(5)
    for stage, box_head in enumerate(head.bbox_head):
        torch.nn.init.normal_(box_head.fc_reg.bias, std=1 + stage)
    return detector.train(), seen


def decode(boxes, deltas, stage, side=None):
    """Boxes moved by deltas (Fast R-CNN), in numbers of numpy."""
    boxes, deltas = boxes.double().numpy(), deltas.detach().double().numpy()
    dx, dy, dw, dh = (deltas / WEIGHTS[stage]).T
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size / 2 + np.stack([dx, dy], 1) * size
    size = size * np.exp(np.stack([dw, dh], 1))
    moved = np.hstack([centre - size / 2, centre + size / 2])
    return moved if side is None else moved.clip(0, side)


def encode(boxes, targets, stage):
    boxes, targets = boxes.double().numpy(), targets.double().numpy()
    size, wanted = (b[:, 2:] - b[:, :2] for b in (boxes, targets))
    shift = (targets[:, :2] + wanted / 2 - boxes[:, :2] - size / 2) / size
    return np.hstack([shift, np.log(wanted / size)]) * WEIGHTS[stage]


def in_order(boxes):
    boxes = np.asarray(boxes, dtype=np.float64)
    return boxes[np.lexsort(boxes.T)]


def features_and_rois():
    generator = torch.Generator().manual_seed(1)
    levels = tuple(
        torch.randn(1, 32, side, side, generator=generator)
        for side in (32, 16, 8, 4, 2)
    )
    corner = 60 * torch.rand(12, 2, generator=generator)
    size = 8 + 50 * torch.rand(12, 2, generator=generator)
    rois = torch.cat([torch.zeros(12, 1), corner, corner + size], dim=1)
    return levels, rois


@pytest.mark.parametrize('stage', [0, 1, 2])
def test_gradients_of_box_features_are_a_third(detector, stage):
    head = detector.roi_head.train()
    levels, rois = features_and_rois()
    gradients = {}
    for kind in (SingleMaskCascadeRoIHead, CascadeRoIHead):
        leaves = [level.clone().requires_grad_() for level in levels]
        results = kind._bbox_forward(head, stage, tuple(leaves), rois)
        loss = results['cls_score'].square().sum() + results['bbox_pred'].sum()
        weights = list(head.bbox_head[stage].parameters())
        found = torch.autograd.grad(
            loss, leaves + weights, materialize_grads=True
        )
        gradients[kind] = found[: len(leaves)], found[len(leaves) :]
    ours, plain = gradients.values()
    assert sum(gradient.abs().sum() for gradient in plain[0]) > 0
    for mine, other in zip(ours[0], plain[0], strict=True):
        torch.testing.assert_close(mine, other / 3)
    for mine, other in zip(ours[1], plain[1], strict=True):
        assert torch.equal(mine, other)  # those of the head are not scaled


def test_gradients_of_mask_features_are_whole(detector):
    head = detector.roi_head.train()
    levels, rois = features_and_rois()
    leaves = [level.clone().requires_grad_() for level in levels]
    head._mask_forward(0, tuple(leaves), rois)['mask_preds'].sum().backward()
    again = [level.clone().requires_grad_() for level in levels]
    pooled = head.mask_roi_extractor[0](tuple(again[:4]), rois)
    head.mask_head[0](pooled).sum().backward()
    for mine, other in zip(leaves[:4], again[:4], strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_there_is_one_mask_head(detector):
    head = detector.roi_head
    assert isinstance(head, SingleMaskCascadeRoIHead)
    assert (len(head.bbox_head), len(head.mask_head)) == (3, 1)
    config = Config.fromfile(CONFIG).model.roi_head
    config.pop('type')
    for name in ('mask_head', 'mask_roi_extractor'):
        one = config[name][0] if name == 'mask_head' else config[name]
        wrong = {**config, name: [one, one, one]}
        with pytest.raises(ValueError, match=f'`{name}` to be one.*got 3'):
            SingleMaskCascadeRoIHead(**wrong)


def test_the_mask_loss_is_that_of_the_first_stage(watched, monkeypatch):
    detector, seen = watched
    mask_head, called = detector.roi_head.mask_head[0], []
    loss = mask_head.loss_and_target

    def loss_and_target(mask_preds, sampling_results, *args, **kwargs):
        called.append((len(mask_preds), sampling_results))
        return loss(mask_preds, sampling_results, *args, **kwargs)

    monkeypatch.setattr(mask_head, 'loss_and_target', loss_and_target)
    losses = training_losses(detector, detector_batch())
    assert [name for name in losses if 'mask' in name] == ['s0.loss_mask']
    [(number, results)] = called
    assert results is seen[0][0]
    assert number == sum(len(result.pos_priors) for result in results) > 0


def test_later_stages_take_all_boxes_and_no_others(watched):
    detector, seen = watched
    training_losses(detector, detector_batch(side=128))
    assert len(seen) == 3
    for index, (samples, _, were_gt) in enumerate(seen):
        if index == 0:  # labels are among the proposals here, and sampled
            assert [int(flags.sum()) for flags in were_gt] == [2, 1]
            continue
        assert not any(flags.any() for flags in were_gt)
        before, results, _ = seen[index - 1]
        deltas = results['bbox_pred'].split([len(r.priors) for r in before])
        for one, moved, sample in zip(before, deltas, samples, strict=True):
            expected = decode(one.priors, moved, index - 1, side=128)
            np.testing.assert_allclose(
                in_order(sample.priors), in_order(expected), atol=1e-2
            )


def test_overlaps_of_drop_loss_are_those_of_each_stage(watched, monkeypatch):
    detector, seen = watched
    found = []
    kind = type(detector.roi_head.bbox_head[0])
    overlaps = kind.overlaps

    def note(self, *args):
        found.append(overlaps(self, *args))
        return found[-1]

    monkeypatch.setattr(kind, 'overlaps', note)
    batch = detector_batch()
    labels = [sample.gt_instances.bboxes for sample in batch['data_samples']]
    training_losses(detector, batch)
    kept = []
    for stage, (samples, results, _) in enumerate(seen):
        deltas = results['bbox_pred'].split([len(r.priors) for r in samples])
        expected = [
            bbox_overlaps(
                torch.from_numpy(decode(one.priors, moved, stage)),
                boxes.double(),
            ).amax(dim=1)
            for one, moved, boxes in zip(samples, deltas, labels, strict=True)
        ]
        torch.testing.assert_close(
            found[stage].double(), torch.cat(expected), rtol=1e-3, atol=1e-4
        )
        kept.append(found[stage] > 0.01)
    # The stages differ in what they drop, or this would show little.
    assert all(0 < int(one.sum()) < len(one) for one in kept)


def test_box_loss_is_l1_over_all_rois(watched):
    detector, seen = watched
    losses = training_losses(detector, detector_batch())
    for stage, (samples, results, _) in enumerate(seen):
        number = sum(len(result.priors) for result in samples)
        deltas = results['bbox_pred'].split([len(r.priors) for r in samples])
        total = 0.0
        for sample, moved in zip(samples, deltas, strict=True):
            count = len(sample.pos_priors)
            wanted = encode(sample.pos_priors, sample.pos_gt_bboxes, stage)
            total += np.abs(moved[:count].detach().numpy() - wanted).sum()
        loss = losses[f's{stage}.loss_bbox'].item()
        assert loss == pytest.approx(total / number, rel=1e-3)
    assert losses['s0.loss_bbox'] > 0


@pytest.mark.parametrize('numbers', [(0, 0), (2, 0)])
def test_images_without_instances_train(detector, numbers):
    losses = training_losses(detector.train(), detector_batch(numbers=numbers))
    total, log = detector.parse_losses(losses)
    assert all(torch.isfinite(value).all() for value in log.values())
    assert (log['s0.loss_mask'] == 0) == (numbers == (0, 0))
    total.backward()
    grad = detector.roi_head.mask_head[0].conv_logits.weight.grad
    assert grad is not None  # else processes of a run wait for it in vain


def predict(detector, batch):
    detector.eval()
    with torch.no_grad():
        data = detector.data_preprocessor(batch)
        return detector(**data, mode='predict')


def test_scores_are_the_mean_of_probabilities(detector):
    logits = [3.0, -1.0, 0.5]
    for head, logit in zip(detector.roi_head.bbox_head, logits, strict=True):
        torch.nn.init.zeros_(head.fc_cls.weight)
        head.fc_cls.bias.data = torch.tensor([logit, 0.0])
    for sample in predict(detector, detector_batch()):
        scores = sample.pred_instances.scores.numpy()
        mean = np.mean([1 / (1 + np.exp(-logit)) for logit in logits])
        assert len(scores) > 0
        np.testing.assert_allclose(scores, mean, rtol=1e-5)


def test_masks_are_those_of_the_final_boxes(detector):
    """With a mask head that says yes everywhere a mask fills its box."""
    logits = detector.roi_head.mask_head[0].conv_logits
    torch.nn.init.zeros_(logits.weight)
    torch.nn.init.constant_(logits.bias, 10)
    for stage, head in enumerate(detector.roi_head.bbox_head):
        torch.nn.init.constant_(head.fc_reg.bias, (0.9, -0.4, 0.7)[stage])
    for sample in predict(detector, detector_batch()):
        masks, boxes = (
            sample.pred_instances.masks,
            sample.pred_instances.bboxes,
        )
        assert masks.dtype == torch.bool
        assert masks.shape == (len(boxes), 128, 128) and len(boxes) > 0
        for mask, box in zip(masks.numpy(), boxes.numpy(), strict=True):
            rows, columns = np.nonzero(mask)
            if min(box[2:] - box[:2]) < 2:
                continue
            extent = [columns.min(), rows.min(), columns.max(), rows.max()]
            np.testing.assert_allclose(extent, box - [0, 0, 1, 1], atol=1.01)


def test_images_without_proposals_have_no_masks(detector):
    head = detector.roi_head.eval()
    levels, rois = features_and_rois()
    levels = tuple(level.repeat(2, 1, 1, 1) for level in levels)
    samples = detector_batch()['data_samples']
    none = InstanceData(bboxes=torch.zeros(0, 4))
    some = InstanceData(bboxes=rois[:, 1:])
    for proposals in ([none, none], [none, some]):
        with torch.no_grad():
            found = head.predict(levels, proposals, samples)
        assert [len(one.masks) > 0 for one in found] == [
            len(one.bboxes) > 0 for one in proposals
        ]
        assert found[0].masks.shape == (0, 128, 128)


def test_it_answers_without_post_processing(detector):
    detector.eval()
    with torch.no_grad():
        data = detector.data_preprocessor(detector_batch())
        [(scores, deltas, masks)] = detector(**data, mode='tensor')
    for one, moved, mask in zip(scores, deltas, masks, strict=True):
        assert one.shape == (len(moved), 2)
        assert mask.shape == (len(moved), 1, 28, 28)
        assert mask.min() >= 0 and mask.max() <= 1


def test_losses_that_are_no_softmax_are_refused():
    config = Config.fromfile(CONFIG).model.roi_head
    config.pop('type')
    for head in config.bbox_head:
        head.type = 'Shared2FCBBoxHead'
        head.loss_cls = {'type': 'SeesawLoss', 'num_classes': 1}
    with pytest.raises(ValueError, match='softmax.*SeesawLoss'):
        SingleMaskCascadeRoIHead(**config)


def test_numbers_of_the_config():
    """detectron2's defaults and CutLER's cascade_mask_rcnn_R_50_FPN.yaml."""
    model = Config.fromfile(CONFIG).model
    assert model.roi_head.stage_loss_weights == [1, 1, 1]
    for stage, rcnn in enumerate(model.train_cfg.rcnn):
        thr = (0.5, 0.6, 0.7)[stage]
        assert rcnn.assigner.pos_iou_thr == rcnn.assigner.neg_iou_thr == thr
        assert rcnn.sampler.add_gt_as_proposals == (stage == 0)
        head = model.roi_head.bbox_head[stage]
        assert head.loss_bbox == {
            'type': 'mmdet.L1Loss',
            'loss_weight': 1.0,
        }
        assert head.loss_cls.iou_thr == 0.01 and head.num_classes == 1
        stds = head.bbox_coder.target_stds
        np.testing.assert_allclose(1 / np.array(stds), WEIGHTS[stage])
    assert model.train_cfg.rpn_proposal.max_per_img == 4000
    assert model.test_cfg.rpn.nms.iou_threshold == 0.65
