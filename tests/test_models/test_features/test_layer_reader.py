"""Several layers and kinds by one pass, against one component for each."""

import pytest
import torch
from helpers.vits import FAMILIES, LAYERS, random_network, vit_keys_config

from mmcuts3d.models.features import KINDS, LayerReader, Place, has_layers
from mmcuts3d.registry import MODELS


@pytest.fixture(scope='module')
def images():
    torch.manual_seed(1)
    return torch.rand(2, 3, 64, 64) * 255


@pytest.fixture(scope='module', params=['vit_keys', *FAMILIES])
def config(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp('weights')
    if request.param == 'vit_keys':
        return vit_keys_config(folder)
    random_network(request.param).save_pretrained(folder)
    return {
        'type': 'mmcuts3d.FeaturesFromTransformers',
        'model': str(folder),
        'grid': (4, 5),
    }


@pytest.mark.parametrize('norm', [True, False])
def test_each_place_is_what_the_component_gives(config, norm, images):
    config = {**config, 'norm': norm}
    reader = LayerReader.from_config(config, range(LAYERS), KINDS)
    found = reader(images)
    assert list(found) == reader.places
    assert len(found) == LAYERS * len(KINDS)
    for place, features in found.items():
        component = MODELS.build({**config, **place._asdict()})
        expected = component(images)
        assert expected.std() > 0.01
        torch.testing.assert_close(features, expected)


def test_one_pass_and_no_block_after_the_last(config, images):
    reader = LayerReader.from_config(config, [-2, 0], ['key', 'token'])
    assert reader.places == [
        Place(1, 'key'),
        Place(1, 'token'),
        Place(0, 'key'),
        Place(0, 'token'),
    ]
    calls = []
    for name, module in reader.network.named_modules():
        if name.endswith(('.attn', '.attention')):
            module.register_forward_hook(lambda *_, n=name: calls.append(n))
    reader(images)
    assert calls and len(calls) == len(set(calls))
    assert len([n for n in calls if '.2.' in n]) == 0
    # Nothing of an earlier call is left.
    again = reader(images[:1])
    assert all(len(features) == 1 for features in again.values())


@pytest.mark.parametrize(
    ('layers', 'kinds', 'message'),
    [
        ([3], ['key'], '`layer` to be from -3 to 2.*but got 3'),
        ([-1], ['keys'], "`kinds` to be different ones of .*'keys'"),
        ([-1], [], '`kinds` to be different ones'),
        ([-1, 2], ['key'], r'`layers` to be different blocks .*\[-1, 2\]'),
        ([], ['key'], '`layers` to be different blocks'),
    ],
)
def test_bad_places_are_refused_before_weights_are_read(
    layers, kinds, message, config
):
    name = 'model' if 'model' in config else 'weights'
    if name == 'weights':
        config = {**config, 'weights': 'nowhere.pth'}
    with pytest.raises(ValueError, match=message):
        LayerReader.from_config(config, layers, kinds)


def test_sources_without_layers():
    assert has_layers({'type': 'mmcuts3d.ViTKeys'})
    for name in ('ClassicalFeatures', 'FeaturesFromFiles'):
        config = {'type': f'mmcuts3d.{name}', 'root': 'nowhere'}
        assert not has_layers(config)
        with pytest.raises(ValueError, match=f'layers and kinds, .*{name}'):
            LayerReader.from_config(config, [-1], ['key'])
    with pytest.raises(ValueError, match="component by `type`, .*'Nothing'"):
        has_layers({'type': 'Nothing'})


def test_the_older_name_of_kind_does_not_matter(tmp_path, images):
    config = vit_keys_config(tmp_path)
    named = LayerReader.from_config({**config, 'out': 'values'}, [-1], ['key'])
    plain = LayerReader.from_config(config, [-1], ['key'])
    place = Place(2, 'key')
    torch.testing.assert_close(named(images)[place], plain(images)[place])
