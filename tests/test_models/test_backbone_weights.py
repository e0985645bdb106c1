"""ResNets by name, of DINO and DenseCL, through mmengine's own loading."""

import urllib.error

import pytest
import torch
from helpers import ROOT
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import CheckpointLoader

import mmcuts3d.registry  # noqa: F401
from mmcuts3d.models.features import WeightsError
from mmcuts3d.models.features import weights as downloads
from mmcuts3d.models.resnet_weights import convert_resnet

CONFIG = '_base_/models/cascade-mask-rcnn_r50_fpn_class-agnostic.py'
NAME = 'mmcuts3d://dino_resnet50'
URL = (
    'https://dl.fbaipublicfiles.com/dino/dino_resnet50_pretrain/'
    'dino_resnet50_pretrain.pth'
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """No network, and an empty folder of weights."""
    monkeypatch.setenv('MMCUTS3D_HOME', str(tmp_path))

    def refuse(url, timeout):
        raise urllib.error.URLError(f'no way to {url}')

    monkeypatch.setattr(downloads.urllib.request, 'urlopen', refuse)
    return tmp_path / 'weights'


def test_a_file_that_was_placed_is_loaded(cache):
    from mmdet.registry import MODELS

    cache.mkdir()
    init_default_scope('mmdet')
    config = Config.fromfile(ROOT / 'configs' / CONFIG).model.backbone
    assert config.init_cfg.checkpoint == NAME
    backbone = MODELS.build({**config, 'init_cfg': None})
    placed = {
        key: torch.full_like(value, 3)
        for key, value in backbone.state_dict().items()
    }
    torch.save(placed, cache / 'dino_resnet50_pretrain.pth')
    backbone = MODELS.build(config)
    backbone.init_weights()
    assert (backbone.conv1.weight == 3).all()


def test_without_network_the_address_and_the_place_are_said(cache):
    with pytest.raises(WeightsError) as caught:
        CheckpointLoader.load_checkpoint(NAME)
    said = str(caught.value)
    assert f'fetch {URL} and save it as {cache}' in said
    assert 'no way to' in said


def test_other_names_and_broken_files(cache):
    with pytest.raises(
        ValueError, match=r"\['densecl_resnet101', 'dino_resnet50'\]"
    ):
        CheckpointLoader.load_checkpoint('mmcuts3d://dino_resnet51')
    cache.mkdir()
    (cache / 'dino_resnet50_pretrain.pth').write_bytes(b'half a file')
    with pytest.raises(WeightsError, match='fetched whole'):
        CheckpointLoader.load_checkpoint(NAME)


def torchvision_resnet(name='resnet50'):
    """torchvision's ResNet, in the layout of DINO's file: without fc."""
    from torchvision import models

    torch.manual_seed(0)
    network = getattr(models, name)(weights=None)
    network.fc = torch.nn.Identity()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.3, 0.7)
            torch.nn.init.normal_(module.bias, std=0.1)
    return network.eval()


@torch.no_grad()
def stages_of(network, images):
    """What torchvision's ResNet gives after each of its stages."""
    x = network.conv1(images)
    x = network.maxpool(network.relu(network.bn1(x)))
    outputs = []
    for stage in (1, 2, 3, 4):
        x = getattr(network, f'layer{stage}')(x)
        outputs.append(x)
    return outputs


@pytest.mark.parametrize(
    'config',
    [
        CONFIG,
        '_base_/models/cascade-mask-rcnn-cutler_r50_fpn_class-agnostic.py',
    ],
)
def test_features_are_those_of_the_network_of_the_file(cache, config):
    """In all four stages: keys, strides and statistics are understood."""
    from mmdet.registry import MODELS

    network = torchvision_resnet()
    cache.mkdir()
    torch.save(network.state_dict(), cache / 'dino_resnet50_pretrain.pth')
    init_default_scope('mmdet')
    settings = Config.fromfile(ROOT / 'configs' / config).model.backbone
    backbone = MODELS.build(settings)
    backbone.init_weights()
    backbone.eval()
    images = torch.randn(
        1, 3, 96, 128, generator=torch.Generator().manual_seed(1)
    )
    with torch.no_grad():
        found = backbone(images)
    expected = stages_of(network, images)
    assert [one.shape[1] for one in found] == [256, 512, 1024, 2048]
    for mine, other in zip(found, expected, strict=True):
        assert other.std() > 0.1
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)
    # Nothing of the file is left, and nothing of the backbone without it.
    assert set(backbone.state_dict()) == set(network.state_dict())


