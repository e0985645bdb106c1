"""DINOv2 and DINOv3 of transformers: tiny random ones, saved to a folder."""

import copy
import json
import pickle

import pytest
import torch
from helpers.vits import FAMILIES, LAYERS, random_network, transformers
from torch.nn import functional

import mmcuts3d.registry  # noqa: F401  (repairs imports before transformers)
from mmcuts3d.models.features import FeaturesFromTransformers, hub_vit
from mmcuts3d.models.features.frozen_vit import MEAN, STD
from mmcuts3d.registry import MODELS

LAST = {'query': 'q_proj', 'key': 'k_proj', 'value': 'v_proj'}
LAST_IN_4 = {'q_proj': 'query', 'k_proj': 'key', 'v_proj': 'value'}


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    """A folder for each network, as ``save_pretrained`` writes it."""

    def save(family):
        folder = tmp_path_factory.getbasetemp() / f'vit_{family}'
        if not folder.exists():
            random_network(family).save_pretrained(folder)
        return folder

    return save


@pytest.fixture(scope='module', params=FAMILIES)
def family(request):
    return request.param


def images_of(height=70, width=90, number=2):
    torch.manual_seed(3)
    return torch.rand(number, 3, height, width) * 255


def reference(folder, images, grid, mean=MEAN, std=STD):
    """All that transformers' own network says of images, by (kind, layer)."""
    model = transformers().AutoModel.from_pretrained(folder).eval()
    side = model.config.patch_size
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (mean, std))
    pixels = functional.interpolate(
        (images - mean) / std,
        size=(grid[0] * side, grid[1] * side),
        mode='bilinear',
        antialias=True,
    )
    found, hooks = {}, []
    for name, module in model.named_modules():
        parts = name.split('.')
        for kind, projection in LAST.items():
            if parts[-1] in (projection, LAST_IN_4[projection]):
                layer = next(int(part) for part in parts if part.isdigit())
                hooks.append(
                    module.register_forward_hook(
                        lambda m, i, out, key=(kind, layer): found.__setitem__(
                            key, out
                        )
                    )
                )
    with torch.no_grad():
        output = model(pixel_values=pixels, output_hidden_states=True)
        norm = getattr(model, 'layernorm', None) or model.norm
        for layer in range(LAYERS):
            tokens = output.hidden_states[layer + 1]
            found['raw', layer] = tokens
            found['token', layer] = norm(tokens)
    torch.testing.assert_close(
        found['token', LAYERS - 1], output.last_hidden_state
    )
    registers = getattr(model.config, 'num_register_tokens', 0)
    h, w = grid
    for key, tokens in found.items():
        assert tokens.shape[1] == 1 + registers + h * w
        patches = tokens[:, -h * w :].reshape(-1, h, w, tokens.shape[2])
        found[key] = patches.permute(0, 3, 1, 2)
    return found


@pytest.mark.parametrize('grid', [(3, 5), (4, 4)])
def test_every_kind_and_layer_is_that_of_transformers(family, grid, saved):
    folder, images = saved(family), images_of()
    expected = reference(folder, images, grid)
    assert len(expected) == 5 * LAYERS
    for (kind, layer), features in expected.items():
        module = FeaturesFromTransformers(
            folder,
            kind='token' if kind == 'raw' else kind,
            layer=layer,
            norm=kind != 'raw',
            grid=grid,
        )
        actual = module(images)
        assert actual.shape == (2, 32, *grid)
        assert features.std() > 0.05  # else a difference would prove nothing
        assert (actual - features).abs().max() < 1e-5 * features.abs().max()
    others = [expected[key] for key in (('token', 2), ('token', 1))]
    assert (others[0] - others[1]).abs().max() > 0.1


def test_layers_count_from_the_end_too(family, saved):
    images = images_of()
    settings = {'model': saved(family), 'grid': 3, 'kind': 'key'}
    for layer in range(LAYERS):
        front = FeaturesFromTransformers(layer=layer, **settings)
        back = FeaturesFromTransformers(layer=layer - LAYERS, **settings)
        assert torch.equal(front(images), back(images))


def test_later_blocks_are_not_kept(saved):
    folder = saved('dinov2')
    sizes = [
        sum(
            p.numel()
            for p in FeaturesFromTransformers(
                folder, layer=layer, grid=2
            ).parameters()
        )
        for layer in range(LAYERS)
    ]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ('family', 'side'), [('dinov2', 840), ('dinov2_reg', 840), ('dinov3', 960)]
)
def test_default_grid_is_60_by_60(family, side, saved):
    module = FeaturesFromTransformers(saved(family), layer=0)
    assert module.image_size == (side, side)
    assert module(images_of(number=1)).shape == (1, 32, 60, 60)


