"""The model: head, probes, losses of a batch, predictions, what it draws."""

from copy import deepcopy

import numpy as np
import pytest
import torch

import mmcuts3d.registry  # noqa: F401
import projects.depthg.depthg  # noqa: F401
from mmcuts3d.cuts import dense_crf_labels
from mmcuts3d.registry import MODELS
from projects.depthg.depthg.models import (
    CRF_SETTINGS,
    Prediction,
)
from projects.depthg.depthg.structures import SegDataSample

SIZE = 32


def settings(**change):
    base = dict(
        type='mmcuts3d.DepthG',
        features=dict(type='mmcuts3d.ClassicalFeatures', patch_size=4),
        head=dict(type='mmcuts3d.StegoHead', in_channels=15, code_channels=6),
        num_clusters=3,
        num_classes=3,
        loss=dict(
            type='mmcuts3d.CorrelationLoss',
            self_term=dict(weight=0.58, shift=0.07),
            knn_term=dict(weight=0.36, shift=0.02),
            random_term=dict(weight=0.7, shift=0.3),
            depth_term=dict(weight=0.19, shift=0.03),
        ),
        guidance=dict(
            type='mmcuts3d.DepthGuidance', schedule=dict(every=2, factor=0.5)
        ),
        sampling=dict(type='mmcuts3d.FarthestPlaces', side=4),
        test_cfg=dict(crf=False),
    )
    return {**base, **change}


def build(seed=0, **change):
    torch.manual_seed(seed)
    return MODELS.build(settings(**deepcopy(change)))


