"""Dice with pixels that count by their confidence, against its formula."""

import pytest
import torch
from mmdet.models.losses import DiceLoss

from mmcuts3d.models.losses import (
    SpatialConfidenceDice,
    signed_levels,
    spatial_confidence_dice,
)


@pytest.fixture
def maps():
    """Logits, masks and confidences of three masks."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 6, 7, generator=generator)
    masks = (torch.rand(3, 6, 7, generator=generator) > 0.6).float()
    confidence = 0.5 + torch.rand(3, 6, 7, generator=generator) / 2
    return logits, masks, confidence


SETTINGS = [
    {},
    {'naive_dice': True, 'eps': 1.0, 'loss_weight': 5.0},
    {'activate': False, 'reduction': 'sum'},
    {'eps': 5e-6, 'reduction': 'none'},
]


@pytest.mark.parametrize('settings', SETTINGS)
@pytest.mark.parametrize('how', ['none', 'ones', 'signed'])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
def test_is_mmdets_loss_with_a_confidence_of_1(maps, settings, how, dtype):
    logits, masks, _ = maps
    logits = logits.to(dtype)
    if not settings.get('activate', True):
        logits = logits.sigmoid()
    weight = torch.tensor([1.0, 0.25, 2.0])
    confidence = torch.ones_like(masks) if how == 'ones' else None
    target = masks
    if how == 'signed':
        target = signed_levels(masks, torch.zeros(masks.shape).byte())
    found = SpatialConfidenceDice(**settings)(
        logits, target, weight, confidence=confidence
    )
    expected = DiceLoss(**settings)(logits, masks, weight)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_divisor_replaces_the_number_of_masks(maps):
    logits, masks, confidence = maps
    each = SpatialConfidenceDice()(
        logits, masks, reduction_override='none', confidence=confidence
    )
    found = SpatialConfidenceDice()(
        logits, masks, avg_factor=torch.tensor(6.0), confidence=confidence
    )
    assert each.shape == (3,)
    torch.testing.assert_close(found, each.sum() / 6)


@pytest.mark.parametrize('naive', [False, True])
def test_loss_by_hand(naive):
    """Two pixels, one of them in doubt by a half."""
    pred = torch.tensor([[0.8, 0.4]])
    target, confidence = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.5]])
    loss = spatial_confidence_dice(
        pred, target, confidence, eps=0.1, naive_dice=naive
    )
    overlap = 0.8 + 0.5 * 0.4
    if naive:
        expected = 1 - (2 * overlap + 0.1) / (0.8 + 0.2 + 1 + 0.5 + 0.1)
    else:
        expected = 1 - 2 * overlap / (0.64 + 0.5 * 0.16 + 1 + 0.5 + 0.2)
    assert float(loss) == pytest.approx(expected)


@pytest.mark.parametrize('naive', [False, True])
def test_gradient_of_a_pixel_is_scaled_by_its_confidence(maps, naive):
    """dL/dp = -c (2 t D - N p') / D^2, N and D the two sums of the formula.

    p' is 2p for squares and 1 for first powers.
    """
    logits, masks, confidence = maps
    pred = logits.sigmoid().requires_grad_()
    eps = 0.1
    spatial_confidence_dice(
        pred, masks, confidence, eps=eps, reduction='sum', naive_dice=naive
    ).backward()
    p, t, c = pred.detach(), masks, confidence

    def total(values):
        return (c * values).sum((1, 2), keepdim=True)

    if naive:
        top, low = 2 * total(p * t) + eps, total(p) + total(t) + eps
        inner = 1.0
    else:
        top, low = 2 * total(p * t), total(p * p) + total(t * t) + 2 * eps
        inner = 2 * p
    expected = -c * (2 * t * low - top * inner) / low**2
    torch.testing.assert_close(pred.grad, expected)


def test_a_pixel_without_confidence_does_not_count(maps):
    logits, masks, confidence = maps
    confidence[:, 2, 3] = 0
    other = logits.clone()
    other[:, 2, 3] = -7
    loss = SpatialConfidenceDice()
    assert torch.equal(
        loss(logits, masks, confidence=confidence),
        loss(other, masks, confidence=confidence),
    )


def test_no_gradient_flows_into_the_confidence(maps):
    logits, masks, confidence = maps
    confidence.requires_grad_()
    logits.requires_grad_()
    SpatialConfidenceDice()(logits, masks, confidence=confidence).backward()
    assert confidence.grad is None and logits.grad.abs().sum() > 0


def test_signed_levels_are_masks_and_their_confidence(maps):
    logits, masks, _ = maps
    generator = torch.Generator().manual_seed(2)
    doubts = torch.randint(
        0, 240, masks.shape, generator=generator, dtype=torch.uint8
    )
    levels = signed_levels(masks.bool(), doubts)
    assert levels.dtype == torch.int16
    assert levels.abs().min() >= 1 and levels.abs().max() <= 240
    loss = SpatialConfidenceDice()
    torch.testing.assert_close(
        loss(logits, levels),
        loss(logits, masks, confidence=1 - doubts / 240),
    )


@pytest.mark.parametrize('naive', [False, True])
def test_no_waiting_for_the_device(maps, naive):
    """Tensors on 'meta' have no values: who asks for one gets an error."""
    logits, masks, confidence = (values.to('meta') for values in maps)
    logits.requires_grad_()
    loss = SpatialConfidenceDice(naive_dice=naive)
    loss(logits, masks, confidence=confidence).backward()
    loss(logits, signed_levels(masks, masks.byte())).backward()


def test_errors(maps):
    logits, masks, confidence = maps
    loss = SpatialConfidenceDice()
    with pytest.raises(ValueError, match='`confidence`.*3, 6, 7.*3, 6, 6'):
        loss(logits, masks, confidence=confidence[..., :6])
    with pytest.raises(ValueError, match='`target`.*2, 6, 7'):
        loss(logits, masks[:2], confidence=confidence)
    with pytest.raises(ValueError, match='`weight`.*3,.*3, 6, 7'):
        loss(logits, masks, confidence, confidence=confidence)
    with pytest.raises(ValueError, match='`target`.*int16'):
        loss(logits, masks.short(), confidence=confidence)
    with pytest.raises(ValueError, match='`use_sigmoid` to be True'):
        SpatialConfidenceDice(use_sigmoid=False)
