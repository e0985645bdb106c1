"""ResNet-50 of DINO by name, through mmengine's own loading."""

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
    config.depth = 18
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
    with pytest.raises(ValueError, match=r"\['dino_resnet50'\]"):
        CheckpointLoader.load_checkpoint('mmcuts3d://dino_resnet51')
    cache.mkdir()
    (cache / 'dino_resnet50_pretrain.pth').write_bytes(b'half a file')
    with pytest.raises(WeightsError, match='fetched whole'):
        CheckpointLoader.load_checkpoint(NAME)


def torchvision_resnet():
    """torchvision's ResNet-50, in the layout of DINO's file: without fc."""
    from torchvision.models import resnet50

    torch.manual_seed(0)
    network = resnet50(weights=None)
    network.fc = torch.nn.Identity()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.3, 0.7)
            torch.nn.init.normal_(module.bias, std=0.1)
    return network.eval()


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
        x = network.conv1(images)
        x = network.maxpool(network.relu(network.bn1(x)))
        expected = []
        for stage in (1, 2, 3, 4):
            x = getattr(network, f'layer{stage}')(x)
            expected.append(x)
    assert [one.shape[1] for one in found] == [256, 512, 1024, 2048]
    for mine, other in zip(found, expected, strict=True):
        assert other.std() > 0.1
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)
    # Nothing of the file is left, and nothing of the backbone without it.
    assert set(backbone.state_dict()) == set(network.state_dict())


def test_the_network_is_fed_as_dino_was_trained():
    """RGB, by the mean and spread of ImageNet (CutLER: PIXEL_MEAN)."""
    model = Config.fromfile(ROOT / 'configs' / CONFIG).model
    given = model.data_preprocessor
    assert given.bgr_to_rgb is True
    assert given.mean == [123.675, 116.28, 103.53]
    assert given.std == [58.395, 57.12, 57.375]
    assert model.backbone.style == 'pytorch'  # torchvision's strides
