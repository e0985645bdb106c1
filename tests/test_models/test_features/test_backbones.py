"""Backbones by name: sizes, recipes, and the configs that are made of them."""

import re

import pytest
import torch
from helpers import ROOT
from mmdet.structures import DetDataSample
from mmengine.config import Config

from mmcuts3d.cuts import CutS3D
from mmcuts3d.models.features import (
    BACKBONES,
    KINDS,
    OFFICIAL_WEIGHTS,
    features_config,
    find_backbone,
)
from mmcuts3d.models.features.hub_vit import model_name
from mmcuts3d.registry import MODELS

SIDES = {4: 240, 7: 420, 8: 480, 14: 840, 16: 960}


@pytest.mark.parametrize('name', BACKBONES)
def test_a_name_says_what_it_is(name):
    backbone = BACKBONES[name]
    family = {'dino': 'DINO', 'diffncuts': 'DiffNCuts', 'mae': 'MAE'}
    family.update(dinov2='DINOv2', dinov3='DINOv3', deit='DeiT')
    family.update(mocov3='MoCo v3', msn='MSN', selfpatch='SelfPatch')
    assert backbone.family == family[name.partition('_')[0]]
    size, patch = re.search(r'_vit(7b|[a-z])(\d+)', name).groups()
    assert backbone.patch_size == int(patch)
    assert backbone.image_side() == SIDES[int(patch)]
    assert backbone.image_side(20) == 20 * int(patch)
    assert backbone.kind in KINDS and backbone.licence
    has_registers = name.endswith('_reg') or 'dinov3' in name
    assert backbone.registers == (4 if has_registers else 0)
    assert backbone.supervised == name.startswith('deit')
    if backbone.tau is not None:
        assert 0 < backbone.tau[0] < backbone.tau[1] < 1
    if name in OFFICIAL_WEIGHTS:
        assert backbone.source == 'ViTKeys'
        assert backbone.arch == OFFICIAL_WEIGHTS[name].arch
    else:
        assert backbone.source == 'FeaturesFromTransformers'
        hub = {'s': 'small', 'b': 'base', 'l': 'large', 'g': 'giant'}
        word = size if 'dinov3' in name else hub[size]
        assert word in backbone.weights
        assert ('registers' in backbone.weights) == name.endswith('_reg')
        assert model_name(name) == backbone.weights


def test_names_are_those_of_the_authors():
    assert set(OFFICIAL_WEIGHTS) < set(BACKBONES)
    hub = {name: backbone.weights for name, backbone in BACKBONES.items()}
    assert hub['dinov2_vits14'] == 'facebook/dinov2-small'
    assert hub['dinov2_vitg14_reg'] == 'facebook/dinov2-with-registers-giant'
    assert hub['dinov3_vith16plus'] == (
        'facebook/dinov3-vith16plus-pretrain-lvd1689m'
    )
    assert len(set(hub.values())) == len(hub)


def test_config_of_a_backbone_builds():
    config = features_config('dino_vits16', grid=4, kind='value', layer=5)
    assert config['weights'] == 'dino_vits16'
    config['weights'] = None  # no download
    module = MODELS.build(config)
    assert (module.kind, module.layer, module.grid) == ('value', 5, (4, 4))
    assert module(torch.zeros(1, 3, 50, 70)).shape == (1, 384, 4, 4)


def test_config_takes_the_kind_of_the_recipes():
    assert features_config('dinov3_vitb16', amp=True) == {
        'type': 'mmcuts3d.FeaturesFromTransformers',
        'model': 'dinov3_vitb16',
        'grid': 60,
        'kind': 'token',
        'layer': -1,
        'amp': True,
    }
    assert features_config('mae_vith14')['kind'] == 'key'
    assert features_config('mae_vith14')['image_size'] == 840


