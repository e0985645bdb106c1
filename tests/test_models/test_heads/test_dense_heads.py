"""Heads without RoIs: confidences go with the masks to the loss."""

from collections import Counter

import numpy as np
import pytest
import torch
from helpers.dense_detectors import (
    BOXES,
    DETECTORS,
    LEVELS,
    batch_of,
    losses_of,
    model_of,
    weighted,
)
from mmdet.structures.mask import BitmapMasks
from mmdet.utils import register_all_modules
from mmengine.structures import PixelData
from torch.utils._python_dispatch import TorchDispatchMode

from mmcuts3d.datasets.transforms import LevelMasks
from mmcuts3d.registry import MODELS

NAMES = list(DETECTORS)


@pytest.fixture(autouse=True)
def _mmdet_scope():
    register_all_modules(init_default_scope=True)


def build(model):
    torch.manual_seed(0)
    return MODELS.build(model).train()


def detectors(name):
    """Ours and mmdet's, with equal weights."""
    ours, theirs = build(weighted(name)), build(model_of(name))
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def head_of(detector, name):
    return getattr(detector, DETECTORS[name][1])


class Calls:
    """The calls of a loss, and their results."""

    def __init__(self, module, monkeypatch):
        self.calls, before = [], module.forward

        def forward(*args, **kwargs):
            self.calls.append((args, kwargs))
            return before(*args, **kwargs)

        monkeypatch.setattr(module, 'forward', forward)


def dice_loss_of(detector, name):
    head = head_of(detector, name)
    return head.loss_dice if name == 'Mask2Former' else head.loss_mask


@pytest.mark.parametrize('levels', [None, (240, 240)])
@pytest.mark.parametrize('name', NAMES)
def test_is_mmdets_head_where_nothing_is_in_doubt(name, levels):
    ours, theirs = detectors(name)
    weighed = losses_of(ours, batch_of(levels, sides=2))
    plain = losses_of(theirs, batch_of(None, sides=2))
    assert weighed.keys() == plain.keys()
    assert any('mask' in key for key in plain)
    for key, value in plain.items():
        torch.testing.assert_close(weighed[key], value, rtol=0, atol=0)


def test_instances_that_meet_in_solov2s_grid():
    """Cells of two instances, on one level and on several."""
    boxes = ((12, 8, 52, 48), (20, 12, 60, 52), (0, 0, 120, 90))
    ours, theirs = detectors('SOLOv2')
    weighed = losses_of(ours, batch_of((240,) * 3, boxes))
    plain = losses_of(theirs, batch_of(None, boxes))
    for key, value in plain.items():
        torch.testing.assert_close(weighed[key], value, rtol=0, atol=0)


@pytest.mark.parametrize('name', NAMES)
def test_only_losses_of_masks_follow(name):
    ours, theirs = detectors(name)
    plain = losses_of(theirs, batch_of(None, sides=2))
    weighed = losses_of(ours, batch_of(sides=2))
    changed = set()
    for key, value in plain.items():
        pairs = zip(
            value if isinstance(value, list) else [value],
            weighed[key] if isinstance(value, list) else [weighed[key]],
            strict=True,
        )
        if any(not torch.equal(a, b) for a, b in pairs):
            changed.add(key)
    masks = {key for key in plain if 'mask' in key or 'dice' in key}
    assert changed == masks
    loss, _ = ours.parse_losses(weighed)
    loss.backward()
    grads = [p.grad for p in ours.parameters() if p.grad is not None]
    assert all(torch.isfinite(grad).all() for grad in grads)


