"""BoxInst's loss, part by part, against mmdet's and the formulas."""

import mmcuts3d.registry  # noqa: F401  # isort: skip (first: it repairs)

import uuid
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmdet.models.data_preprocessors import BoxInstDataPreprocessor
from mmdet.models.dense_heads import BoxInstMaskHead
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.logging import MessageHub
from mmengine.structures import InstanceData

from mmcuts3d.cuts import mask_iou
from projects.ssl_instances.ssl_instances.training import (
    BoxInstMaskLoss,
    ColourPairsPreprocessor,
    pack_pairs,
    unpack_pairs,
)
from projects.ssl_instances.ssl_instances.training.pairwise_loss import (
    pairwise_loss,
)

COLOURS = dict(
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
    pad_size_divisor=32,
)


@pytest.fixture(autouse=True)
def no_training_before():
    """A training of another test leaves its step, which warms the pairs up."""
    MessageHub.get_instance(f'ssl_instances_{uuid.uuid4().hex}')


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


def target_of(masks, pairs=None):
    if pairs is None:
        pairs = torch.zeros(len(masks), 8, *masks.shape[1:])
    return torch.stack([masks.to(torch.uint8), pack_pairs(pairs)], dim=1)


def boxes(*spans, size=(12, 14)):
    masks = torch.zeros(len(spans), *size)
    for mask, (top, bottom, left, right) in zip(masks, spans, strict=True):
        mask[top:bottom, left:right] = 1
    return masks


# ---- pairs in a byte --------------------------------------------------------
def test_eight_answers_are_a_byte(rng):
    pairs = (torch.rand(3, 8, 5, 6, generator=rng) < 0.5).float()
    packed = pack_pairs(pairs)
    assert packed.dtype == torch.uint8 and packed.shape == (3, 5, 6)
    assert torch.equal(unpack_pairs(packed), pairs.bool())
    bits = pairs[0, :, 2, 3].tolist()
    assert packed[0, 2, 3] == sum(2**i for i, on in enumerate(bits) if on)
    with pytest.raises(ValueError, match=r'\(24, 5, 6\)'):
        pack_pairs(torch.zeros(24, 5, 6))


# ---- the pairwise loss ------------------------------------------------------
def colour_pairs(image, dilation, threshold=0.3):
    """(8, h, w): pairs inside the image with one colour, pixel by pixel."""
    height, width = image.shape
    pairs = torch.zeros(8, height, width)
    places = [
        (y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)
    ]
    for bit, (down, right) in enumerate(places):
        for y in range(height):
            for x in range(width):
                yy, xx = y + down * dilation, x + right * dilation
                if 0 <= yy < height and 0 <= xx < width:
                    near = torch.exp(
                        -0.5 * (image[y, x] - image[yy, xx]).abs()
                    )
                    pairs[bit, y, x] = near >= threshold
    return pairs


@pytest.mark.parametrize('dilation', [1, 2, 3])
def test_pairwise_loss_is_that_of_mmdet(rng, dilation):
    logits = 3 * torch.randn(4, 9, 11, generator=rng)
    pairs = colour_pairs(4 * torch.rand(9, 11, generator=rng), dilation)
    assert 0.2 < pairs.mean() < 0.9
    region = torch.rand(4, 9, 11, generator=rng) < 0.6
    head = SimpleNamespace(pairwise_size=3, pairwise_dilation=dilation)
    apart = BoxInstMaskHead.get_pairwise_affinity(head, logits)
    weights = pairs * region[:, None]
    expected = (apart * weights).sum((1, 2, 3)) / weights.sum((1, 2, 3))
    packed = pack_pairs(pairs).expand(4, -1, -1)
    found = pairwise_loss(logits, packed, region, dilation)
    torch.testing.assert_close(found, expected)


def test_pairs_of_sure_pixels(rng):
    """On one side it costs nothing; on two, as much as they are sure."""
    packed = torch.full((1, 6, 6), 255, dtype=torch.uint8)
    region = torch.ones(1, 6, 6, dtype=torch.bool)
    sure = torch.full((1, 6, 6), 1000.0, requires_grad=True)
    loss = pairwise_loss(sure, packed, region)
    loss.sum().backward()
    assert loss.item() == 0 and torch.isfinite(sure.grad).all()
    halves = torch.full((1, 6, 6), 1000.0)
    halves[..., 3:] = -1000
    assert pairwise_loss(halves, packed, region).item() > 100
    assert pairwise_loss(halves, packed & 0, region).item() == 0


