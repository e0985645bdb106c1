"""The DropLoss box heads and their sampler against the naive formula."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmdet.models.task_modules.assigners import MaxIoUAssigner
from mmdet.models.task_modules.samplers import RandomSampler
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from mmcuts3d.models.bbox_heads import (
    DropLossBBoxHead,
    DropLossConvFCBBoxHead,
    OverlapRandomSampler,
)
from mmcuts3d.registry import MODELS, TASK_UTILS

TRAIN_CFG = ConfigDict(pos_weight=-1)
SAMPLER = {'num': 24, 'pos_fraction': 0.25, 'add_gt_as_proposals': True}


def _boxes(number, seed, low=0, high=100):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(low, high, (number, 2))
    side = rng.uniform(5, 40, (number, 2))
    return torch.tensor(np.hstack([corner, corner + side])).float()


def _iou(box, other):
    """IoU of two boxes, spelt out."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    inner = max(width, 0) * max(height, 0)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box, other)]
    return float(inner / (sum(areas) - inner))


def _sample(gt_bboxes, proposals, sampler_class=OverlapRandomSampler):
    gt = InstanceData(
        bboxes=gt_bboxes, labels=torch.zeros(len(gt_bboxes)).long()
    )
    proposals = InstanceData(priors=proposals)
    assigner = MaxIoUAssigner(0.5, 0.5, 0.5, match_low_quality=False)
    assigned = assigner.assign(proposals, gt)
    return sampler_class(**SAMPLER).sample(assigned, proposals, gt)


def _batch():
    """Three images; the second has no ground truth, the third many."""
    torch.manual_seed(3)
    gts = [_boxes(2, 0), _boxes(0, 1), _boxes(9, 2)]
    results = []
    for seed, gt in enumerate(gts):
        near = gt + torch.randn(len(gt), 4)
        far = _boxes(20, 10 + seed, 100, 400)
        proposals = torch.cat([near, _boxes(20, 20 + seed), far])
        results.append(_sample(gt, proposals))
    return gts, results


def _head(head_class=DropLossBBoxHead, **settings):
    torch.manual_seed(0)
    defaults = {'num_classes': 1, 'reg_class_agnostic': True}
    return head_class(
        in_channels=4,
        fc_out_channels=8,
        roi_feat_size=2,
        **{**defaults, **settings},
    )


def _predictions(results):
    generator = torch.Generator().manual_seed(5)
    number = sum(len(result.priors) for result in results)
    scores = torch.randn(number, 2, generator=generator)
    deltas = torch.randn(number, 4, generator=generator)
    rois = torch.cat(
        [
            torch.cat([torch.full((len(r.priors), 1), i), r.priors], dim=1)
            for i, r in enumerate(results)
        ]
    )
    return scores, deltas, rois


def _decode(box, delta):
    """A box moved by deltas of Fast R-CNN, scaled as mmdet's heads do."""
    dx, dy, dw, dh = (np.array(delta) * [0.1, 0.1, 0.2, 0.2]).tolist()
    width, height = box[2] - box[0], box[3] - box[1]
    x = (box[0] + box[2]) / 2 + dx * width
    y = (box[1] + box[3]) / 2 + dy * height
    width, height = width * np.exp(dw), height * np.exp(dh)
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]


def _expected_overlaps(gts, results, deltas=None):
    """One RoI after the other, of the RoI or of its decoded box."""
    overlaps, index = [], 0
    for gt, result in zip(gts, results, strict=True):
        for box in result.priors.tolist():
            if deltas is not None:
                box = _decode(box, deltas[index].tolist())
            ious = [_iou(box, other) for other in gt.tolist()]
            overlaps.append(max(ious, default=0.0))
            index += 1
    return torch.tensor(overlaps)


def test_sampler_keeps_all_ground_truths():
    gts, results = _batch()
    # Fewer positives than ground truths: some of those reach no positive.
    assert results[2].pos_assigned_gt_inds.unique().numel() < 9
    for gt, result in zip(gts, results, strict=True):
        assert torch.equal(result.gt_bboxes, gt)


def test_overlaps_are_those_of_the_decoded_boxes():
    gts, results = _batch()
    scores, deltas, _ = _predictions(results)
    deltas = 8 * deltas  # so far that other RoIs touch an object
    decoded = _head().overlaps(scores, deltas, results)
    expected = _expected_overlaps(gts, results, deltas)
    torch.testing.assert_close(decoded, expected, rtol=1e-3, atol=1e-4)
    proposal = _head(overlap_of='proposal').overlaps(scores, deltas, results)
    torch.testing.assert_close(proposal, _expected_overlaps(gts, results))
    kept = decoded > 0.01, proposal > 0.01
    assert (kept[0] & ~kept[1]).any() and (~kept[0] & kept[1]).any()