@pytest.mark.parametrize(
    'name,settings',
    [
        ('SOLOv2', {}),
        ('RTMDet-Ins', {}),
        # CondInst takes some of the positives: drawn, or the best of each.
        ('CondInst', {'max_masks_to_train': 8}),
        ('CondInst', {'max_masks_to_train': -1, 'topk_masks_per_img': 8}),
    ],
)
def test_each_target_has_the_confidence_of_its_mask(
    name, settings, monkeypatch
):
    """Every instance has a level of its own, so that none can be mixed up."""
    ours, theirs = detectors(name)
    for detector in (ours, theirs):
        vars(head_of(detector, name)).update(settings)
    found = Calls(dice_loss_of(ours, name), monkeypatch)
    plain = Calls(dice_loss_of(theirs, name), monkeypatch)
    losses_of(ours, batch_of())
    losses_of(theirs, batch_of(None))
    seen = Counter()
    assert len(found.calls) == len(plain.calls) > 0
    for (args, _), (expected, _) in zip(found.calls, plain.calls, strict=True):
        torch.testing.assert_close(args[0], expected[0])
        target = args[1]
        assert torch.equal(target > 0, expected[1] > 0)
        assert target.dtype == torch.int16 and not (target == 0).any()
        for mask in target:
            columns = torch.nonzero((mask > 0).any(0))
            owner = int(columns.float().mean() * 4 > 56)
            # Resized masks of SOLOv2 have a border that was in between.
            inside = mask[mask > 0].unique()
            assert inside.min() == LEVELS[owner]
            if name != 'SOLOv2':
                assert len(inside) == 1
                assert (mask[mask < 0] == -240).all()
            seen[owner] += 1
    assert set(seen) == {0, 1}
    if settings:
        assert sum(seen.values()) == 8


def test_points_have_the_confidence_of_their_place(monkeypatch):
    """Doubt is 0.5 inside of both masks: 1 - 0.5 * target at each point."""
    ours, theirs = detectors('Mask2Former')
    head = ours.panoptic_head
    dice = Calls(head.loss_dice, monkeypatch)
    cross_entropy = Calls(head.loss_mask, monkeypatch)
    plain = Calls(theirs.panoptic_head.loss_dice, monkeypatch)
    losses_of(ours, batch_of((120, 120)))
    losses_of(theirs, batch_of(None))
    assert len(dice.calls) == len(plain.calls) == 2
    for call, other, bce in zip(
        dice.calls, plain.calls, cross_entropy.calls, strict=True
    ):
        (preds, targets), confidence = call[0], call[1]['confidence']
        torch.testing.assert_close(preds, other[0][0])
        torch.testing.assert_close(targets, other[0][1])
        assert 0 < targets.mean() < 1
        torch.testing.assert_close(confidence, 1 - 0.5 * targets)
        torch.testing.assert_close(bce[0][2], confidence.reshape(-1))


def test_stuff_of_panoptic_segmentation_is_sure():
    """It stands behind the things, and has a confidence of 1."""
    ours, _ = detectors('Mask2Former')
    head = ours.panoptic_head
    head.num_stuff_classes = 2
    gt = batch_of()['data_samples'][0].gt_instances
    seg = torch.zeros(1, 96, 128)
    seg[:, :40], seg[:, 40:] = 1, 2
    (target,) = head.preprocess_gt([gt], [PixelData(sem_seg=seg)])
    assert target.labels.tolist() == [0, 0, 1, 2]
    assert target.doubts.shape == target.masks.shape == (4, 96, 128)
    assert target.doubts.amax((1, 2)).tolist() == [120, 60, 0, 0]


@pytest.mark.parametrize('name', NAMES)
def test_mixed_precision(name):
    """Predictions are halves there, confidences are not."""
    ours, _ = detectors(name)
    with torch.autocast('cpu', torch.bfloat16):
        losses = losses_of(ours, batch_of(sides=2))
    loss, logs = ours.parse_losses(losses)
    assert all(torch.isfinite(value) for value in logs.values())
    loss.backward()


def test_cross_entropy_of_points_is_weighed():
    """mmdet's loss takes the confidences as its weights; three points."""
    ours, _ = detectors('Mask2Former')
    logits = torch.tensor([0.3, -1.0, 2.0])
    targets, weights = torch.tensor([1.0, 0, 1]), torch.tensor([0.5, 1, 0.25])
    found = ours.panoptic_head.loss_mask(
        logits, targets, weights, avg_factor=torch.tensor([2.0])
    )
    loss = torch.log1p(torch.exp(torch.tensor([-0.3, -1.0, -2.0])))
    expected = 5.0 * (loss * weights).sum() / 2
    torch.testing.assert_close(found.squeeze(), expected)


