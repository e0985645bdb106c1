"""A loss does not ask the device for numbers, which would wait for it.

Tensors on 'meta' have no values: whoever asks for one gets an error, as a
GPU would get a synchronisation.
"""

import pytest
import torch

from mmcuts3d.models.losses import (
    DropLoss,
    SoftTargetLoss,
    SpatialConfidenceBCE,
)


@pytest.fixture
def batch():
    """Logits, targets, labels and confidences of four masks."""
    return {
        'pred': torch.randn(4, 1, 7, 7),
        'target': torch.zeros(4, 7, 7),
        'label': torch.zeros(4, dtype=torch.long),
        'confidence': torch.ones(4, 7, 7),
    }


def on_meta(values):
    moved = {name: value.detach().to('meta') for name, value in values.items()}
    moved['pred'].requires_grad_()
    return moved


@pytest.mark.parametrize('weight', [None, (4,), (4, 7, 7)])
@pytest.mark.parametrize('reduction', ['mean', 'sum', 'none'])
def test_the_mask_loss(batch, weight, reduction):
    values = on_meta(batch)
    if weight is not None:
        values['weight'] = torch.ones(weight, device='meta')
    loss = SpatialConfidenceBCE(reduction=reduction)(**values)
    assert loss.shape == ((4, 7, 7) if reduction == 'none' else ())
    loss.sum().backward()


def test_without_confidence(batch):
    del batch['confidence']
    SpatialConfidenceBCE()(**on_meta(batch)).backward()


def test_the_class_loss():
    scores = torch.empty(6, 2, device='meta', requires_grad=True)
    loss = DropLoss()(
        scores,
        torch.zeros(6, dtype=torch.long, device='meta'),
        torch.ones(6, device='meta'),
        max_overlaps=torch.ones(6, device='meta'),
    )
    assert loss.shape == ()
    loss.backward()


@pytest.mark.parametrize('rule', ['soft', 'weight'])
def test_soft_targets(rule):
    scores = torch.empty(6, 2, device='meta', requires_grad=True)
    loss = SoftTargetLoss(rule=rule)(
        scores,
        torch.zeros(6, dtype=torch.long, device='meta'),
        scores=torch.ones(6, device='meta'),
        max_overlaps=torch.ones(6, device='meta'),
    )
    assert loss.shape == ()
    loss.backward()


def test_a_number_would_be_an_error(batch):
    """That the tests above can fail."""
    with pytest.raises((RuntimeError, NotImplementedError)):
        float(on_meta(batch)['confidence'].sum())
