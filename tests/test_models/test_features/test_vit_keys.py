"""ViTKeys as a part of a model: modes, sizes, outputs, bad settings."""

import pytest
import torch
from mmengine.model import BaseModule

from mmcuts3d.models.features.vit_keys import ViTKeys
from mmcuts3d.registry import MODELS

TINY = {
    'embed_dims': 24,
    'num_layers': 2,
    'num_heads': 3,
    'feedforward_channels': 32,
}


def make(**kwargs):
    torch.manual_seed(0)
    settings = {'arch': TINY, 'patch_size': 8, 'image_size': 64, **kwargs}
    return ViTKeys(**settings)


def test_is_found_by_its_registered_name():
    config = {'type': 'ViTKeys', 'arch': TINY, 'image_size': 32}
    module = MODELS.build(config)
    assert module(torch.zeros(2, 3, 32, 32), None).shape == (2, 24, 4, 4)


def test_images_of_another_size_are_resized_to_a_rectangle():
    module = make(image_size=(64, 32))
    features = module(torch.rand(1, 3, 100, 30) * 255, [])
    assert features.shape == (1, 24, 8, 4)
    assert module.grid == (8, 4)


def test_patch_features_follow_their_pixels():
    """With the position embedding away, moved patches move the features."""
    module = make(image_size=32)
    module.backbone.pos_embed.data.zero_()
    images = torch.rand(1, 3, 32, 32) * 255
    moved = images.roll((8, 16), dims=(2, 3))
    expected = module(images).roll((1, 2), dims=(2, 3))
    torch.testing.assert_close(module(moved), expected)


def test_batch_equals_single_images():
    module = make()
    images = torch.rand(3, 3, 64, 64) * 255
    single = torch.cat([module(image[None]) for image in images])
    torch.testing.assert_close(module(images), single)


def test_values_are_0_to_255_whatever_the_dtype():
    module = make()
    pixels = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(module(pixels), module(pixels.float()))
    red = torch.zeros(1, 3, 64, 64)
    red[:, 0] = 123.675
    grey = torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1)
    assert not torch.allclose(module(red), module(grey.expand(1, 3, 64, 64)))


@pytest.mark.parametrize('out', ['queries', 'keys', 'values'])
def test_projections_are_thirds_of_the_last_qkv(out, tmp_path):
    tokens = make(out='tokens')
    path = tmp_path / 'tiny.pth'
    torch.save(tokens.backbone.state_dict(), path)
    captured = []
    tokens.backbone.layers[-1].attn.qkv.register_forward_hook(
        lambda *a: captured.append(a[2])
    )
    images = torch.rand(1, 3, 64, 64) * 255
    assert tokens(images).shape == (1, 24, 8, 8)
    third = ['queries', 'keys', 'values'].index(out)
    expected = captured[0][:, 1:].unflatten(2, (3, 24))[:, :, third]
    expected = expected.transpose(1, 2).unflatten(2, (8, 8))
    torch.testing.assert_close(make(out=out, weights=path)(images), expected)


def test_stays_frozen_inside_a_model_that_trains():
    class Parent(BaseModule):
        def __init__(self):
            super().__init__()
            self.features = make()
            self.head = torch.nn.Linear(2, 2)

    parent = Parent()
    before = {k: v.clone() for k, v in parent.features.state_dict().items()}
    parent.init_weights()  # what mmengine's Runner calls on every model
    parent.train()
    assert parent.head.training
    assert not any(module.training for module in parent.features.modules())
    assert not any(p.requires_grad for p in parent.features.parameters())
    for name, value in parent.features.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    images = torch.rand(1, 3, 64, 64).requires_grad_()
    assert not parent.features(images).requires_grad


def test_half_precision_gives_float32_close_to_full():
    images = torch.rand(1, 3, 64, 64) * 255
    full = make()(images)
    half = make(amp=True)(images)
    assert half.dtype == torch.float32
    assert 0 < (half - full).abs().max() < 0.05 * full.abs().max()


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_runs_on_the_device_it_is_on():
    images = torch.rand(1, 3, 64, 64) * 255
    features = make(amp=True).cuda()(images)
    assert features.is_cuda and features.dtype == torch.float32


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'image_size': 60}, r'multiples of the patch size 8, but got'),
        ({'image_size': 0}, 'multiples'),
        ({'image_size': (64, 64, 64)}, 'multiples'),
        ({'arch': 'giant'}, r"`arch` to be one of .*'giant'"),
        ({'arch': {'embed_dims': 24}}, '`arch` to be a dict with the keys'),
        ({'out': 'key'}, "`out` to be one of .* but got 'key'"),
        ({'weights': 'no_such_name'}, 'dino_vits8.*no_such_name'),
    ],
)
def test_bad_settings(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)


@pytest.mark.parametrize('shape', [(3, 64, 64), (1, 1, 64, 64)])
def test_bad_images(shape):
    with pytest.raises(ValueError, match=r'shape \(B, 3, H, W\), but got'):
        make()(torch.zeros(shape))
