"""STEGO's loss and that of depth, against a literal reading in loops."""

import math

import pytest
import torch

from projects.depthg.depthg.models import (
    CENTRINGS,
    CorrelationLoss,
    Samples,
    centred,
    correlation_loss,
    cosines,
    other_images,
    sample_maps,
)

TERMS = dict(
    self_term=dict(weight=0.58, shift=0.07),
    knn_term=dict(weight=0.36, shift=0.02),
    random_term=dict(weight=0.7, shift=0.76),
)


def samples(seed, number=3, channels=5, codes=4, points=6):
    rng = torch.Generator().manual_seed(seed)
    return Samples(
        torch.randn(number, channels, points, generator=rng),
        torch.randn(number, codes, points, generator=rng),
    )


def literal_cosine(a, b):
    dot = sum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    length = math.sqrt(sum(float(x) ** 2 for x in a))
    return dot / (length * math.sqrt(sum(float(y) ** 2 for y in b)))


def literal_term(f, g, c, d, shift, centring, zero_clamp, stabilised):
    """− mean (F − b) max(S, 0), number by number."""
    number, _, points = f.shape
    target = [
        [
            [literal_cosine(f[i, :, p], g[i, :, q]) for q in range(g.shape[2])]
            for p in range(points)
        ]
        for i in range(number)
    ]
    whole = [v for image in target for row in image for v in row]
    old_mean = sum(whole) / len(whole)
    total = 0.0
    for i in range(number):
        for p in range(points):
            row = target[i][p]
            mean = sum(row) / len(row)
            for q, value in enumerate(row):
                if centring != 'none':
                    value -= mean
                if centring == 'pointwise':
                    value += old_mean  # the mean of what is centred is 0
                code = literal_cosine(c[i, :, p], d[i, :, q])
                if zero_clamp:
                    code = max(code, 0)
                if stabilised:
                    code = min(code, 0.8)
                total += -code * (value - shift)
    return total / len(whole)


@pytest.mark.parametrize('centring', CENTRINGS)
@pytest.mark.parametrize('zero_clamp', [True, False])
@pytest.mark.parametrize('stabilised', [True, False])
def test_a_term_is_the_formula(centring, zero_clamp, stabilised):
    one, other = samples(0), samples(1)
    found = correlation_loss(
        centred(cosines(one.features, other.features), centring),
        cosines(one.codes, other.codes),
        0.3,
        zero_clamp=zero_clamp,
        stabilised=stabilised,
    )
    wanted = literal_term(
        one.features,
        other.features,
        one.codes,
        other.codes,
        0.3,
        centring,
        zero_clamp,
        stabilised,
    )
    assert float(found) == pytest.approx(wanted, abs=1e-6)


def test_all_terms_with_their_weights():
    loss = CorrelationLoss(**TERMS, negatives=1)
    one, other = samples(0), samples(1)
    torch.manual_seed(0)
    found = loss(one, other)
    torch.manual_seed(0)
    third = other_images(3)
    flags = ('pointwise', True, False)
    f, c = one.features, one.codes
    wanted = {
        'loss_self': 0.58 * literal_term(f, f, c, c, 0.07, *flags),
        'loss_knn': 0.36
        * literal_term(f, other.features, c, other.codes, 0.02, *flags),
        'loss_random': 0.7
        * literal_term(f, f[third], c, c[third], 0.76, *flags),
    }
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        assert float(found[name]) == pytest.approx(value, abs=1e-6), name


def test_depth_takes_the_place_of_features():
    """as_written: d · d', centred, minus the shift, times the codes."""
    loss = CorrelationLoss(
        **TERMS,
        depth_term=dict(weight=0.19, shift=0.03),
        centring='none',
        variant='as_written',
    )
    one = samples(2)
    depth = torch.rand(3, 1, 6, generator=torch.Generator().manual_seed(5))
    found = loss(one, samples(1), depth)['loss_depth']
    total = 0.0
    for i in range(3):
        for p in range(6):
            for q in range(6):
                code = literal_cosine(one.codes[i, :, p], one.codes[i, :, q])
                product = float(depth[i, 0, p] * depth[i, 0, q])
                total -= (product - 0.03) * max(code, 0)
    assert float(found) == pytest.approx(0.19 * total / 108, abs=1e-6)
    half = loss(one, samples(1), depth, depth_weight=0.095)['loss_depth']
    assert float(half) == pytest.approx(float(found) / 2, abs=1e-6)


def test_only_codes_learn():
    one = samples(0)
    features = one.features.clone().requires_grad_()
    codes = one.codes.clone().requires_grad_()
    loss = CorrelationLoss(**TERMS)
    sum(loss(Samples(features, codes), samples(1)).values()).backward()
    assert features.grad is None or not features.grad.any()
    assert codes.grad.abs().sum() > 0


def test_terms_without_weight_are_left_out():
    quiet = {name: dict(weight=0, shift=0) for name in TERMS}
    quiet['self_term'] = TERMS['self_term']
    assert set(CorrelationLoss(**quiet)(samples(0))) == {'loss_self'}


@pytest.mark.parametrize('number', [2, 3, 7])
def test_another_image_is_never_the_same(number):
    seen = set()
    for seed in range(20):
        torch.manual_seed(seed)
        other = other_images(number)
        assert sorted(other.tolist()) == list(range(number))
        assert (other != torch.arange(number)).all()
        seen.add(tuple(other.tolist()))
    assert len(seen) > 1 or number == 2


def test_maps_are_sampled_at_patches_and_between():
    maps = torch.arange(12.0).reshape(1, 1, 3, 4)
    corners = torch.tensor([[[-1, -1], [1, -1], [-1, 1], [1, 1], [0, 0]]])
    found = sample_maps(maps, corners.float())[0, 0]
    assert found.tolist() == pytest.approx([0, 3, 8, 11, 5.5])


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        (dict(negatives=0), '`negatives`'),
        (dict(centring='mean'), "`centring`.*'mean'"),
        (dict(variant='cosine'), "`variant`.*'cosine'"),
        (dict(self_term=dict(weight=-1, shift=0)), '`weight`.*-1'),
    ],
)
def test_bad_settings(change, words):
    with pytest.raises(ValueError, match=words):
        CorrelationLoss(**{**TERMS, **change})


def test_one_image_has_no_others():
    one = samples(0, number=1)
    with pytest.raises(ValueError, match='at least 2 images.*batch_size'):
        CorrelationLoss(**TERMS)(one, one)


def test_a_neighbour_must_be_there():
    with pytest.raises(ValueError, match='pairs of images'):
        CorrelationLoss(**TERMS)(samples(0))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r'\(1, 2, 3\) and \(1, 2, 2\)'):
        correlation_loss(torch.zeros(1, 2, 3), torch.zeros(1, 2, 2), 0)