@pytest.mark.parametrize('size', [(1, 1), (2, 1), (1, 5)])
def test_images_smaller_than_a_neighbourhood(size):
    packed = torch.full((1, *size), 255, dtype=torch.uint8)
    region = torch.ones(1, *size, dtype=torch.bool)
    loss = pairwise_loss(torch.randn(1, *size), packed, region, dilation=2)
    assert torch.isfinite(loss).all()


# ---- the whole loss ---------------------------------------------------------
def dice(p, t, eps=1e-3):
    """1 - 2pt / (p² + t²), as SOLO prints it."""
    return 1 - 2 * (p * t).sum() / ((p * p).sum() + eps + (t * t).sum() + eps)


def by_the_formulas(logits, mask, pairs, loss):
    """One mask, term by term."""
    p = torch.sigmoid(logits)
    total = 0
    for dim in (0, 1):
        total += dice(p.amax(dim), mask.amax(dim))
        total += loss.average_weight * dice(p.mean(dim), mask.mean(dim))
    box = torch.outer(mask.amax(1), mask.amax(0)).bool()
    total += loss.pairwise_weight * pairwise_loss(
        logits[None], pack_pairs(pairs)[None], box[None]
    ).squeeze(0)
    total += loss.mask_weight * dice(p, mask)
    return loss.loss_weight * total


def test_the_loss_is_the_sum_of_its_parts(rng):
    loss = BoxInstMaskLoss(
        average_weight=0.2, pairwise_weight=0.7, mask_weight=0.4
    )
    masks = boxes((2, 9, 3, 8), (0, 4, 5, 14), (6, 12, 0, 2))
    masks[0, 2:5, 3:5] = 0
    logits = torch.randn(3, 12, 14, generator=rng)
    pairs = (torch.rand(3, 8, 12, 14, generator=rng) < 0.5).float()
    found = loss(logits, target_of(masks, pairs), reduction_override='none')
    expected = torch.stack(
        [
            by_the_formulas(*one, loss)
            for one in zip(logits, masks, pairs, strict=True)
        ]
    )
    torch.testing.assert_close(found, expected)
    mean = loss(logits, target_of(masks, pairs))
    torch.testing.assert_close(mean, expected.mean())


def test_projections_do_not_see_what_is_inside_the_box():
    """A ring and its box are one to BoxInst, and two to SOLOv2's loss."""
    box = boxes((2, 10, 2, 12))
    ring = box.clone()
    ring[:, 4:8, 5:9] = 0
    logits = 20 * (box - 0.5)
    settings = dict(average_weight=0.0, pairwise_weight=0.0)
    blind = BoxInstMaskLoss(**settings)
    seeing = BoxInstMaskLoss(**settings, mask_weight=1.0)
    assert blind(logits, target_of(ring)) == blind(logits, target_of(box))
    assert blind(logits, target_of(box)).item() < 0.01
    assert seeing(logits, target_of(ring)) > 0.1


def test_pairs_draw_the_mask_to_the_edge_of_colours():
    """From the box alone: what BoxInst is for."""
    box = boxes((1, 11, 1, 13))
    disc = torch.zeros(12, 14)
    y, x = torch.meshgrid(torch.arange(12), torch.arange(14), indexing='ij')
    disc[((y - 5.5) / 5) ** 2 + ((x - 6.5) / 6) ** 2 < 1] = 1
    assert torch.equal(disc.amax(0), box[0].amax(0))
    target = target_of(box, colour_pairs(10 * disc, 2)[None])
    logits = torch.zeros(1, 12, 14, requires_grad=True)
    loss = BoxInstMaskLoss()
    for _ in range(150):
        value = loss(logits, target)
        (step,) = torch.autograd.grad(value, logits)
        logits = (logits - 4 * step).detach().requires_grad_()
    inside = disc.bool().numpy()
    found = mask_iou((logits[0] > 0).numpy(), inside)
    assert found > 0.85 > mask_iou(box[0].bool().numpy(), inside)


