"""The mask head: confidences lie on the RoI's grid as the masks do."""

import numpy as np
import pytest
import torch
from mmdet.models.roi_heads.mask_heads import FCNMaskHead
from mmdet.structures.mask import BitmapMasks
from mmengine.config import ConfigDict
from mmengine.structures import InstanceData

from mmcuts3d.datasets.transforms import LevelMasks
from mmcuts3d.models.losses import spatial_confidence_bce
from mmcuts3d.models.mask_heads import (
    SpatialConfidenceHTCMaskHead,
    SpatialConfidenceMaskHead,
)
from mmcuts3d.models.mask_heads.spatial_confidence_mask_head import (
    crop_confidences,
)

SIZE = 14
TRAIN_CFG = ConfigDict(mask_size=SIZE)


class _Sampled:
    """The part of mmdet's SamplingResult that a mask head reads."""

    def __init__(self, boxes, gt_inds):
        self.pos_priors = torch.tensor(boxes).float().reshape(-1, 4)
        self.pos_assigned_gt_inds = torch.tensor(gt_inds).long()
        self.pos_gt_labels = torch.zeros(len(gt_inds)).long()


def _gt(seed, number=2, frame=(40, 60), with_confidences=True):
    rng = np.random.default_rng(seed)
    masks = np.zeros((number, *frame), dtype=np.uint8)
    for mask in masks:
        y, x = rng.integers(0, 20, 2)
        mask[y : y + 18, x : x + 25] = 1
    levels = rng.choice([120, 160, 200, 240], masks.shape).astype(np.uint8)
    levels[masks == 0] = 240
    gt = InstanceData(masks=BitmapMasks(masks, *frame))
    if with_confidences:
        gt.confidences = BitmapMasks(levels, *frame)
    return gt


def _sampled():
    return [
        _Sampled(
            [[3, 2, 30, 25], [-4, -2.5, 70, 50], [5, 9, 6, 30]], [0, 1, 1]
        ),
        _Sampled([[10.3, 4.8, 33.1, 29.9]], [1]),
    ]


HEADS = [SpatialConfidenceMaskHead, SpatialConfidenceHTCMaskHead]


def _head(head_class=SpatialConfidenceMaskHead, **settings):
    torch.manual_seed(0)
    head = head_class(
        num_convs=1,
        in_channels=4,
        conv_out_channels=4,
        num_classes=1,
        **settings,
    )
    head.init_weights()
    return head


def _plain_head():
    torch.manual_seed(0)
    head = FCNMaskHead(
        num_convs=1, in_channels=4, conv_out_channels=4, num_classes=1
    )
    head.init_weights()
    return head


def _mask_preds(number=4):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(number, 1, SIZE, SIZE, generator=generator)


def test_crops_as_mmdet_crops_masks():
    gt, sampled = _gt(0), _sampled()[0]
    crops = crop_confidences(
        sampled.pos_priors, sampled.pos_assigned_gt_inds, gt, (SIZE, SIZE)
    )
    boxes = sampled.pos_priors.numpy().copy()
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, 60)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, 40)
    expected = gt.confidences.crop_and_resize(
        boxes, (SIZE, SIZE), sampled.pos_assigned_gt_inds, binarize=False
    ).masks
    np.testing.assert_allclose(crops.numpy(), expected / 240, atol=1e-6)
    assert 0.5 <= crops.min() < crops.max() <= 1


def test_a_mask_as_confidence_gives_its_mask_target():
    """Same frame, same clipping: thresholded crops are the targets."""
    gts, sampled = [_gt(0), _gt(1)], _sampled()
    head = _head()
    targets = head.get_targets(sampled, gts, TRAIN_CFG)
    for gt in gts:
        # Level 240 inside; 1 stands for 0, which is no level.
        gt.confidences.masks = np.where(gt.masks.masks, 240, 1).astype('u1')
    crops = head.get_confidences(sampled, gts, TRAIN_CFG)
    half = 0.5 + 0.5 / 240
    tie = (crops - half).abs() < 1e-5  # rounding decides those
    assert torch.equal((crops >= half).float()[~tie], targets[~tie])
    assert tie.float().mean() < 0.1


@pytest.mark.parametrize('head_class', HEADS)
def test_loss_is_the_weighted_one(head_class):
    gts, sampled, preds = [_gt(0), _gt(1)], _sampled(), _mask_preds()
    head = _head(head_class)
    out = head.loss_and_target(preds, sampled, gts, TRAIN_CFG)
    targets = out['mask_targets']
    confidences = head.get_confidences(sampled, gts, TRAIN_CFG)
    expected = spatial_confidence_bce(preds[:, 0], targets, confidences)
    assert torch.equal(out['loss_mask']['loss_mask'], expected)
    plain = _plain_head().loss_and_target(preds, sampled, gts, TRAIN_CFG)
    assert torch.equal(targets, plain['mask_targets'])
    assert expected < plain['loss_mask']['loss_mask']