@pytest.mark.parametrize('family', ['dinov2_reg', 'dinov3'])
def test_registers_are_dropped(family, saved):
    """Keys of the first block see a register only where it stands itself."""
    folder, images = saved(family), images_of()
    for kind, same in (('key', True), ('token', False)):
        module = FeaturesFromTransformers(folder, kind, layer=0, grid=(3, 4))
        before = module(images)
        embeddings = module.model.embeddings
        assert embeddings.register_tokens.shape[1] == 4
        embeddings.register_tokens.data.mul_(50)
        embeddings.cls_token.data.mul_(50)
        assert torch.equal(module(images), before) == same


@pytest.mark.parametrize('registers', [1, 7])
def test_any_number_of_registers(registers, tmp_path):
    model = random_network('dinov2_reg')
    config = copy.deepcopy(model.config)
    config.num_register_tokens = registers
    other = type(model)(config)
    state = model.state_dict()
    name = 'embeddings.register_tokens'
    state[name] = state[name][:, :1].expand(-1, registers, -1).clone()
    other.load_state_dict(state)
    other.save_pretrained(tmp_path)
    images = images_of()
    expected = reference(tmp_path, images, (3, 4))['token', LAYERS - 1]
    actual = FeaturesFromTransformers(tmp_path, grid=(3, 4))(images)
    torch.testing.assert_close(actual, expected)


def without_position(module):
    if hasattr(module.model, 'rope_embeddings'):
        module.model.rope_embeddings.inv_freq.zero_()  # angles of 0
    else:
        module.model.embeddings.position_embeddings.data.zero_()


def test_features_follow_patches_but_for_their_position(family, saved):
    """Moved patches move the features once no position is known."""
    module = FeaturesFromTransformers(saved(family), grid=(3, 5))
    images = images_of(*module.image_size)
    moved = images.roll((module.patch_size, -module.patch_size), (2, 3))
    expected = module(images).roll((1, -1), (2, 3))
    assert (module(moved) - expected).abs().max() > 1e-2
    without_position(module)
    expected = module(images).roll((1, -1), (2, 3))
    torch.testing.assert_close(module(moved), expected)


def test_keys_are_read_before_rope(saved):
    """So that equal patches have equal keys wherever they are."""
    folder = saved('dinov3')
    module = FeaturesFromTransformers(folder, 'key', layer=0, grid=4)
    tile = images_of(module.patch_size, module.patch_size, 1)
    features = module(tile.repeat(1, 1, 4, 4))
    torch.testing.assert_close(
        features, features[:, :, :1, :1].expand_as(features)
    )
    later = FeaturesFromTransformers(folder, 'key', layer=1, grid=4)
    assert later(tile.repeat(1, 1, 4, 4)).std((2, 3)).max() > 1e-3


def test_batch_equals_single_images(family, saved):
    module = FeaturesFromTransformers(saved(family), grid=(3, 5))
    images = images_of(number=3)
    single = torch.cat([module(image[None]) for image in images])
    torch.testing.assert_close(module(images), single)


def test_values_are_0_to_255_whatever_the_dtype(saved):
    module = FeaturesFromTransformers(saved('dinov2'), grid=3)
    pixels = torch.randint(0, 256, (1, 3, 42, 42), dtype=torch.uint8)
    torch.testing.assert_close(module(pixels), module(pixels.float()))


def test_half_precision_gives_float32_close_to_full(family, saved):
    for kind in ('key', 'token'):
        settings = {'model': saved(family), 'kind': kind, 'grid': 3}
        full = FeaturesFromTransformers(**settings)(images_of())
        half = FeaturesFromTransformers(amp=True, **settings)(images_of())
        assert half.dtype == torch.float32
        difference = (half - full).abs()
        assert 0 < difference.mean() < 0.05 * full.abs().mean()


def test_weights_in_half_precision_run_in_float32(tmp_path):
    random_network('dinov3').bfloat16().save_pretrained(tmp_path)
    module = FeaturesFromTransformers(tmp_path, grid=3)
    assert {p.dtype for p in module.parameters()} == {torch.float32}


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_runs_on_the_device_it_is_on(family, saved):
    for kind in ('key', 'token'):
        module = FeaturesFromTransformers(
            saved(family), kind, grid=3, amp=True
        ).cuda()
        features = module(images_of())
        assert features.is_cuda and features.dtype == torch.float32


def test_stays_frozen_and_travels(saved):
    module = MODELS.build(
        {
            'type': 'FeaturesFromTransformers',
            'model': str(saved('dinov3')),
            'kind': 'key',
            'grid': 3,
        }
    )
    parent = torch.nn.Sequential(module).train()
    assert parent.training
    assert not any(child.training for child in module.modules())
    assert not any(p.requires_grad for p in module.parameters())
    images = images_of().requires_grad_()
    assert not module(images).requires_grad
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(images), module(images))


