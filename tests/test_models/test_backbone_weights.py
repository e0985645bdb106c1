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
