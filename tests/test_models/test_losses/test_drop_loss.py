"""DropLoss against its formula: the mean over all RoIs of 1(IoU) * CE."""

import pytest
import torch
import torch.nn.functional as F

from mmcuts3d.models.losses import DropLoss, overlap_keep
from mmcuts3d.registry import MODELS


def _rois(number=12, classes=2):
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(number, classes, generator=generator)
    labels = torch.randint(0, classes, (number,), generator=generator)
    overlaps = torch.rand(number, generator=generator)
    overlaps[::3] = torch.tensor([0.0, 0.005, 0.01, 0.0100001])
    return scores, labels, overlaps


def test_threshold_itself_is_dropped():
    _, _, overlaps = _rois()
    keep = overlap_keep(overlaps, 0.01)
    assert keep[::3].tolist() == [0, 0, 0, 1]
    assert keep.sum() == len(overlaps) - 3


@pytest.mark.parametrize('avg_factor', [None, 12, 30.0])
def test_is_the_mean_over_all_rois(avg_factor):
    scores, labels, overlaps = _rois()
    expected = 0.0
    for score, label, overlap in zip(scores, labels, overlaps, strict=True):
        if overlap > 0.01:
            expected += F.cross_entropy(score[None], label[None])
    expected = expected / (avg_factor or len(scores))
    for weight in (None, torch.ones(len(scores))):
        loss = DropLoss()(
            scores,
            labels,
            weight,
            avg_factor=avg_factor,
            max_overlaps=overlaps,
        )
        torch.testing.assert_close(loss, expected)


def test_nothing_dropped_is_the_wrapped_loss():
    scores, labels, overlaps = _rois()
    drop = DropLoss({'type': 'mmdet.CrossEntropyLoss', 'loss_weight': 2.0})
    loss = drop(scores, labels, max_overlaps=overlaps.clamp(min=0.5))
    torch.testing.assert_close(loss, 2 * F.cross_entropy(scores, labels))


def test_all_dropped_is_a_zero_with_a_graph():
    scores, labels, overlaps = _rois()
    scores.requires_grad_()
    loss = DropLoss()(scores, labels, max_overlaps=0 * overlaps)
    assert loss == 0
    loss.backward()
    assert scores.grad.abs().sum() == 0


@pytest.mark.parametrize('reduction', ['none', 'sum'])
def test_other_reductions(reduction):
    scores, labels, overlaps = _rois()
    pixels = F.cross_entropy(scores, labels, reduction='none')
    pixels = pixels * (overlaps > 0.01)
    loss = DropLoss()(
        scores, labels, reduction_override=reduction, max_overlaps=overlaps
    )
    expected = pixels if reduction == 'none' else pixels.sum()
    torch.testing.assert_close(loss, expected)


def test_bad_input():
    scores, labels, overlaps = _rois()
    with pytest.raises(ValueError, match='max_overlaps'):
        DropLoss()(scores, labels, max_overlaps=overlaps[:3])
    with pytest.raises(ValueError, match='iou_thr'):
        MODELS.build({'type': 'DropLoss', 'iou_thr': 1.0})
    with pytest.raises(ValueError, match='use_sigmoid'):
        DropLoss(use_sigmoid=True)


def test_loss_weight():
    scores, labels, overlaps = _rois()
    # `use_sigmoid` comes with mmdet's base configs.
    twice = DropLoss(loss_weight=2.0, use_sigmoid=False)
    torch.testing.assert_close(
        twice(scores, labels, max_overlaps=overlaps),
        2 * DropLoss()(scores, labels, max_overlaps=overlaps),
    )


@pytest.mark.parametrize('kind', ['dice', 'bce'])
def test_mask_losses_are_dropped_by_query(kind):
    """UnScene3D, Sec. 4.3: mask terms of what overlaps nothing."""
    generator = torch.Generator().manual_seed(2)
    scores = torch.randn(5, 30, generator=generator, requires_grad=True)
    masks = (torch.rand(5, 30, generator=generator) > 0.5).float()
    overlaps = torch.tensor([0.5, 0.0, 0.3, 0.01, 0.9])
    if kind == 'dice':
        wrapped = {'type': 'mmdet.DiceLoss', 'use_sigmoid': True}
        loss = DropLoss(wrapped)
        probability = scores.sigmoid()
        above = 2 * (probability * masks).sum(1) + 2 * 1e-3
        below = (probability**2).sum(1) + (masks**2).sum(1) + 2 * 1e-3
        rows = 1 - above / (below + 0)
    else:
        wrapped = {'type': 'mmdet.CrossEntropyLoss', 'use_sigmoid': True}
        loss = DropLoss(wrapped, weights='element')
        rows = F.binary_cross_entropy_with_logits(
            scores, masks, reduction='none'
        ).mean(1)
    value = loss(scores, masks, max_overlaps=overlaps)
    kept = [0, 2, 4]
    torch.testing.assert_close(
        value, rows[kept].sum() / 5, atol=1e-3, rtol=1e-3
    )
    value.backward()
    moved = scores.grad.abs().sum(1) > 0
    assert moved.tolist() == [True, False, True, False, True]


def test_weights_have_two_names():
    with pytest.raises(ValueError, match="'row' or 'element', but got 'col"):
        DropLoss(weights='column')
