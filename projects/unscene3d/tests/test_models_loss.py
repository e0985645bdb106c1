"""Matching and losses against what is computed by hand."""

from itertools import permutations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from projects.unscene3d.unscene3d.models import (
    CostWeights,
    MaskPredictions,
    SegmentSetLoss,
    assign,
    matching_cost,
)

SIZES = torch.tensor([10, 30, 20, 5, 35])


def predictions(masks, objectness=None):
    masks = torch.as_tensor(masks, dtype=torch.float32)
    if objectness is None:
        objectness = torch.zeros(masks.shape[:2])
    numbers = [(n,) * len(masks) for n in masks.shape[1:]]
    return MaskPredictions(objectness, masks, *numbers)


def logits(rows):
    """(1, Q, s) sure logits of masks that are written as text."""
    found = [[4.0 if c == '1' else -4.0 for c in row] for row in rows]
    return torch.tensor([found])


def masks(*rows):
    return torch.tensor([[c == '1' for c in row] for row in rows])


@pytest.mark.parametrize('queries,targets', [(3, 3), (4, 2), (2, 4), (3, 0)])
def test_matching_is_the_best_of_all(queries, targets):
    rng = np.random.default_rng(queries)
    costs = [torch.tensor(rng.normal(size=(2, queries, targets)))]
    (pairs,) = assign(costs, ['scene'])
    assert pairs.shape == (2, min(queries, targets), 2)
    for cost, layer in zip(costs[0].numpy(), pairs, strict=True):
        few, many = sorted(cost.shape)
        wide = cost if cost.shape[0] == few else cost.T
        best = min(
            sum(wide[row, column] for row, column in enumerate(columns))
            for columns in permutations(range(many), few)
        )
        assert cost[layer[:, 0], layer[:, 1]].sum() == pytest.approx(best)
        assert len(set(layer[:, 0])) == len(set(layer[:, 1])) == few


def test_cost_is_that_of_single_pairs():
    torch.manual_seed(0)
    x, objectness = torch.randn(3, 5), torch.randn(3)
    t = masks('11000', '00101').float()
    share = SIZES / SIZES.sum()
    cost = matching_cost(objectness, x, t, share, CostWeights(2, 5, 3))
    for q in range(3):
        for n in range(2):
            entropy = F.binary_cross_entropy_with_logits(
                x[q], t[n], weight=share, reduction='sum'
            )
            p = x[q].sigmoid()
            both, total = (p * t[n]) @ share, (p + t[n]) @ share
            dice = 1 - (2 * both + 0.2) / (total + 0.2)
            expected = 5 * entropy + 3 * dice - 2 * objectness[q].sigmoid()
            torch.testing.assert_close(cost[q, n], expected)


def test_perfect_masks_cost_nothing():
    loss = SegmentSetLoss()
    sure = predictions(
        10 * logits(['11000', '00110']), torch.tensor([[20.0, 20]])
    )
    losses = loss([sure], [masks('00110', '11000')], [SIZES], ['a'])
    for name in ('loss_object', 'loss_mask', 'loss_dice', 'loss_layers'):
        assert float(losses[name]) < 1e-5, name


def gradients(loss, target, rows, objectness):
    found = logits(rows).requires_grad_()
    objectness = torch.tensor([objectness]).requires_grad_()
    losses = loss([predictions(found, objectness)], [target], [SIZES], ['a'])
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    return objectness.grad[0], found.grad[0], losses


ROWS = ['11000', '00011', '11100']  # matched, elsewhere, overlapping


def test_a_query_elsewhere_is_not_punished():
    objects, found, losses = gradients(
        SegmentSetLoss(), masks('11000'), ROWS, [0.0, 3.0, 3.0]
    )
    assert objects[0] < 0 < objects[2]
    assert objects[1] == 0
    assert found[1].abs().sum() == 0
    assert float(losses['dropped']) == pytest.approx(1 / 3)


def test_without_drop_loss_it_is():
    objects, _, losses = gradients(
        SegmentSetLoss(drop_iou_thr=None), masks('11000'), ROWS, [0.0, 3, 3]
    )
    assert objects[1] == objects[2] > 0
    assert float(losses['dropped']) == 0


def test_the_divisor_stays_that_of_all():
    kept, _, _ = gradients(
        SegmentSetLoss(), masks('11000'), ROWS, [0.0, 3.0, 3.0]
    )
    all_, _, _ = gradients(
        SegmentSetLoss(drop_iou_thr=None), masks('11000'), ROWS, [0.0, 3, 3]
    )
    torch.testing.assert_close(kept[[0, 2]], all_[[0, 2]])