def batch(number=4, seed=0, size=SIZE):
    """Images of three bands, their labels and depth."""
    rng = torch.Generator().manual_seed(seed)
    images, samples = [], []
    for index in range(number):
        labels = torch.zeros(size, size, dtype=torch.int64)
        labels[size // 3 + index :] = 1
        labels[:, : size // 4 + index] = 2
        colours = torch.tensor([[200.0, 40, 40], [40, 160, 60], [60, 70, 220]])
        image = colours[labels].permute(2, 0, 1)
        image = image + 12 * torch.randn(3, size, size, generator=rng)
        sample = SegDataSample(metainfo=dict(img_path=f'{index}.png'))
        sample.label_map = labels
        sample.depth = torch.linspace(1, 0, size)[:, None].expand(size, size)
        images.append(image.clamp(0, 255))
        samples.append(sample)
    return images, samples


def losses_of(model, number=4):
    images, samples = batch(number)
    others, of_others = batch(number, seed=1)
    return model(images, samples, 'loss', others, of_others)


def test_a_batch_has_all_losses_and_all_learn():
    model = build()
    losses = losses_of(model)
    names = ('self', 'knn', 'random', 'depth', 'cluster', 'linear')
    assert set(losses) == {f'loss_{name}' for name in names}
    sum(losses.values()).backward()
    idle = [n for n, p in model.named_parameters() if p.grad is None]
    assert idle == []


def test_probes_do_not_move_codes():
    model = build()
    losses = losses_of(model)
    (losses['loss_cluster'] + losses['loss_linear']).backward()
    assert all(p.grad is None for p in model.head.parameters())


def test_guidance_falls_and_its_step_is_saved():
    model = build()
    weights = []

    def note(*args, **kwargs):
        weights.append(args[3])
        return type(model.loss_module).forward(model.loss_module, *args)

    model.loss_module.forward = note
    for _ in range(5):
        losses_of(model)
    wanted = [0.19, 0.19, 0.095, 0.095, 0.0475]
    assert weights == pytest.approx(wanted)
    other = build(seed=1)
    other.load_state_dict(model.state_dict())
    assert int(other.step) == 5


def test_what_is_drawn_follows_from_seed_and_step():
    """A step is the same whatever was drawn before it, as after a resume."""
    model, again, other = build(), build(), build(seed=0)
    other.seed = 7
    for _ in range(2):
        losses_of(model)
    torch.manual_seed(99)
    again.step += 2
    other.step += 2
    found = losses_of(model), losses_of(again), losses_of(other)
    assert float(found[0]['loss_self']) == float(found[1]['loss_self'])
    assert float(found[0]['loss_random']) == float(found[1]['loss_random'])
    assert float(found[0]['loss_self']) != float(found[2]['loss_self'])


def test_a_step_leaves_the_random_state_alone():
    torch.manual_seed(5)
    wanted = torch.rand(3)
    model = build()
    torch.manual_seed(5)
    losses_of(model)
    assert torch.equal(torch.rand(3), wanted)


def test_frozen_weights_are_in_no_checkpoint():
    vit = dict(
        type='mmcuts3d.ViTKeys',
        arch='tiny',
        patch_size=8,
        image_size=32,
        kind='token',
    )
    model = build(
        features=vit,
        head=dict(type='mmcuts3d.StegoHead', in_channels=192, code_channels=6),
        test_features=dict(image_size=64),
    )
    assert not any('backbone' in name for name in model.state_dict())
    assert all('backbone' not in n for n, _ in model.named_parameters())
    images, samples = batch(2)
    assert model.train()(images, samples).shape == (2, 6, 4, 4)
    assert model.eval()(images, samples).shape == (2, 6, 8, 8)
    model.double()  # moves and casts what is frozen, too
    assert model._frozen[0].mean.dtype == torch.float64


def test_predictions_have_the_size_of_the_image():
    model = build().eval()
    images, samples = batch(2)
    found = model(images, samples, 'predict')
    for sample in found:
        assert sample.pred_clusters.shape == (SIZE, SIZE)
        assert sample.pred_labels.dtype == torch.int64
        assert int(sample.pred_clusters.max()) < 3


def test_codes_are_the_mean_of_both_views():
    model = build().eval()
    images = torch.stack(batch(2)[0])
    plain = Prediction(flip=False, crf=False).codes(model, images)
    mirrored = Prediction(flip=False, crf=False).codes(model, images.flip(-1))
    both = Prediction(flip=True, crf=False).codes(model, images)
    wanted = (plain + mirrored.flip(-1)) / 2
    assert torch.allclose(both, wanted, atol=1e-5)
    other = Prediction(crf=False).codes(model, images.flip(-1))
    assert torch.allclose(both, other.flip(-1), atol=1e-5)


def test_the_crf_gets_the_probabilities():
    rng = torch.Generator().manual_seed(0)
    log = torch.randn(3, SIZE, SIZE, generator=rng).log_softmax(0)
    image = batch(1)[0][0]
    found = Prediction(crf=dict(iterations=3)).label_map(log, image)
    wanted = dense_crf_labels(
        image.round().byte().permute(1, 2, 0).numpy(),
        log.softmax(0).numpy(),
        **{**CRF_SETTINGS, 'iterations': 3},
    )
    assert np.array_equal(found.numpy(), wanted)
    plain = Prediction(crf=False).label_map(log, image)
    assert torch.equal(plain, log.argmax(0))
    assert (plain != found).any()


def test_without_classes_nothing_linear_is_left():
    model = build(num_classes=None)
    images, samples = batch(2)
    for sample in samples:
        del sample.label_map
    losses = model(images, samples, 'loss', images, samples)
    assert 'loss_linear' not in losses
    found = model.eval()(images, samples, 'predict')
    assert found[0].get('pred_labels') is None


@pytest.mark.parametrize(
    ('kind', 'sampling'),
    [
        ('image_plane', 'FarthestPlaces'),
        ('perspective_plane', 'FarthestPlaces'),
        ('truth', 'FarthestPlaces'),
        ('features', 'AllPlaces'),
        ('depth', 'RandomPlaces'),
    ],
)
def test_other_guides(kind, sampling):
    guidance = dict(type='mmcuts3d.DepthGuidance', kind=kind)
    if kind == 'features':
        guidance['source'] = dict(
            type='mmcuts3d.ClassicalFeatures', patch_size=4
        )
    model = build(
        guidance=guidance,
        sampling=dict(type=f'mmcuts3d.{sampling}')
        if sampling == 'AllPlaces'
        else dict(type=f'mmcuts3d.{sampling}', side=4),
    )
    assert torch.isfinite(losses_of(model)['loss_depth'])


def test_planes_need_no_depth():
    model = build(
        guidance=dict(type='mmcuts3d.DepthGuidance', kind='image_plane')
    )
    images, samples = batch(2)
    for sample in samples:
        del sample.depth
    assert 'loss_depth' in model(images, samples, 'loss', images, samples)


def test_bad_input():
    with pytest.raises(ValueError, match='together.*no guidance'):
        build(guidance=None)
    with pytest.raises(ValueError, match=r"test_cfg.*\['crop'\]"):
        build(test_cfg=dict(crop=1))
    with pytest.raises(ValueError, match=r"test_cfg\.crf.*\['width'\]"):
        build(test_cfg=dict(crf=dict(width=1)))
    model = build()
    images, samples = batch(2)
    with pytest.raises(ValueError, match='one size'):
        model([images[0], images[1][:, :8]], samples, 'loss')
    with pytest.raises(ValueError, match='(?s)data_samples.*None'):
        model(images, None, 'predict')
    del samples[1].label_map
    with pytest.raises(ValueError, match=r'label map for 1\.png'):
        model(images, samples, 'loss', images, samples)
    samples[1].label_map = torch.zeros(8, 8, dtype=torch.int64)
    with pytest.raises(ValueError, match=r'label map of 1\.png .*\(8, 8\)'):
        model(images, samples, 'loss', images, samples)
    del samples[1].depth
    with pytest.raises(ValueError, match=r'depth for 1\.png'):
        model(images, samples, 'loss', images, samples)
    with pytest.raises(ValueError, match='in_channels|15'):
        model.head(torch.rand(1, 3, 2, 2))