def test_statistics_of_images_are_the_models_own(tmp_path, monkeypatch):
    """Those of DINOv3's networks for satellite images differ."""
    random_network('dinov3').save_pretrained(tmp_path)
    images, said = images_of(), []
    monkeypatch.setattr(
        hub_vit, 'print_log', lambda text, **kwargs: said.append(text)
    )
    mean, std = [0.430, 0.411, 0.296], [0.213, 0.156, 0.143]
    plain = FeaturesFromTransformers(tmp_path, grid=3)(images)
    assert len(said) == 1 and 'statistics of ImageNet are taken' in said[0]
    file = tmp_path / 'preprocessor_config.json'
    file.write_text(json.dumps({'image_mean': mean, 'image_std': std}))
    own = FeaturesFromTransformers(tmp_path, grid=3)(images)
    assert len(said) == 1
    mean, std = ([255 * value for value in v] for v in (mean, std))
    expected = reference(tmp_path, images, (3, 3), mean, std)
    torch.testing.assert_close(own, expected['token', LAYERS - 1])
    assert (own - plain).abs().max() > 0.01


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('{', 'to hold image_mean and image_std, but got JSONDecodeError'),
        ('{}', "KeyError: 'image_mean'"),
        ('{"image_mean": [0, 0], "image_std": [1, 1]}', 'three numbers'),
        ('{"image_mean": [0,0,0], "image_std": [1,0,1]}', 'to be positive'),
    ],
)
def test_bad_statistics(text, message, tmp_path):
    random_network('dinov2').save_pretrained(tmp_path)
    (tmp_path / 'preprocessor_config.json').write_text(text)
    with pytest.raises(ValueError, match=message):
        FeaturesFromTransformers(tmp_path)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'kind': 'keys'}, "`kind` to be one of .*'token'.*but got 'keys'"),
        ({'layer': 3}, '`layer` to be from -3 to 2.*but got 3'),
        ({'layer': -4}, 'but got -4'),
        ({'layer': 1.0}, '`layer` to be an integer, but got float'),
        ({'grid': 0}, '`grid` to be one or two positive integers'),
        ({'grid': (3, 4, 5)}, 'one or two positive integers'),
        ({'grid': (3, 4.5)}, 'one or two positive integers'),
    ],
)
def test_bad_settings(settings, message, saved):
    with pytest.raises(ValueError, match=message):
        FeaturesFromTransformers(saved('dinov2'), **settings)


@pytest.mark.parametrize(
    ('model', 'message'),
    [
        ('dinov2_vitb14_regs', r'dinov2_vitb14_reg.*or a folder that exists'),
        ('/no/such/folder', 'a folder that exists'),
        ('dino_vitb8', 'that one is read by ViTKeys'),
        ('nobody/dinov2-none', 'cannot be had.*To place it by hand, fetch'),
        ('nobody/dinov3-none', 'accept the DINOv3 License.*To place it by'),
    ],
)
def test_models_that_are_not_there(model, message):
    transformers()
    with pytest.raises(ValueError, match=message):
        FeaturesFromTransformers(model, local_files_only=True)


def test_a_network_of_another_family(tmp_path):
    lib = transformers()
    lib.ViTConfig(hidden_size=8, num_attention_heads=2).save_pretrained(
        tmp_path
    )
    with pytest.raises(ValueError, match="one of .*'dinov3_vit'.*'vit'"):
        FeaturesFromTransformers(tmp_path)


def test_a_family_that_transformers_does_not_know(tmp_path):
    transformers()
    config = {'model_type': 'dinov9', 'hidden_size': 8}
    (tmp_path / 'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match='dinov9.*needs transformers 4.56'):
        FeaturesFromTransformers(tmp_path)


def test_weights_that_are_missing_broken_or_incomplete(saved, tmp_path):
    model = random_network('dinov2')
    model.config.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match='cannot be had.*fetch all files'):
        FeaturesFromTransformers(tmp_path)

    state = model.state_dict()
    del state['encoder.layer.1.norm1.weight']
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(ValueError, match='1 are missing, the first'):
        FeaturesFromTransformers(tmp_path)

    (file,) = tmp_path.glob('*.safetensors')
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match='to fit its config, but got'):
        FeaturesFromTransformers(tmp_path)


@pytest.mark.parametrize('shape', [(3, 64, 64), (1, 1, 64, 64)])
def test_bad_images(shape, saved):
    module = FeaturesFromTransformers(saved('dinov2'), grid=2)
    with pytest.raises(ValueError, match=r'shape \(B, 3, H, W\), but got'):
        module(torch.zeros(shape))
