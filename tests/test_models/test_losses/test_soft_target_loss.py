"""Soft targets against the cross-entropy of torch with probabilities."""

import pytest
import torch
import torch.nn.functional as F

from mmcuts3d.models.losses import DropLoss, SoftTargetLoss
from mmcuts3d.registry import MODELS

PLAIN = {'type': 'mmdet.CrossEntropyLoss'}


def _rois(number=12, classes=2, seed=1):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(number, classes + 1, generator=generator)
    labels = torch.arange(number) % (classes + 1)
    scores = torch.rand(number, generator=generator)
    scores[labels == classes] = 1  # background
    overlaps = torch.rand(number, generator=generator)
    overlaps[::4] = 0.005
    return logits, labels, scores, overlaps


def _soft(labels, scores, classes=2):
    """Target probabilities, spelt out."""
    rows = []
    for label, score in zip(labels.tolist(), scores.tolist(), strict=True):
        row = [0.0] * (classes + 1)
        row[label] += score
        row[classes] += 1 - score
        rows.append(row)
    return torch.tensor(rows)


@pytest.mark.parametrize('avg_factor', [None, 12, 30.0])
def test_is_the_cross_entropy_with_soft_targets(avg_factor):
    logits, labels, scores, _ = _rois()
    loss = SoftTargetLoss(PLAIN)(
        logits, labels, avg_factor=avg_factor, scores=scores
    )
    total = F.cross_entropy(logits, _soft(labels, scores), reduction='sum')
    torch.testing.assert_close(loss, total / (avg_factor or 12))


@pytest.mark.parametrize('avg_factor', [None, 20])
def test_with_drop_loss_it_is_the_mean_over_all_rois(avg_factor):
    logits, labels, scores, overlaps = _rois()
    soft = SoftTargetLoss()
    assert soft.drops and isinstance(soft.loss, DropLoss)
    loss = soft(
        logits,
        labels,
        avg_factor=avg_factor,
        scores=scores,
        max_overlaps=overlaps,
    )
    each = F.cross_entropy(logits, _soft(labels, scores), reduction='none')
    expected = each[overlaps > 0.01].sum() / (avg_factor or 12)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize('rule', ['soft', 'weight'])
@pytest.mark.parametrize('reduction', [None, 'none', 'sum'])
def test_scores_of_1_are_the_wrapped_loss_to_the_digit(rule, reduction):
    logits, labels, scores, overlaps = _rois()
    weight = torch.rand(12)
    ones = torch.ones_like(scores)
    settings = {'reduction_override': reduction}
    if reduction != 'sum':
        settings['avg_factor'] = 7
    theirs = MODELS.build(PLAIN)(logits, labels, weight, **settings)
    ours = SoftTargetLoss(PLAIN, rule)(
        logits, labels, weight, scores=ones, **settings
    )
    assert torch.equal(ours, theirs)
    ours = SoftTargetLoss(rule=rule)(
        logits, labels, weight, scores=ones, max_overlaps=overlaps, **settings
    )
    theirs = DropLoss()(
        logits, labels, weight, max_overlaps=overlaps, **settings
    )
    assert torch.equal(ours, theirs)


def test_the_rule_weight_pulls_nothing_to_the_background():
    logits, labels, scores, _ = _rois()
    each = F.cross_entropy(logits, labels, reduction='none')
    loss = SoftTargetLoss(PLAIN, 'weight')(logits, labels, scores=scores)
    torch.testing.assert_close(loss, (scores * each).sum() / 12)
    soft = SoftTargetLoss(PLAIN)(logits, labels, scores=scores)
    assert loss < soft


def test_the_least_loss_is_at_the_score():
    """A classifier that knows no more than the score says the score."""
    labels, scores = torch.tensor([0]), torch.tensor([0.3])
    logits = torch.zeros(1, 2, requires_grad=True)
    loss = SoftTargetLoss(PLAIN)(logits, labels, scores=scores)
    (gradient,) = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(gradient, torch.tensor([[0.2, -0.2]]))
    known = torch.tensor([[0.3, 0.7]]).log().requires_grad_()
    loss = SoftTargetLoss(PLAIN)(known, labels, scores=scores)
    (gradient,) = torch.autograd.grad(loss, known)
    torch.testing.assert_close(gradient, torch.zeros(1, 2))


def test_weights_count_for_both_targets():
    logits, labels, scores, _ = _rois()
    weight = torch.linspace(0, 1, 12)
    each = F.cross_entropy(logits, _soft(labels, scores), reduction='none')
    loss = SoftTargetLoss(PLAIN)(logits, labels, weight, scores=scores)
    # mmdet's count of RoIs: those with a weight above 0.
    torch.testing.assert_close(loss, (weight * each).sum() / 11)
    doubled = SoftTargetLoss(PLAIN, loss_weight=2.0, use_sigmoid=False)
    torch.testing.assert_close(
        doubled(logits, labels, weight, scores=scores), 2 * loss
    )


def test_no_gradient_flows_into_the_scores():
    logits, labels, scores, _ = _rois()
    scores.requires_grad_()
    logits.requires_grad_()
    SoftTargetLoss(PLAIN)(logits, labels, scores=scores).backward()
    assert scores.grad is None and logits.grad.abs().sum() > 0


def test_bad_input():
    logits, labels, scores, _ = _rois()
    loss = SoftTargetLoss(PLAIN)
    with pytest.raises(ValueError, match=r'`scores` .* \(12,\), but got'):
        loss(logits, labels, scores=scores[:3])
    for value in (1.5, -0.1, float('nan')):
        scores[0] = value
        with pytest.raises(ValueError, match=r'`scores` to lie in \[0, 1\]'):
            loss(logits, labels, scores=scores)
    with pytest.raises(ValueError, match="`rule` .* but got 'hard'"):
        MODELS.build({'type': 'SoftTargetLoss', 'rule': 'hard'})
    with pytest.raises(ValueError, match='use_sigmoid'):
        SoftTargetLoss(use_sigmoid=True)