@pytest.mark.parametrize('class_agnostic', [False, True])
def test_is_mmdets_head_without_confidences(class_agnostic):
    gts = [_gt(seed, with_confidences=False) for seed in (0, 1)]
    sampled, preds = _sampled(), _mask_preds()
    ours = _head(class_agnostic=class_agnostic).loss_and_target(
        preds, sampled, gts, TRAIN_CFG
    )
    theirs = _plain_head().loss_and_target(preds, sampled, gts, TRAIN_CFG)
    assert ours['loss_mask'].keys() == theirs['loss_mask'].keys()
    assert torch.equal(
        ours['loss_mask']['loss_mask'],
        theirs['loss_mask']['loss_mask'].squeeze(),
    )


def test_an_image_without_confidences_counts_as_sure():
    gts = [_gt(0), _gt(1, with_confidences=False)]
    crops = _head().get_confidences(_sampled(), gts, TRAIN_CFG)
    assert crops[:3].min() < 0.9
    assert (crops[3] == 1).all()


def test_padded_masks_and_roi_without_area():
    gt = _gt(0)
    sampled = _Sampled([[30, 20, 64, 48], [60, 5, 60, 9]], [0, 1])
    gt.masks = gt.masks.pad((48, 64))
    crops = _head().get_confidences([sampled], [gt], TRAIN_CFG)
    # Below row 40 and right of column 60 lies padding: SC = 1.
    assert torch.equal(crops[0, -3:], torch.ones(3, SIZE))
    assert (crops[1] == 1).all()
    gt.confidences.masks = np.full_like(gt.confidences.masks, 240)
    crops = _head().get_confidences([sampled], [gt], TRAIN_CFG)
    assert (crops == 1).all()


@pytest.mark.parametrize('head_class', HEADS)
def test_a_confidence_of_1_everywhere_is_no_confidence(head_class):
    """To the bit: labels without a map weigh exactly 1."""
    gts, sampled, preds = [_gt(0), _gt(1)], _sampled(), _mask_preds()
    for gt in gts:
        gt.confidences.masks = np.full_like(gt.confidences.masks, 240)
    head = _head(head_class)
    sure = head.loss_and_target(preds, sampled, gts, TRAIN_CFG)
    for gt in gts:
        del gt.confidences
    bare = head.loss_and_target(preds, sampled, gts, TRAIN_CFG)
    pixels = head.loss_mask.reduction
    assert pixels == 'mean'
    torch.testing.assert_close(
        sure['loss_mask']['loss_mask'],
        bare['loss_mask']['loss_mask'],
        rtol=1e-6,
        atol=0,
    )


def test_htc_has_a_head_of_its_own():
    """Its heads hand features from stage to stage."""
    features = torch.ones(2, 4, 14, 14)
    head = _head(SpatialConfidenceHTCMaskHead)
    logits, passed_on = head(features)
    assert logits.shape == (2, 1, 28, 28) and passed_on.shape[1] == 4
    assert head(features, passed_on, return_feat=False).shape == logits.shape
    assert _head()(features).shape == logits.shape
    for arguments in ({'return_feat': False}, {'res_feat': features}):
        with pytest.raises(ValueError, match='SpatialConfidenceHTCMaskHead'):
            _head()(features, **arguments)


def test_no_positive_roi():
    preds = torch.zeros(0, 1, SIZE, SIZE, requires_grad=True)
    out = _head().loss_and_target(
        preds, [_Sampled([], [])], [_gt(0)], TRAIN_CFG
    )
    assert out['loss_mask']['loss_mask'] == 0
    out['loss_mask']['loss_mask'].backward()


def test_errors():
    with pytest.raises(ValueError, match='SpatialConfidenceBCE'):
        _head(loss_mask={'type': 'mmdet.CrossEntropyLoss', 'use_mask': True})
    gt = InstanceData(masks=_gt(0).masks)
    object.__setattr__(gt, 'confidences', _gt(0, 3).confidences)
    gt._data_fields.add('confidences')
    with pytest.raises(ValueError, match='2 masks'):
        _head().get_confidences(_sampled()[:1], [gt], TRAIN_CFG)


def test_masks_whose_levels_nobody_took_along_are_refused():
    """mmdet's PackDetInputs leaves the confidence out without a word."""
    levels = np.full((1, 40, 60), 120, np.uint8)
    gt = InstanceData(masks=LevelMasks.from_levels(levels, 40, 60))
    sampled = [_Sampled([[3, 2, 30, 25]], [0])]
    with pytest.raises(ValueError, match='mmcuts3d.PackPseudoLabels'):
        _head().loss_and_target(
            torch.zeros(1, 1, SIZE, SIZE), sampled, [gt], TRAIN_CFG
        )