def test_dropping_what_is_matched_is_a_setting():
    # One query, which so is matched, on the wrong segments.
    every = SegmentSetLoss(drop_terms=['no_object', 'matched'])
    for loss, learns in ((SegmentSetLoss(), True), (every, False)):
        objects, found, _ = gradients(loss, masks('11000'), ['00011'], [0.0])
        assert bool(objects.abs().sum() > 0) is learns
        assert bool(found.abs().sum() > 0) is learns


def test_threshold_is_of_vertices():
    # 5 of 105 vertices are in both.
    rows, target = ['00011'], masks('11110')
    share = SIZES / SIZES.sum()
    for threshold, kept in ((0.04, 1), (0.06, 0)):
        loss = SegmentSetLoss(drop_iou_thr=threshold)
        got = loss.keep(logits(rows), target.float(), share)
        assert float(got) == kept


@pytest.mark.parametrize('rows', [['11000', '00110'], ['1', '0']])
def test_scenes_without_pseudo_masks_have_a_loss(rows):
    for threshold in (0.01, None):
        loss = SegmentSetLoss(drop_iou_thr=threshold)
        found = logits(rows).requires_grad_()
        number = len(rows[0])
        losses = loss(
            [predictions(found)] * 2,
            [torch.zeros(0, number, dtype=torch.bool)],
            [SIZES[:number]],
            ['a'],
        )
        total = sum(v for k, v in losses.items() if 'loss' in k)
        total.backward()
        assert torch.isfinite(total)
        assert bool(total > 0) is (threshold is None)
        assert torch.isfinite(found.grad).all()


def test_more_masks_than_queries():
    losses = SegmentSetLoss()(
        [predictions(logits(['11000']))],
        [masks('11000', '00110', '00001')],
        [SIZES],
        ['a'],
    )
    # The best one is matched; the others wait.
    assert float(losses['loss_mask']) < 0.2


def test_a_batch_is_the_mean_over_its_masks():
    torch.manual_seed(0)
    found = torch.randn(2, 3, 5)
    targets = [masks('11000', '00011'), masks('00100')]
    loss = SegmentSetLoss()
    both = loss([predictions(found)], targets, [SIZES] * 2, ['a', 'b'])
    alone = [
        loss(
            [predictions(found[i : i + 1])], targets[i : i + 1], [SIZES], ['a']
        )
        for i in range(2)
    ]
    expected = (2 * alone[0]['loss_dice'] + alone[1]['loss_dice']) / 3
    torch.testing.assert_close(both['loss_dice'], expected)


def test_divergence_is_said():
    with pytest.raises(ValueError, match=r'kitchen: expected finite costs'):
        SegmentSetLoss()(
            [predictions(np.full((1, 2, 5), np.nan))],
            [masks('11000')],
            [SIZES],
            ['kitchen'],
        )


@pytest.mark.parametrize(
    'settings', [dict(drop_iou_thr=1.0), dict(drop_terms=['dice'])]
)
def test_bad_settings(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        SegmentSetLoss(**settings)


def test_a_query_learns_the_mask_in_which_it_began():
    # Three queries at segments 0, 4 and 2; the first two masks hold 0 and 4.
    found = predictions(torch.randn(1, 3, 5).requires_grad_())
    found.seeds = torch.tensor([[0, 4, 2]])
    target = masks('11000', '00011')
    losses = SegmentSetLoss(seed_weight=3.0)(
        [found, found], [target], [SIZES], ['a']
    )
    (grad,) = torch.autograd.grad(losses['loss_seed'], found.masks)
    toward = torch.where(target, -1, 1)
    assert (grad[0, :2].sign() == toward).all()
    assert (grad[0, 2] == 0).all()
    expected = 0
    for logits_, mask in zip(found.masks[0], target.float(), strict=False):
        entropy = F.binary_cross_entropy_with_logits(logits_, mask)
        p = logits_.sigmoid()
        dice = 1 - (2 * p @ mask + 1) / (p.sum() + mask.sum() + 1)
        expected += (5 * entropy + 2 * dice) / 2
    torch.testing.assert_close(losses['loss_seed'], 3 * expected)
    none = SegmentSetLoss(seed_weight=3.0)(
        [found, found], [target[:0]], [SIZES], ['a']
    )
    assert none['loss_seed'].item() == 0


def test_segments_count_alike_or_by_vertices():
    found = predictions(torch.randn(1, 1, 5))
    target = masks('11000')
    p, t = found.masks[0, 0], target[0].float()
    for by_vertices, weight in ((False, torch.ones(5)), (True, SIZES)):
        loss = SegmentSetLoss(weigh_by_vertices=by_vertices)
        losses = loss([found], [target], [SIZES], ['a'])
        expected = 5 * F.binary_cross_entropy_with_logits(
            p, t, weight=weight / weight.sum(), reduction='sum'
        )
        torch.testing.assert_close(losses['loss_mask'], expected)
