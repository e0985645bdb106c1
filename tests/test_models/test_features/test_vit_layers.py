"""ViTKeys of any kind and layer, against hooks on mmpretrain's own network."""

import pytest
import torch
from helpers.vits import SIZES

from mmcuts3d.models.features import KINDS, ViTKeys


def make(**kwargs):
    settings = {'arch': SIZES, 'patch_size': 8, 'image_size': 64}
    return ViTKeys(**{**settings, **kwargs})


@pytest.fixture(scope='module')
def images():
    torch.manual_seed(1)
    return torch.rand(2, 3, 64, 64) * 255


@pytest.fixture(scope='module')
def network(tmp_path_factory):
    """A network with noise in every weight, and the file of its weights."""
    torch.manual_seed(0)
    module = make(kind='token')
    for name, value in module.backbone.state_dict().items():
        around = name.endswith('weight') and 'ln' in name
        value.copy_(torch.randn_like(value) * 0.1 + float(around))
    path = tmp_path_factory.mktemp('weights') / 'tiny.pth'
    torch.save(module.backbone.state_dict(), path)
    return module, path


@pytest.fixture(scope='module')
def expected(network, images):
    """What each block says, by (kind, layer), of the network run in whole."""
    module, _ = network
    found = {}

    def keep(key):
        return lambda m, i, output: found.__setitem__(key, output)

    layers = module.backbone.layers
    hooks = []
    for number, layer in enumerate(layers):
        qkv = layer.attn.qkv
        hooks.append(qkv.register_forward_hook(keep(('qkv', number))))
        hooks.append(layer.register_forward_hook(keep(('raw', number))))
    module(images)
    for hook in hooks:
        hook.remove()
    for number in range(len(layers)):
        thirds = found.pop(('qkv', number)).chunk(3, dim=2)
        for kind, third in zip(('query', 'key', 'value'), thirds, strict=True):
            found[kind, number] = third
        with torch.no_grad():
            found['token', number] = module.backbone.ln1(found['raw', number])
    return {
        key: tokens[:, 1:].transpose(1, 2).unflatten(2, (8, 8))
        for key, tokens in found.items()
    }


@pytest.mark.parametrize('layer', range(3))
@pytest.mark.parametrize('kind', [*KINDS, 'raw'])
def test_every_kind_and_layer(kind, layer, network, images, expected):
    settings = {'weights': network[1], 'norm': kind != 'raw'}
    settings['kind'] = 'token' if kind == 'raw' else kind
    module = make(layer=layer, **settings)
    torch.testing.assert_close(module(images), expected[kind, layer])
    assert expected[kind, layer].std() > 0.05
    from_the_end = make(layer=layer - 3, **settings)
    assert torch.equal(from_the_end(images), module(images))
    assert len(module.backbone.layers) == layer + 1


@pytest.mark.parametrize(
    ('out', 'kind'),
    [
        ('keys', 'key'),
        ('queries', 'query'),
        ('values', 'value'),
        ('tokens', 'token'),
    ],
)
def test_out_is_another_name_of_kind(out, kind, network, images):
    named = make(out=out, weights=network[1])
    assert torch.equal(
        named(images), make(kind=kind, weights=network[1])(images)
    )


def test_default_is_the_keys_of_the_last_block(network, images):
    default = make(weights=network[1])
    assert (default.kind, default.layer) == ('key', 2)
    named = make(weights=network[1], kind='key', layer=-1)
    assert torch.equal(default(images), named(images))


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        ({'kind': 'keys'}, "`kind` to be one of .* but got 'keys'"),
        ({'kind': 'value', 'out': 'keys'}, "one of the arguments .*'value'"),
        ({'layer': 3}, '`layer` to be from -3 to 2.*but got 3'),
        ({'layer': -4}, '`layer` to be from -3 to 2.*but got -4'),
        ({'layer': True}, '`layer` to be an integer, but got bool'),
    ],
)
def test_bad_settings(kwargs, message):
    with pytest.raises(ValueError, match=message):
        make(**kwargs)
