"""Feature sources by name: what they are, how they are built, bad names."""

import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample

from mmcuts3d.models.features import BACKBONES
from projects.ssl_instances.ssl_instances.backbones import (
    STAND_INS,
    find_source,
    find_sources,
    source_names,
    sources_table,
)


@pytest.mark.parametrize('name', BACKBONES)
def test_networks_of_the_core(name):
    source = find_source(name, 20)
    backbone = BACKBONES[name]
    assert source.layer == -1 and source.kind == backbone.kind
    assert source.patch_size == backbone.patch_size
    assert source.registers == backbone.registers
    assert source.licence == backbone.licence
    assert source.what == backbone.family and not source.stand_in
    assert source.supervised == name.startswith('deit')
    config = source.config
    side = config.get('image_size', 20 * source.patch_size)
    assert side == 20 * source.patch_size
    assert config.get('weights', config.get('model')) == name
    assert ('[supervised]' in source.title) == source.supervised


def test_the_paper_reads_keys_of_the_last_block():
    for name in ('mae_vitb16', 'dino_vitb16', 'msn_vitb16', 'mocov3_vitb16'):
        assert find_source(name).kind == 'key'
    assert find_source('selfpatch_vits16').config['arch'] == 'small'
    assert find_source('dinov2_vitb14').kind == 'token'


def test_layer_and_kind_of_ones_choice():
    source = find_source('dino_vitb8', layer=-3, kind='value')
    assert (source.layer, source.kind) == (-3, 'value')
    assert source.config['layer'] == -3 and source.config['kind'] == 'value'


def test_every_stand_in_says_so(tmp_path):
    names = [n.replace('DIR', str(tmp_path)) for n in STAND_INS]
    for name in names:
        source = find_source(name)
        assert source.stand_in and source.title.endswith('[stand-in]')


def image(seed=0, side=64):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 255, (1, 3, side, side))
    return torch.as_tensor(pixels, dtype=torch.float32)


def test_random_networks_are_the_same_each_time():
    source = find_source('random-vits16', 3)
    before = torch.random.get_rng_state()
    first, again = (source.build()(image()) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == (1, 384, 3, 3) and first.std() > 0
    # The generator of the caller is as it was.
    assert torch.equal(before, torch.random.get_rng_state())


def test_classical_features_on_the_grid():
    source = find_source('classical', 6)
    assert source.side == 48
    found = source.build()(image(side=source.side))
    assert found.shape == (1, 15, 6, 6)


def test_maps_from_files(tmp_path):
    expected = np.random.default_rng(0).normal(size=(4, 5, 6))
    np.savez(tmp_path / 'a.npz', features=expected.astype(np.float32))
    network = find_source(f'files:{tmp_path}').build()
    sample = DetDataSample(metainfo={'img_path': '/somewhere/a.jpg'})
    found = network(image(), [sample])
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-6)


def test_table_has_all_that_have_a_name():
    head, *rows = sources_table()
    assert head[:4] == ['name', 'trained by', 'patch', 'layer']
    names = [row[0].partition(' [')[0] for row in rows]
    assert names == [n for n in source_names() if n != 'files:DIR']
    by_name = dict(zip(names, rows, strict=True))
    assert by_name['dinov3_vitb16'][2:6] == ['16', '-1', 'token', '4']
    assert by_name['mae_vitb16'][6] == 'CC BY-NC 4.0'
    assert by_name['classical'][2:6] == ['8', '-', '-', '0']


@pytest.mark.parametrize(
    ('name', 'near'),
    [
        ('mae_vitb', 'mae_vitb16'),
        ('moco_v3_vitb16', 'mocov3_vitb16'),
        ('dinov2-vitb14', 'dinov2_vitb14'),
        ('clasical', 'classical'),
    ],
)
def test_unknown_name_offers_the_nearest(name, near):
    with pytest.raises(ValueError, match=f'did you mean .*{near}'):
        find_source(name)
    with pytest.raises(ValueError, match=f'did you mean .*{near}'):
        find_source(name, layer=-1)


def test_unknown_name_that_is_near_to_none():
    with pytest.raises(ValueError, match=r'selfpatch_vits16.*got qqq\.$'):
        find_source('qqq')


@pytest.mark.parametrize(
    ('settings', 'words'),
    [
        ({'name': 'classical', 'layer': -1}, 'no layer and kind'),
        ({'name': 'classical', 'kind': 'key'}, 'no layer and kind'),
        ({'name': 'files:/not/there'}, 'folder of feature maps'),
        ({'name': 'mae_vitb16', 'grid': 1}, '`grid` to be an integer'),
        ({'name': 'mae_vitb16', 'grid': 2.5}, '`grid` to be an integer'),
        ({'name': 'mae_vitb16', 'kind': 'keys'}, "`kind` to be .*'keys'"),
    ],
)
def test_bad_settings(settings, words):
    with pytest.raises(ValueError, match=words):
        find_source(**settings)


def test_several_sources(tmp_path):
    names = ['mae_vitb16', 'classical', f'files:{tmp_path}']
    found = find_sources(names, 10, -2, 'value')
    assert [(one.layer, one.kind) for one in found] == [
        (-2, 'value'),
        (None, ''),
        (None, ''),
    ]
    (tmp_path / 'a' / 'maps').mkdir(parents=True)
    (tmp_path / 'b' / 'maps').mkdir(parents=True)
    names = [f'files:{tmp_path / name / "maps"}' for name in 'ab']
    with pytest.raises(ValueError, match='to have different names'):
        find_sources(names)
    with pytest.raises(ValueError, match='different feature sources'):
        find_sources(['classical', 'classical'])
