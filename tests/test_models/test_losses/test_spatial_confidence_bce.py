"""SpatialConfidenceBCE against mmdet's loss and the formula (Eq. 6)."""

import pytest
import torch
from mmdet.models.losses import CrossEntropyLoss
from torch.autograd import gradcheck

from mmcuts3d.models.losses import (
    SpatialConfidenceBCE,
    spatial_confidence_bce,
)
from mmcuts3d.registry import MODELS


def _batch(number=5, classes=3, side=7, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    pred = 4 * torch.randn(
        number, classes, side, side, generator=generator, dtype=dtype
    )
    target = torch.randint(0, 2, (number, side, side), generator=generator).to(
        dtype
    )
    label = torch.randint(0, classes, (number,), generator=generator)
    confidence = 0.5 + 0.5 * torch.rand(
        number, side, side, generator=generator, dtype=dtype
    )
    return pred, target, label, confidence


def _naive(pred, target, label, confidence):
    """Eq. 6, pixel by pixel, in double precision."""
    pixels = torch.zeros(target.shape, dtype=torch.float64)
    for n, row, column in torch.cartesian_prod(
        *[torch.arange(side) for side in target.shape]
    ).tolist():
        p = pred[n, label[n], row, column].double().sigmoid()
        m = target[n, row, column].double()
        bce = -(m * p.log() + (1 - m) * (1 - p).log())
        pixels[n, row, column] = confidence[n, row, column].double() * bce
    return pixels


@pytest.mark.parametrize('classes', [1, 3])
@pytest.mark.parametrize('loss_weight', [1.0, 2.5])
def test_is_mmdets_loss_without_confidence(classes, loss_weight):
    pred, target, label, _ = _batch(classes=classes)
    ours = SpatialConfidenceBCE(loss_weight=loss_weight)
    theirs = CrossEntropyLoss(use_mask=True, loss_weight=loss_weight)
    expected = theirs(pred, target, label).squeeze()
    assert torch.equal(ours(pred, target, label), expected)
    ones = torch.ones_like(target)
    torch.testing.assert_close(ours(pred, target, label, ones), expected)


def test_is_the_formula():
    pred, target, label, confidence = _batch(dtype=torch.float64)
    pixels = _naive(pred, target, label, confidence)
    arguments = (pred, target, label, confidence)
    for reduction, expected in [
        ('none', pixels),
        ('sum', pixels.sum()),
        ('mean', pixels.sum() / pixels.numel()),
    ]:
        loss = SpatialConfidenceBCE(reduction=reduction)
        torch.testing.assert_close(loss(*arguments), expected)
        override = SpatialConfidenceBCE()(
            *arguments, reduction_override=reduction
        )
        torch.testing.assert_close(override, expected)


def test_weight_and_avg_factor():
    pred, target, label, confidence = _batch(dtype=torch.float64)
    pixels = _naive(pred, target, label, confidence)
    weight = torch.tensor([0.0, 1.0, 2.0, 0.5, 1.0], dtype=torch.float64)
    expected = (pixels * weight[:, None, None]).sum() / 17
    loss = SpatialConfidenceBCE()
    for shape in (weight, weight[:, None, None].expand_as(target)):
        actual = loss(pred, target, label, confidence, shape, avg_factor=17)
        torch.testing.assert_close(actual, expected)


def test_doubt_scales_the_loss_of_its_own_pixels_only():
    pred, target, label, confidence = _batch()
    confidence = torch.ones_like(confidence)
    confidence[0, :3] = 0.5
    loss = SpatialConfidenceBCE(reduction='none')
    full = loss(pred, target, label)
    doubted = loss(pred, target, label, confidence)
    torch.testing.assert_close(doubted[0, :3], 0.5 * full[0, :3])
    assert torch.equal(doubted[0, 3:], full[0, 3:])
    assert torch.equal(doubted[1:], full[1:])


def test_gradients():
    pred, target, label, confidence = _batch(2, 2, 3, torch.float64)
    pred.requires_grad_()
    for reduction in ('none', 'mean', 'sum'):
        loss = SpatialConfidenceBCE(reduction=reduction, loss_weight=3.0)
        assert gradcheck(
            lambda x, loss=loss: loss(x, target, label, confidence), (pred,)
        )


def test_confidence_is_data():
    pred, target, label, confidence = _batch()
    pred.requires_grad_()
    confidence.requires_grad_()
    SpatialConfidenceBCE()(pred, target, label, confidence).backward()
    assert confidence.grad is None
    assert pred.grad.abs().sum() > 0


def test_no_mask_gives_a_zero_with_a_graph():
    pred = torch.zeros(0, 2, 4, 4, requires_grad=True)
    empty = torch.zeros(0, 4, 4)
    label = torch.zeros(0, dtype=torch.long)
    for confidence in (None, empty):
        loss = SpatialConfidenceBCE()(pred, empty, label, confidence)
        assert loss == 0
        loss.backward()
    assert pred.grad.shape == pred.shape


def test_is_registered():
    loss = MODELS.build({'type': 'SpatialConfidenceBCE', 'loss_weight': 2.0})
    assert isinstance(loss, SpatialConfidenceBCE)
    assert 'loss_weight=2.0' in repr(loss)


def _with(index, value):
    arguments = list(_batch())
    arguments[index] = value
    return arguments


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (_with(0, torch.zeros(5, 7, 7)), 'pred'),
        (_with(1, torch.zeros(5, 7, 8)), 'target'),
        (_with(1, torch.full((5, 7, 7), 2.0)), r'target.*\[0, 1\]'),
        (_with(2, torch.zeros(4, dtype=torch.long)), 'label'),
        (_with(2, torch.full((5,), 3)), r'label.*\[0, 3\)'),
        (_with(3, torch.ones(5, 1, 1)), 'confidence'),
        (_with(3, torch.full((5, 7, 7), 240.0)), r'confidence.*\[0, 1\]'),
        (_with(3, torch.full((5, 7, 7), torch.nan)), 'confidence'),
        ([*_batch(), torch.ones(3)], 'weight'),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=f'Expected argument `{message}'[:24]):
        SpatialConfidenceBCE()(*arguments)
    with pytest.raises(ValueError, match=message):
        SpatialConfidenceBCE()(*arguments)


def test_bad_settings():
    with pytest.raises(ValueError, match='use_mask'):
        SpatialConfidenceBCE(use_mask=False)
    with pytest.raises(ValueError, match='reduction'):
        SpatialConfidenceBCE(reduction='avg')
    logits = torch.zeros(1, 2, 2)
    with pytest.raises(ValueError, match='avg_factor'):
        spatial_confidence_bce(logits, logits, reduction='sum', avg_factor=2)
