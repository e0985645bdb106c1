"""Heads with soft targets: scores reach their RoIs, and 1 is mmdet's loss."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmdet.models.roi_heads.mask_heads import FCNMaskHead
from mmdet.models.task_modules.assigners import MaxIoUAssigner
from mmdet.models.task_modules.samplers import RandomSampler
from mmdet.structures.mask import BitmapMasks
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from mmcuts3d.models.bbox_heads import (
    DropLossBBoxHead,
    OverlapRandomSampler,
    SoftTargetBBoxHead,
    SoftTargetConvFCBBoxHead,
)
from mmcuts3d.models.mask_heads import (
    SoftTargetHTCMaskHead,
    SoftTargetMaskHead,
    SpatialConfidenceMaskHead,
)
from mmcuts3d.registry import MODELS

BOX_CFG, MASK_CFG = ConfigDict(pos_weight=-1), ConfigDict(mask_size=14)
PLAIN = {'type': 'mmcuts3d.SoftTargetLoss', 'loss': {}}
PLAIN['loss']['type'] = 'mmdet.CrossEntropyLoss'
BOX_HEADS = [SoftTargetBBoxHead, SoftTargetConvFCBBoxHead]
MASK_HEADS = [SoftTargetMaskHead, SoftTargetHTCMaskHead]
SCORES = [torch.tensor([0.25, 1.0, 0.5]), None, torch.tensor([0.75])]


def _gt(number, seed, scores):
    """Boxes and masks of a frame of 160 pixels, perhaps with scores."""
    rng = np.random.default_rng(seed)
    corner = 40 * np.arange(number)[:, None] + rng.integers(0, 8, (number, 2))
    boxes = np.hstack([corner, corner + rng.integers(20, 32, (number, 2))])
    masks = np.zeros((number, 160, 160), np.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        mask[y1 : y2 - 3, x1 : x2 - 2] = 1
    gt = InstanceData(
        bboxes=torch.tensor(boxes).float().reshape(-1, 4),
        labels=torch.zeros(number).long(),
        masks=BitmapMasks(masks, 160, 160),
    )
    if scores is not None:
        gt.scores = scores
    return gt


def _sample(gt, seed, sampler=OverlapRandomSampler):
    generator = torch.Generator().manual_seed(seed)
    near = gt.bboxes.repeat(3, 1)
    near = near + torch.randn(near.shape, generator=generator)
    corner = 120 * torch.rand(20, 2, generator=generator)
    far = torch.cat([corner, corner + 25], dim=1)
    proposals = InstanceData(priors=torch.cat([near, far]))
    assigner = MaxIoUAssigner(0.5, 0.5, 0.5, match_low_quality=False)
    assigned = assigner.assign(proposals, gt)
    settings = {'num': 20, 'pos_fraction': 0.5, 'add_gt_as_proposals': True}
    return sampler(**settings).sample(assigned, proposals, gt)


def _batch(scores=SCORES):
    """Three images with 3, 2 and 1 pseudo-labels; the second has no score."""
    torch.manual_seed(3)
    gts = [
        _gt(number, number, score)
        for number, score in zip((3, 2, 1), scores, strict=True)
    ]
    return gts, [_sample(gt, seed) for seed, gt in enumerate(gts)]


def _scores_of(gts, results):
    """The score of every RoI, one after the other."""
    found = []
    for gt, result in zip(gts, results, strict=True):
        for ind in result.pos_assigned_gt_inds.tolist():
            found.append(float(gt.scores[ind]) if 'scores' in gt else 1.0)
        found.extend([1.0] * len(result.neg_priors))
    return torch.tensor(found)


def _box_head(head_class=SoftTargetBBoxHead, **settings):
    if head_class is SoftTargetConvFCBBoxHead:
        settings['num_shared_fcs'] = 1
    return head_class(
        in_channels=4,
        fc_out_channels=8,
        roi_feat_size=2,
        num_classes=1,
        reg_class_agnostic=True,
        **settings,
    )


def _box_loss(head, results):
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
    out = head.loss_and_target(scores, deltas, rois, results, BOX_CFG)
    return scores, deltas, out


def test_sampler_keeps_the_scores():
    gts, results = _batch()
    for gt, result in zip(gts, results, strict=True):
        expected = gt.scores if 'scores' in gt else torch.ones(len(gt))
        assert torch.equal(result.gt_scores, expected)


@pytest.mark.parametrize('head_class', BOX_HEADS)
def test_box_losses_are_those_of_the_scores(head_class):
    gts, results = _batch()
    head = _box_head(head_class, loss_cls=PLAIN)
    logits, deltas, out = _box_loss(head, results)
    share = _scores_of(gts, results)
    labels, _, targets, _ = out['bbox_targets']
    positive = labels == 0
    assert 0 < positive.sum() < len(labels)
    assert 0 < (share < 1).sum() < positive.sum()
    soft = torch.stack([share * positive, 1 - share * positive], dim=1)
    losses = out['loss_bbox']
    torch.testing.assert_close(
        losses['loss_cls'], F.cross_entropy(logits, soft)
    )
    each = F.smooth_l1_loss(deltas, targets, reduction='none').sum(dim=1)
    expected = (each * share)[positive].sum() / len(labels)
    torch.testing.assert_close(losses['loss_bbox'], expected)
    plain = _box_head(head_class, loss_cls=PLAIN, regression='plain')
    _, _, out = _box_loss(plain, results)
    expected = each[positive].sum() / len(labels)
    torch.testing.assert_close(out['loss_bbox']['loss_bbox'], expected)


def test_drop_loss_is_inside_where_none_is_named():
    gts, results = _batch()
    head = _box_head()
    logits, deltas, out = _box_loss(head, results)
    overlaps = head.overlaps(logits, deltas, results)
    assert 0 < (overlaps <= 0.01).sum() < len(overlaps)
    share = _scores_of(gts, results) * (out['bbox_targets'][0] == 0)
    soft = torch.stack([share, 1 - share], dim=1)
    each = F.cross_entropy(logits, soft, reduction='none')
    expected = each[overlaps > 0.01].sum() / len(each)
    torch.testing.assert_close(out['loss_bbox']['loss_cls'], expected)


@pytest.mark.parametrize(
    'scores', [[None] * 3, [torch.ones(n) for n in (3, 2, 1)]]
)
def test_scores_of_1_are_mmdets_losses_to_the_digit(scores):
    _, results = _batch(scores)
    _, _, ours = _box_loss(_box_head(loss_cls=PLAIN), results)
    head = MODELS.build(
        {
            'type': 'mmdet.Shared2FCBBoxHead',
            'in_channels': 4,
            'fc_out_channels': 8,
            'roi_feat_size': 2,
            'num_classes': 1,
            'reg_class_agnostic': True,
        }
    )
    _, _, theirs = _box_loss(head, results)
    assert ours['loss_bbox'].keys() == theirs['loss_bbox'].keys()
    for key, value in theirs['loss_bbox'].items():
        assert torch.equal(ours['loss_bbox'][key], value), key
    _, _, ours = _box_loss(_box_head(), results)
    _, _, dropped = _box_loss(_box_head(DropLossBBoxHead), results)
    for key, value in dropped['loss_bbox'].items():
        assert torch.equal(ours['loss_bbox'][key], value), key


def test_targets_of_each_image():
    gts, results = _batch()
    head = _box_head(loss_cls=PLAIN)
    *_, joined = head.get_targets(results, BOX_CFG)
    *_, apart = head.get_targets(results, BOX_CFG, concat=False)
    assert torch.equal(joined, torch.cat(apart))
    share = _scores_of(gts, results)
    positive = joined.amax(dim=1) > 0
    assert torch.equal(joined[positive, 0], share[positive])


def _mask_head(head_class=SoftTargetMaskHead):
    settings = {'in_channels': 4, 'conv_out_channels': 4, 'num_classes': 1}
    return head_class(num_convs=1, **settings)


def _mask_loss(head, gts, results):
    generator = torch.Generator().manual_seed(1)
    number = sum(len(result.pos_priors) for result in results)
    preds = torch.randn(number, 1, 14, 14, generator=generator)
    out = head.loss_and_target(preds, results, gts, MASK_CFG)
    return preds, out['mask_targets'], out['loss_mask']['loss_mask']


def _mask_scores(gts, results):
    numbers = [len(result.pos_priors) for result in results]
    shares = _scores_of(gts, results).split([len(r.priors) for r in results])
    return torch.cat(
        [share[:n] for share, n in zip(shares, numbers, strict=True)]
    )


@pytest.mark.parametrize('head_class', MASK_HEADS)
def test_the_mask_loss_counts_as_much_as_the_score(head_class):
    gts, results = _batch()
    preds, targets, loss = _mask_loss(_mask_head(head_class), gts, results)
    each = F.binary_cross_entropy_with_logits(
        preds[:, 0], targets, reduction='none'
    )
    share = _mask_scores(gts, results)
    assert share.min() == 0.25 and share.max() == 1
    torch.testing.assert_close(loss, (share[:, None, None] * each).mean())


def test_a_map_counts_too():
    gts, results = _batch()
    for gt in gts:
        levels = np.where(gt.masks.masks, 120, 240).astype(np.uint8)
        gt.confidences = BitmapMasks(levels, 160, 160)
    head = _mask_head()
    preds, targets, loss = _mask_loss(head, gts, results)
    each = F.binary_cross_entropy_with_logits(
        preds[:, 0], targets, reduction='none'
    )
    maps = head.get_confidences(results, gts, MASK_CFG)
    assert maps.min() < 0.6
    share = _mask_scores(gts, results)[:, None, None]
    torch.testing.assert_close(loss, (share * maps * each).mean())


@pytest.mark.parametrize(
    'scores', [[None] * 3, [torch.ones(n) for n in (3, 2, 1)]]
)
@pytest.mark.parametrize('head_class', MASK_HEADS)
def test_masks_of_score_1_are_mmdets_to_the_digit(head_class, scores):
    gts, results = _batch(scores)
    _, _, ours = _mask_loss(_mask_head(head_class), gts, results)
    _, _, theirs = _mask_loss(_mask_head(FCNMaskHead), gts, results)
    assert torch.equal(ours, theirs.squeeze())
    gts, results = _batch(SCORES)
    _, _, confident = _mask_loss(
        _mask_head(SpatialConfidenceMaskHead), gts, results
    )
    _, _, scored = _mask_loss(_mask_head(head_class), gts, results)
    assert scored < confident  # that head does not know scores


def test_errors():
    gts, results = _batch()
    with pytest.raises(ValueError, match="`regression` .* but got 'none'"):
        _box_head(regression='none')
    with pytest.raises(ValueError, match='`loss_cls` to be a SoftTargetLoss'):
        _box_head(loss_cls={'type': 'mmcuts3d.DropLoss'})
    plain = [_sample(gts[0], 0, RandomSampler)]
    for regression in ('weight', 'plain'):
        head = _box_head(loss_cls=PLAIN, regression=regression)
        with pytest.raises(ValueError, match='OverlapRandomSampler'):
            _box_loss(head, plain)
    gts[0].scores[0] = 1.5
    with pytest.raises(ValueError, match=r'`scores` to lie in \[0, 1\]'):
        _mask_loss(_mask_head(), gts, results)
    with pytest.raises(ValueError, match=r'`scores` to lie in \[0, 1\]'):
        _box_loss(_box_head(), [_sample(gts[0], 0)])


def test_are_registered():
    for head in (*BOX_HEADS, *MASK_HEADS):
        assert MODELS.get(head.__name__) is head
