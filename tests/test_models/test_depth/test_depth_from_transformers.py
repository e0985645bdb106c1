"""Depth networks of transformers: tiny random ones, saved to a folder."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

import mmcuts3d.registry  # noqa: F401  (repairs imports before transformers)
from mmcuts3d.models.depth.from_transformers import (
    DepthFromTransformers,
    known_kind,
)
from mmcuts3d.models.depth.kinds import DepthKind
from mmcuts3d.models.depth.network_images import network_images
from mmcuts3d.registry import MODELS

MEAN = [0.5, 0.5, 0.5]


def transformers():
    return pytest.importorskip('transformers')


def backbone(kind, **kwargs):
    config = getattr(transformers(), kind)
    return config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
        out_features=['stage1', 'stage2', 'stage3', 'stage4'],
        reshape_hidden_states=False,
        **kwargs,
    )


def depth_anything(kind='relative'):
    lib = transformers()
    config = lib.DepthAnythingConfig(
        backbone_config=backbone('Dinov2Config'),
        patch_size=8,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
        depth_estimation_type=kind,
        max_depth=20,
    )
    model = lib.DepthAnythingForDepthEstimation(config)
    return model, lib.DPTImageProcessor


def dpt():
    lib = transformers()
    config = lib.DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=32,
        patch_size=8,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
    )
    return lib.DPTForDepthEstimation(config), lib.DPTImageProcessor


def zoedepth():
    lib = transformers()
    config = lib.ZoeDepthConfig(
        backbone_config=lib.BeitConfig(
            hidden_size=32,
            num_hidden_layers=4,
            num_attention_heads=2,
            intermediate_size=64,
            image_size=32,
            patch_size=8,
            out_features=['stage1', 'stage2', 'stage3', 'stage4'],
            reshape_hidden_states=False,
            use_relative_position_bias=True,
        ),
        backbone_hidden_size=32,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        bottleneck_features=8,
        num_relative_features=8,
        bin_embedding_dim=8,
        num_attractors=[4, 2, 2, 1],
        bin_configurations=[
            {'n_bins': 8, 'min_depth': 0.001, 'max_depth': 10, 'name': 'nyu'}
        ],
        num_patch_transformer_layers=1,
        patch_transformer_hidden_size=8,
        patch_transformer_intermediate_size=16,
        patch_transformer_num_attention_heads=2,
    )
    return lib.ZoeDepthForDepthEstimation(config), lib.ZoeDepthImageProcessor


NETWORKS = {
    'zoedepth': (zoedepth, 'near_is_small'),
    'dpt': (dpt, 'near_is_large'),
    'depth_anything': (depth_anything, 'near_is_large'),
    'depth_anything_metric': (
        lambda: depth_anything('metric'),
        'near_is_small',
    ),
}


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    """A folder for each network, as ``save_pretrained`` writes it."""

    def save(name):
        folder = tmp_path_factory.getbasetemp() / name
        if not folder.exists():
            torch.manual_seed(1)
            model, processor = NETWORKS[name][0]()
            # Without biases away from 0, a random DPT ends in dead ReLUs.
            for parameter in model.parameters():
                if parameter.ndim == 1:
                    parameter.data.add_(0.1)
            model.save_pretrained(folder)
            processor(
                size={'height': 32, 'width': 32},
                image_mean=MEAN,
                image_std=MEAN,
                keep_aspect_ratio=False,
            ).save_pretrained(folder)
        return folder

    return save


def image(height=32, width=32):
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 7, y * 7, (x // 8 + y // 8) % 2 * 200], -1) % 256
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize('name', NETWORKS)
def test_networks_of_transformers(name, saved):
    """Against the network called by hand, or transformers' pipeline."""
    module = DepthFromTransformers(saved(name), local_files_only=True)
    (actual,) = module(image(), None)
    assert actual.shape == (32, 32) and actual.dtype == torch.float32
    assert actual.min() == 0 and actual.max() == 1

    model = (
        transformers()
        .AutoModelForDepthEstimation.from_pretrained(saved(name))
        .eval()
    )
    if name == 'zoedepth':  # pads and crops: compared with its pipeline
        pipeline = transformers().pipeline('depth-estimation', saved(name))
        raw = pipeline(Image.fromarray(_uint8(image())))['predicted_depth']
    else:
        with torch.no_grad():
            raw = model((image() / 255 - 0.5) / 0.5).predicted_depth
        raw = functional.interpolate(raw[None], (32, 32), mode='bicubic')[0, 0]
    expected = (raw - raw.min()) / (raw.max() - raw.min())
    if NETWORKS[name][1] == 'near_is_large':
        expected = 1 - expected
    assert raw.std() > 0
    torch.testing.assert_close(actual, expected, atol=1e-3, rtol=0)


def _uint8(tensor):
    return tensor[0].permute(1, 2, 0).byte().numpy()


@pytest.mark.parametrize('name', NETWORKS)
def test_directions_of_the_families(name, saved):
    module = DepthFromTransformers(saved(name))
    assert module.kind.direction == NETWORKS[name][1]
    turned = {'near_is_small', 'near_is_large'} - {module.kind.direction}
    other = DepthFromTransformers(saved(name), direction=turned.pop())
    torch.testing.assert_close(
        other(image())[0], 1 - module(image())[0], atol=1e-5, rtol=0
    )