def test_config_of_the_hub_builds(tmp_path, monkeypatch):
    lib = pytest.importorskip('transformers')
    config = lib.Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2
    )
    lib.Dinov2Model(config).save_pretrained(tmp_path)
    backbone = BACKBONES['dinov2_vits14']._replace(weights=str(tmp_path))
    monkeypatch.setitem(BACKBONES, 'dinov2_vits14', backbone)
    module = MODELS.build(features_config('dinov2_vits14', 3, layer=0))
    assert module(torch.zeros(1, 3, 50, 70)).shape == (1, 16, 3, 3)


def test_unknown_names():
    with pytest.raises(ValueError, match="dinov2_vitb14_reg.*got 'dinov4'"):
        find_backbone('dinov4')
    with pytest.raises(ValueError, match='did you mean .*mocov3_vitb16'):
        find_backbone('moco_vitb16')
    with pytest.raises(ValueError, match="`kind` to be one of .*'keys'"):
        features_config('dinov2_vits14', kind='keys')


def test_the_page_has_a_row_for_every_backbone():
    text = (ROOT / 'docs' / 'features.md').read_text('utf-8')
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split('|')[1:-1]]
        if len(cells) == 6 and cells[0].startswith('`'):
            for name in re.findall(r'`(\w+)`', cells[0]):
                rows[name] = cells[1:]
    assert set(rows) == set(BACKBONES)
    for name, (source, patch, side, kind, tau) in rows.items():
        backbone = BACKBONES[name]
        low_high = backbone.tau or ('not known',)
        assert source.strip('`') == backbone.source
        assert (int(patch), int(side)) == (
            backbone.patch_size,
            backbone.image_side(),
        )
        assert kind == backbone.kind
        assert tau == ' to '.join(map(str, low_high))
    for backbone in BACKBONES.values():
        assert backbone.licence.partition(':')[0] in text


CONFIGS = sorted((ROOT / 'configs').glob('*/*dinov[23]*.py'))


def test_there_is_a_config_of_each_family():
    families = {
        find_backbone(load(path).model.features.model).family
        for path in CONFIGS
    }
    assert families == {'DINOv2', 'DINOv3'}


def load(path):
    return Config.fromfile(path)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_has_the_sizes_of_its_backbone(path):
    config = load(path)
    features = config.model.features
    backbone = find_backbone(features.model)
    assert features.kind == backbone.kind
    assert backbone.tau == (0.2, 0.8)  # as a comment of the config says
    settings = dict(config.model.cut)
    cut = CutS3D.from_preset(settings.pop('preset'), **settings)
    assert cut.semantic.tau_ncut == 'auto'
    assert 'Nothing was\n# measured' in path.read_text('utf-8')
    side = backbone.image_side(features.grid)
    resize = config.test_dataloader.dataset.pipeline[1]
    assert resize.type == 'mmdet.Resize' and resize.scale == (side, side)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_labels_an_image_with_a_tiny_network(path, tmp_path):
    """As shipped, but for the weights, the grid and the depth."""
    lib = pytest.importorskip('transformers')
    config = load(path)
    family = find_backbone(config.model.features.model).family
    names = {'DINOv2': 'Dinov2WithRegisters', 'DINOv3': 'DINOv3ViT'}
    settings = getattr(lib, f'{names[family]}Config', None)
    if settings is None:
        pytest.skip(f'transformers {lib.__version__} has no {family}')
    settings = settings(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_register_tokens=4,
    )
    lib.AutoModel.from_config(settings).save_pretrained(tmp_path)
    config.model.features.update(model=str(tmp_path), grid=12)
    config.model.depth = {'type': 'mmcuts3d.FlatDepth'}
    labeler = MODELS.build(config.model)
    image = torch.full((1, 3, 96, 96), 40.0)
    image[:, :2, 24:64, 24:72] = 220
    sample = DetDataSample(
        metainfo={'img_shape': (96, 96), 'ori_shape': (48, 96)}
    )
    found = labeler.predict(image, [sample])[0].pred_instances
    assert found.masks.shape[1:] == (48, 96)
    assert len(found.scores) == len(found.masks)
    assert labeler.extract_feat(image)[0].shape == (1, 16, 12, 12)