def test_the_warm_up():
    hub = MessageHub.get_instance('ssl_instances_warm_up')
    loss = BoxInstMaskLoss(average_weight=0, warmup_iters=100)
    masks = boxes((2, 9, 3, 8))
    target = target_of(masks, torch.ones(1, 8, 12, 14))
    logits = torch.randn(1, 12, 14)
    values = []
    for done in (0, 50, 100, 1000):
        hub.update_info('iter', done)
        values.append(loss(logits, target).item())
    assert values[0] < values[1] < values[2] == values[3]
    assert values[1] - values[0] == pytest.approx(
        values[2] - values[1], rel=1e-3
    )


@pytest.mark.parametrize(
    'name,value',
    [
        ('average_weight', -0.1),
        ('pairwise_weight', -1),
        ('mask_weight', float('nan')),
        ('warmup_iters', -1),
        ('pairwise_dilation', 0),
        ('loss_weight', -3),
    ],
)
def test_bad_settings(name, value):
    with pytest.raises(ValueError, match=f'`{name}`.*{value}'):
        BoxInstMaskLoss(**{name: value})


# ---- colours of the image ---------------------------------------------------
def batch(number, sizes=((64, 96), (48, 80))):
    """Images of two sizes, each with ``number`` instances."""
    rng = np.random.default_rng(0)
    inputs, samples = [], []
    for height, width in sizes:
        coarse = rng.integers(0, 256, (3, height // 16, width // 16))
        image = coarse.repeat(16, 1).repeat(16, 2).astype(np.uint8)
        inputs.append(torch.from_numpy(image))
        masks = np.zeros((number, height, width), np.uint8)
        masks[:, 8:30, 10:40] = 1
        masks[:, 12:20, 14:20] = 0
        sample = DetDataSample(
            metainfo=dict(img_shape=(height, width), ori_shape=(height, width))
        )
        sample.gt_instances = InstanceData(
            bboxes=torch.tensor([[10.0, 8.0, 40.0, 30.0]] * number).view(
                -1, 4
            ),
            labels=torch.zeros(number, dtype=torch.long),
            masks=BitmapMasks(masks, height, width),
        )
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def test_colours_are_those_of_mmdet_and_masks_stay():
    ours = ColourPairsPreprocessor(**COLOURS)
    mmdets = BoxInstDataPreprocessor(
        **COLOURS, pad_mask=True, bottom_pixels_removed=0
    )
    given = batch(2)
    before = [sample.gt_instances.masks for sample in given['data_samples']]
    found = ours(given, training=True)
    expected = mmdets(batch(2), training=True)
    assert torch.equal(found['inputs'], expected['inputs'])
    for sample, other, masks in zip(
        found['data_samples'], expected['data_samples'], before, strict=True
    ):
        pairs = unpack_pairs(sample.metainfo['colour_pairs'])
        reference = other.gt_instances.pairwise_masks
        assert pairs.shape == (8, 16, 24)
        assert torch.equal(pairs, reference[0].bool())
        assert torch.equal(reference[0], reference[1])
        assert 0.05 < pairs.float().mean() < 0.95
        kept = sample.gt_instances.masks
        assert kept.masks.shape == (2, 64, 96)  # padded to the batch
        height, width = masks.height, masks.width
        assert np.array_equal(kept.masks[:, :height, :width], masks.masks)
        assert len(sample.gt_instances) == 2


def test_images_without_instances_and_tests():
    preprocessor = ColourPairsPreprocessor(**COLOURS)
    found = preprocessor(batch(0), training=True)
    for sample in found['data_samples']:
        assert len(sample.gt_instances) == 0
        assert sample.metainfo['colour_pairs'].shape == (16, 24)
    plain = preprocessor(batch(1), training=False)
    assert 'colour_pairs' not in plain['data_samples'][0].metainfo


def test_bad_settings_of_the_preprocessor():
    with pytest.raises(ValueError, match='`mean` and `std`'):
        ColourPairsPreprocessor(pad_size_divisor=32)
    with pytest.raises(ValueError, match='`pairwise_size`.*5'):
        ColourPairsPreprocessor(**COLOURS, pairwise_size=5)