def test_the_kind_can_be_named(saved):
    name = saved('depth_anything_metric')
    usual = DepthFromTransformers(name)
    assert usual.kind == DepthKind('metric', 'm')
    metres = usual._predict(network_images(image()))[0]
    kind = {'numbers': 'metric', 'unit': 'm', 'far': float(metres.mean())}
    depth = DepthFromTransformers(name, kind=kind, clip=None)(image())[0]
    expected = np.minimum(metres, kind['far']) - metres.min()
    np.testing.assert_allclose(depth, expected / expected.max(), atol=1e-3)
    with pytest.raises(ValueError, match="`kind` or .*'direction'"):
        DepthFromTransformers(name, kind=kind, direction='near_is_small')


def test_direction_of_dpt_on_dinov2_is_that_of_its_metres():
    config = SimpleNamespace(
        model_type='dpt', backbone_config=SimpleNamespace(model_type='dinov2')
    )
    assert known_kind(config) == DepthKind('metric', 'm')
    with pytest.raises(ValueError, match="`kind` .* type 'depth_pro'"):
        known_kind(SimpleNamespace(model_type='depth_pro'))


def test_depth_has_the_aspect_ratio_of_the_photograph(saved):
    module = MODELS.build(
        {'type': 'DepthFromTransformers', 'model': str(saved('zoedepth'))}
    )
    samples = [
        SimpleNamespace(img_shape=(32, 32), ori_shape=(100, 400)),
        SimpleNamespace(img_shape=(24, 32), ori_shape=(48, 64)),
    ]
    wide, cropped = module(image().expand(2, -1, -1, -1), samples)
    assert wide.shape == (16, 64)
    assert cropped.shape == (24, 32)


@pytest.mark.parametrize('name', NETWORKS)
def test_a_batch_is_one_pass_for_each_size_of_the_network(name, saved):
    module = DepthFromTransformers(saved(name), local_files_only=True)
    shapes = [(32, 32), (32, 32), (24, 32), (32, 32)]
    samples = [SimpleNamespace(img_shape=own, ori_shape=own) for own in shapes]
    noise = torch.rand(1, 3, 32, 32, generator=torch.manual_seed(0)) * 255
    images = torch.cat([image(), noise, noise.flip(3), 255 - image()])
    passes = []
    module.model.register_forward_pre_hook(
        lambda _, args, kwargs: passes.append(len(kwargs['pixel_values'])),
        with_kwargs=True,
    )
    together = module(images, samples)
    assert sum(passes) == 4 and len(passes) < 4
    for place, (own, (height, width)) in enumerate(
        zip(together, shapes, strict=True)
    ):
        (alone,) = module(
            images[place : place + 1], samples[place : place + 1]
        )
        assert own.shape == (height, width)
        torch.testing.assert_close(own, alone, atol=1e-3, rtol=0)


class Brightness(torch.nn.Module):
    """A network that predicts how bright each pixel is."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, pixel_values):
        return SimpleNamespace(predicted_depth=pixel_values.mean(1))


def test_each_image_of_a_batch_gets_its_own_map(saved):
    module = DepthFromTransformers(saved('dpt'), local_files_only=True)
    module.model = Brightness(module.model.config)
    images = torch.rand(4, 3, 32, 32) * 255
    shapes = [(32, 32), (24, 32), (32, 32), (32, 24)]
    samples = [SimpleNamespace(img_shape=own, ori_shape=own) for own in shapes]
    maps = module(images, samples)
    for own, pixels, (height, width) in zip(maps, images, shapes, strict=True):
        assert own.shape == (height, width)
        bright = pixels[:, :height, :width].mean(0)
        both = torch.stack([own.flatten(), -bright.flatten()])
        assert torch.corrcoef(both)[0, 1] > 0.7  # near is large


def test_network_stays_frozen(saved):
    module = DepthFromTransformers(saved('dpt'), amp=True)
    torch.nn.ModuleList([module]).train()
    assert not any(m.training for m in module.modules())
    assert not any(p.requires_grad for p in module.parameters())
    full = DepthFromTransformers(saved('dpt'))(image())[0]
    half = module(image())[0]
    assert not torch.equal(half, full)
    pair = torch.stack([half, full]).flatten(1)
    assert torch.corrcoef(pair)[0, 1] > 0.9


def test_photographs_keep_true_pixels():
    pixels = torch.rand(2, 3, 20, 30) * 255
    for actual, expected in zip(network_images(pixels), pixels, strict=True):
        assert actual.dtype == np.uint8
        np.testing.assert_array_equal(
            actual, expected.round().permute(1, 2, 0).numpy()
        )
    for bad in (torch.zeros(3, 8, 8), torch.zeros(1, 3, 1, 1)):
        with pytest.raises(ValueError, match='Expected argument `images`'):
            network_images(bad)


def test_model_that_cannot_be_had():
    name = 'nobody/no-such-depth-model'
    with pytest.raises(OSError, match='cannot be had.*To place it by hand'):
        DepthFromTransformers(name, local_files_only=True)


def test_model_that_is_no_depth_network(tmp_path):
    lib = transformers()
    lib.ViTImageProcessor().save_pretrained(tmp_path)
    lib.ViTConfig(hidden_size=8, num_attention_heads=1).save_pretrained(
        tmp_path
    )
    with pytest.raises(ValueError, match='to be a depth-estimation model'):
        DepthFromTransformers(tmp_path)


def test_missing_library(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(ImportError, match='pip install transformers'):
        DepthFromTransformers(tmp_path)


def test_unknown_kind():
    with pytest.raises(ValueError, match='`direction`'):
        DepthFromTransformers('nowhere', direction='up')