@pytest.mark.parametrize('name', NAMES)
def test_images_without_confidences_beside_others(name):
    """Their masks count as in mmdet: doubt is in the first image alone."""
    ours, theirs = detectors(name)

    def batch(levels):
        made = batch_of(levels, sides=2)
        gt = made['data_samples'][1].gt_instances
        if 'confidences' in gt:
            del gt.confidences
        return made

    sure = losses_of(ours, batch((240, 240)))
    plain = losses_of(theirs, batch(None))
    for key, value in plain.items():
        torch.testing.assert_close(sure[key], value, rtol=0, atol=0)
    doubted = losses_of(ours, batch(LEVELS))
    assert any(
        'loss_mask' in key and doubted[key] != value
        for key, value in plain.items()
    )


@pytest.mark.parametrize('boxes', [(), BOXES[:1], ((3, 3, 3, 3),)])
@pytest.mark.parametrize('name', NAMES)
def test_few_instances_none_and_such_that_nothing_finds(name, boxes):
    """The last one has no area, so that no prior is assigned to it."""
    ours, theirs = detectors(name)
    levels = LEVELS[: len(boxes)]
    losses = losses_of(ours, batch_of(levels, boxes, sides=2))
    plain = losses_of(theirs, batch_of(None, boxes, sides=2))
    loss, logs = ours.parse_losses(losses)
    assert all(torch.isfinite(value) for value in logs.values())
    assert logs.keys() == theirs.parse_losses(plain)[1].keys()
    loss.backward()
    assert any(p.grad is not None for p in ours.backbone.parameters())


@pytest.mark.parametrize('name', NAMES)
def test_an_empty_image_beside_another(name):
    ours, _ = detectors(name)
    batch, empty = batch_of(), batch_of((), ())
    for key, value in batch.items():
        value += empty[key]
    loss, _ = ours.parse_losses(losses_of(ours, batch))
    assert torch.isfinite(loss)
    loss.backward()


class Waits(TorchDispatchMode):
    """Counts what makes a host wait for its device: numbers asked for."""

    NAMES = ('_local_scalar_dense', 'nonzero')

    def __init__(self, names=NAMES):
        super().__init__()
        self.names, self.count = names, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func.overloadpacket.__name__ in self.names
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize('name', NAMES)
def test_no_more_waiting_for_the_device_than_in_mmdet(name):
    # SOLOv2's levels are chosen on the CPU, where nonzero waits for nobody.
    names = Waits.NAMES[:1] if name == 'SOLOv2' else Waits.NAMES
    counts = []
    for detector, levels in zip(detectors(name), (LEVELS, None), strict=True):
        with Waits(names) as waits:
            losses_of(detector, batch_of(levels, sides=2))
        counts.append(waits.count)
    ours, theirs = counts
    assert 0 < ours <= theirs


@pytest.mark.parametrize('name', NAMES)
def test_mmdets_packing_is_refused(name):
    """It leaves the confidences out, and the levels in the masks."""
    ours, _ = detectors(name)
    batch = batch_of(None)
    gt = batch['data_samples'][0].gt_instances
    gt.masks = LevelMasks.from_levels(130 * gt.masks.masks, 96, 128)
    with pytest.raises(ValueError, match='PackPseudoLabels'):
        losses_of(ours, batch)


@pytest.mark.parametrize('name', NAMES)
def test_another_loss_is_refused(name):
    model = weighted(name)
    head = model[DETECTORS[name][1]]
    loss = 'loss_dice' if name == 'Mask2Former' else 'loss_mask'
    head[loss].type = 'mmdet.DiceLoss'
    with pytest.raises(ValueError, match=f'`{loss}`.*SpatialConfidenceDice'):
        build(model)


def test_another_cross_entropy_is_refused():
    model = weighted('Mask2Former')
    model.panoptic_head.loss_mask = {'type': 'mmcuts3d.SpatialConfidenceBCE'}
    with pytest.raises(ValueError, match='use_sigmoid=True.*ConfidenceBCE'):
        build(model)


@pytest.mark.parametrize('name', NAMES)
def test_confidences_of_a_larger_frame_are_refused(name):
    ours, _ = detectors(name)
    batch = batch_of()
    batch['data_samples'][0].gt_instances.confidences = BitmapMasks(
        np.full((2, 200, 300), 240, np.uint8), 200, 300
    )
    with pytest.raises(ValueError, match=r'`confidences` in the frame.*200'):
        losses_of(ours, batch)