def test_the_likeliest_class_decides_where_boxes_have_classes():
    gts, results = _batch()
    scores, _, _ = _predictions(results)
    number = len(scores)
    torch.manual_seed(8)
    scores = torch.randn(number, 4)  # three classes, background last
    deltas = 4 * torch.randn(number, 3, 4)
    head = _head(num_classes=3, reg_class_agnostic=False)
    actual = head.overlaps(scores, deltas.reshape(number, 12), results)
    best = scores[:, :3].argmax(1)
    expected = _expected_overlaps(
        gts, results, deltas[torch.arange(number), best]
    )
    torch.testing.assert_close(actual, expected, rtol=1e-3, atol=1e-4)


def test_half_precision_does_not_move_the_overlaps():
    _, results = _batch()
    scores, deltas, _ = _predictions(results)
    half = deltas.half()
    assert torch.equal(
        _head().overlaps(scores.half(), half, results),
        _head().overlaps(scores, half.float(), results),
    )


def test_what_is_measured_is_checked():
    with pytest.raises(ValueError, match='overlap_of.*rois'):
        _head(overlap_of='rois')
    with pytest.raises(ValueError, match="'proposal' for a head without"):
        _head(with_reg=False)
    assert _head(with_reg=False, overlap_of='proposal')


def test_sampler_samples_as_mmdet_does():
    gt, proposals = _boxes(3, 0), _boxes(40, 1)
    torch.manual_seed(0)
    ours = _sample(gt, proposals)
    torch.manual_seed(0)
    theirs = _sample(gt, proposals, RandomSampler)
    assert torch.equal(ours.priors, theirs.priors)
    assert torch.equal(ours.pos_gt_bboxes, theirs.pos_gt_bboxes)


@pytest.mark.parametrize('overlap_of', ['decoded', 'proposal'])
@pytest.mark.parametrize(
    'head_class', [DropLossBBoxHead, DropLossConvFCBBoxHead]
)
def test_loss_is_the_mean_over_all_rois(head_class, overlap_of):
    gts, results = _batch()
    settings = {'overlap_of': overlap_of}
    if head_class is DropLossConvFCBBoxHead:
        settings['num_shared_fcs'] = 1
    head = _head(head_class, **settings)
    scores, deltas, rois = _predictions(results)
    deltas = (4 * deltas).requires_grad_()
    scores.requires_grad_()
    losses = head.loss_and_target(scores, deltas, rois, results, TRAIN_CFG)

    overlaps = _expected_overlaps(
        gts, results, deltas if overlap_of == 'decoded' else None
    )
    total, dropped, index = 0.0, [], 0
    for result in results:
        for place in range(len(result.priors)):
            label = 0 if place < len(result.pos_priors) else 1
            if overlaps[index] > 0.01:
                score = scores[index : index + 1]
                total += F.cross_entropy(score, torch.tensor([label]))
            else:
                dropped.append(index)
            index += 1
    assert 0 < len(dropped) < index
    loss = losses['loss_bbox']['loss_cls']
    torch.testing.assert_close(loss, total / index)
    loss.backward()
    assert scores.grad[dropped].abs().max() == 0
    assert deltas.grad is None  # what is measured is not trained by it
    kept = [i for i in range(index) if i not in dropped]
    assert scores.grad[kept].abs().sum(dim=1).min() > 0


def test_all_else_is_mmdets():
    _, results = _batch()
    scores, deltas, rois = _predictions(results)
    plain = MODELS.build(
        {
            'type': 'mmdet.Shared2FCBBoxHead',
            'in_channels': 4,
            'fc_out_channels': 8,
            'roi_feat_size': 2,
            'num_classes': 1,
            'reg_class_agnostic': True,
        }
    )
    ours = _head().loss_and_target(scores, deltas, rois, results, TRAIN_CFG)
    theirs = plain.loss_and_target(scores, deltas, rois, results, TRAIN_CFG)
    for key in ('loss_bbox', 'acc'):
        assert torch.equal(ours['loss_bbox'][key], theirs['loss_bbox'][key])
    assert ours['loss_bbox'].keys() == theirs['loss_bbox'].keys()
    for mine, other in zip(
        ours['bbox_targets'], theirs['bbox_targets'], strict=True
    ):
        assert torch.equal(mine, other)
    assert ours['loss_bbox']['loss_cls'] < theirs['loss_bbox']['loss_cls']


def test_without_its_sampler_the_error_names_it():
    result = _sample(_boxes(2, 0), _boxes(9, 1), RandomSampler)
    scores, deltas, rois = _predictions([result])
    with pytest.raises(ValueError, match='OverlapRandomSampler'):
        _head().loss_and_target(scores, deltas, rois, [result], TRAIN_CFG)


def test_another_loss_is_refused():
    with pytest.raises(ValueError, match='DropLoss'):
        _head(loss_cls={'type': 'mmdet.CrossEntropyLoss'})


def test_are_registered():
    assert MODELS.get('DropLossBBoxHead') is DropLossBBoxHead
    assert MODELS.get('DropLossConvFCBBoxHead') is DropLossConvFCBBoxHead
    assert TASK_UTILS.get('OverlapRandomSampler') is OverlapRandomSampler