def densecl_file(network):
    """As DenseCL is published: the backbone alone, and who made it."""
    return {'state_dict': network.state_dict(), 'author': 'DenseCL'}


def training_file(network):
    """As it is trained: both encoders, necks, and the queue."""
    state = network.state_dict()
    frozen = {name: torch.zeros_like(value) for name, value in state.items()}
    return {
        'state_dict': {
            **{f'encoder_q.0.{name}': value for name, value in state.items()},
            **{f'encoder_k.0.{name}': value for name, value in frozen.items()},
            'encoder_q.1.mlp.0.weight': torch.zeros(2, 2),
            'queue': torch.zeros(2, 2),
        }
    }


@pytest.mark.parametrize('layout', [densecl_file, training_file])
def test_densecl(cache, layout):
    from mmdet.registry import MODELS

    network = torchvision_resnet('resnet101')
    cache.mkdir()
    torch.save(layout(network), cache / 'densecl_r101_imagenet_200ep.pth')
    init_default_scope('mmdet')
    backbone = MODELS.build(
        dict(
            type='ResNet',
            depth=101,
            init_cfg=dict(
                type='Pretrained', checkpoint='mmcuts3d://densecl_resnet101'
            ),
        )
    )
    backbone.init_weights()
    backbone.eval()
    images = torch.randn(
        1, 3, 64, 64, generator=torch.Generator().manual_seed(1)
    )
    with torch.no_grad():
        found = backbone(images)
    expected = stages_of(network, images)
    for mine, other in zip(found, expected, strict=True):
        assert other.std() > 0.1
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)


def test_where_densecl_is_to_be_had(cache):
    with pytest.raises(WeightsError) as caught:
        CheckpointLoader.load_checkpoint('mmcuts3d://densecl_resnet101')
    said = str(caught.value)
    assert 'https://github.com/WXinlong/DenseCL' in said
    assert str(cache / 'densecl_r101_imagenet_200ep.pth') in said


def other_network(network):
    return torchvision_resnet('resnet50').state_dict()


def with_more(network):
    return {**network.state_dict(), 'layer5.0.conv1.weight': torch.zeros(1)}


def nothing(network):
    return {'state_dict': {'weight': torch.zeros(1)}}


@pytest.mark.parametrize(
    'layout,words',
    [
        (other_network, r'\(3, 4, 23, 3\).*\(3, 4, 6, 3\)'),
        (with_more, 'no place for: layer5'),
        (nothing, 'got 0 among weight'),
    ],
)
def test_another_network_in_the_file(cache, layout, words):
    cache.mkdir()
    path = cache / 'densecl_r101_imagenet_200ep.pth'
    torch.save(layout(torchvision_resnet('resnet101')), path)
    with pytest.raises(ValueError, match=f'{path.name}: .*{words}'):
        CheckpointLoader.load_checkpoint('mmcuts3d://densecl_resnet101')


def test_arch_that_nobody_knows():
    with pytest.raises(ValueError, match="'resnet77'"):
        convert_resnet({}, 'resnet77')


def test_the_network_is_fed_as_dino_was_trained():
    """RGB, by the mean and spread of ImageNet (CutLER: PIXEL_MEAN)."""
    model = Config.fromfile(ROOT / 'configs' / CONFIG).model
    given = model.data_preprocessor
    assert given.bgr_to_rgb is True
    assert given.mean == [123.675, 116.28, 103.53]
    assert given.std == [58.395, 57.12, 57.375]
    assert model.backbone.style == 'pytorch'  # torchvision's strides
