"""ViTKeys against transformers' ViT on the same random weights.

The weights are written in the layouts of the official files, as the code of
facebookresearch/dino, csyanbin/DiffNCuts, facebookresearch/mae, msn, moco-v3
and deit saves them. Of SelfPatch see test_vit_selfpatch.py.
"""

import argparse
import re

import pytest
import torch

import mmcuts3d.registry  # noqa: F401  (repairs imports before transformers)

transformers = pytest.importorskip('transformers')

from mmcuts3d.models.features.frozen_vit import MEAN, STD  # noqa: E402
from mmcuts3d.models.features.vit_keys import ViTKeys  # noqa: E402

TINY = {
    'embed_dims': 48,
    'num_layers': 2,
    'num_heads': 3,
    'feedforward_channels': 192,
}
#: From transformers (4 and 5) to the names of DINO, DiffNCuts and MAE.
NAMES = (
    (r'embeddings\.cls_token', 'cls_token'),
    (r'embeddings\.position_embeddings', 'pos_embed'),
    (r'embeddings\.patch_embeddings\.projection', 'patch_embed.proj'),
    (r'(encoder\.layer|layers)\.(\d+)\.', r'blocks.\2.'),
    (r'layernorm_before', 'norm1'),
    (r'layernorm_after', 'norm2'),
    (r'attention\.(o_proj|output\.dense)', 'attn.proj'),
    (r'attention\.(attention\.)?(query|q_proj)', 'attn.q'),
    (r'attention\.(attention\.)?(key|k_proj)', 'attn.k'),
    (r'attention\.(attention\.)?(value|v_proj)', 'attn.v'),
    (r'(?<!mlp)\.intermediate\.dense', '.mlp.fc1'),
    (r'(\d)\.output\.dense', r'\1.mlp.fc2'),
    (r'^layernorm', 'norm'),
)


def make_reference(patch_size, image_size=224, seed=0, **sizes):
    """A ViT of transformers with noise in every weight."""
    torch.manual_seed(seed)
    model = transformers.ViTModel(
        transformers.ViTConfig(
            hidden_size=sizes['embed_dims'],
            num_hidden_layers=sizes['num_layers'],
            num_attention_heads=sizes['num_heads'],
            intermediate_size=sizes['feedforward_channels'],
            patch_size=patch_size,
            image_size=image_size,
            layer_norm_eps=1e-6,
            attn_implementation='eager',
        ),
        add_pooling_layer=False,
    ).eval()
    for name, value in model.state_dict().items():
        noise = torch.randn_like(value) * (0.02 if value.ndim > 1 else 0.1)
        value.copy_(noise + ('norm' in name and name.endswith('weight')))
    return model


def official_weights(model):
    """State dict of the backbone in the names of the official files."""
    state = {}
    for name, value in model.state_dict().items():
        for pattern, replacement in NAMES:
            name = re.sub(pattern, replacement, name)
        state[name] = value.clone()
    for i in range(model.config.num_hidden_layers):
        for part in ('weight', 'bias'):
            qkv = [state.pop(f'blocks.{i}.attn.{x}.{part}') for x in 'qkv']
            state[f'blocks.{i}.attn.qkv.{part}'] = torch.cat(qkv)
    return state


def reference_keys(model, images):
    """Output of the last key projection, (B, C, h, w), no class token."""
    captured = []
    (key,) = [
        module
        for name, module in model.named_modules()
        if re.search(
            rf'\.{model.config.num_hidden_layers - 1}\..*(key|k_proj)$', name
        )
    ]
    hook = key.register_forward_hook(lambda *a: captured.append(a[2]))
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
    with torch.no_grad():
        model((images - mean) / std, interpolate_pos_encoding=True)
    hook.remove()
    h, w = (side // model.config.patch_size for side in images.shape[2:])
    return captured[0][:, 1:].transpose(1, 2).unflatten(2, (h, w))


def dino(state):
    return state


def dino_full(state):
    """Published full checkpoints: the student ran in DataParallel."""
    wrong = {k: torch.zeros_like(v) for k, v in state.items()}
    head = {'head.mlp.0.weight': torch.zeros(4, 4)}
    return {
        'student': {
            f'module.{k}': v for k, v in _under('backbone.', wrong, head)
        },
        'teacher': dict(_under('backbone.', state, head)),
        'epoch': 100,
        'args': argparse.Namespace(arch='vit_small', patch_size=8),
    }


def diffncuts(state):
    head = {
        'head1.net.0.weight': torch.zeros(4, 4),
        'head2d_proj.mlp.0.weight': torch.zeros(4, 4, 1, 1),
    }
    return {
        'model': dict(_under('net.', state, head)),
        'optimizer': {'state': {}, 'param_groups': []},
        'epoch': 2,
    }


def diffncuts_parallel(state):
    model = {f'module.{k}': v for k, v in diffncuts(state)['model'].items()}
    return {'model': model, 'optimizer': {}, 'epoch': 2}


def mae(state):
    return {'model': state}


def mae_with_decoder(state):
    decoder = {
        'mask_token': torch.zeros(1, 1, 8),
        'decoder_embed.weight': torch.zeros(8, 48),
        'decoder_pos_embed': torch.zeros(1, 197, 8),
        'decoder_blocks.0.norm1.weight': torch.zeros(8),
        'decoder_pred.bias': torch.zeros(8),
    }
    return {'model': {**state, **decoder}}


def msn(state):
    """Two networks under DistributedDataParallel, beside prototypes."""
    wrong = {k: torch.zeros_like(v) for k, v in state.items()}
    head = {'fc.fc1.weight': torch.zeros(4, 48), 'fc.bn1.bias': torch.ones(4)}
    return {
        'encoder': dict(_under('module.', {**wrong, **head}, {})),
        'opt': {'state': {}, 'param_groups': []},
        'prototypes': torch.zeros(4, 48),
        'target_encoder': dict(_under('module.', {**state, **head}, {})),
        'epoch': 600,
    }


def mocov3(state):
    """The network and its moving average; its authors take the first."""
    wrong = {k: torch.zeros_like(v) for k, v in state.items()}
    head = {'head.0.weight': torch.zeros(4, 48), 'head.1.bias': torch.ones(4)}
    both = _under('module.base_encoder.', {**state, **head}, {})
    both += _under('module.momentum_encoder.', {**wrong, **head}, {})
    both += [('module.predictor.0.weight', torch.zeros(4, 4))]
    return {
        'epoch': 300,
        'arch': 'vit_base',
        'state_dict': dict(both),
        'optimizer': {'state': {}, 'param_groups': []},
        'scaler': {},
    }


def deit(state):
    head = {'head.weight': torch.zeros(10, 48), 'head.bias': torch.zeros(10)}
    return {'model': {**state, **head}}


def _under(prefix, state, others):
    return [(prefix + k, v) for k, v in state.items()] + list(others.items())


LAYOUTS = (
    dino,
    dino_full,
    diffncuts,
    diffncuts_parallel,
    mae,
    mae_with_decoder,
    msn,
    mocov3,
    deit,
)


def assert_same_keys(model, checkpoint, tmp_path, images, **kwargs):
    path = tmp_path / 'weights.pth'
    torch.save(checkpoint, path)
    extractor = ViTKeys(
        patch_size=model.config.patch_size,
        weights=path,
        image_size=images.shape[2:],
        **kwargs,
    )
    expected = reference_keys(model, images)
    actual = extractor(images)
    assert actual.shape == expected.shape
    assert expected.std() > 0.05  # else a difference would prove nothing
    assert (actual - expected).abs().max() < 1e-4


@pytest.mark.parametrize('layout', LAYOUTS, ids=lambda f: f.__name__)
def test_keys_of_every_layout_on_a_60x60_grid(layout, tmp_path):
    model = make_reference(patch_size=8, **TINY)
    images = torch.rand(1, 3, 480, 480) * 255
    checkpoint = layout(official_weights(model))
    assert_same_keys(model, checkpoint, tmp_path, images, arch=TINY)


@pytest.mark.parametrize('patch_size', [8, 16])
@pytest.mark.parametrize(
    ('arch', 'sizes'),
    [
        ('small', (384, 12, 6, 1536)),
        ('base', (768, 12, 12, 3072)),
        ('mocov3-small', (384, 12, 12, 1536)),
    ],
)
def test_networks_of_dino_and_of_moco_v3_at_full_depth(
    arch, sizes, patch_size, tmp_path
):
    sizes = dict(zip(TINY, sizes, strict=True))
    model = make_reference(patch_size, **sizes)
    images = torch.rand(1, 3, 5 * patch_size, 4 * patch_size) * 255
    assert_same_keys(
        model, official_weights(model), tmp_path, images, arch=arch
    )


@pytest.mark.slow
def test_vit_small_8_at_480(tmp_path):
    model = make_reference(8, **dict(zip(TINY, (384, 12, 6, 1536), strict=1)))
    images = torch.rand(1, 3, 480, 480) * 255
    assert_same_keys(model, official_weights(model), tmp_path, images)


def test_names_are_those_of_timm():
    """timm's ViT is what the official code was derived from."""
    timm = pytest.importorskip('timm')
    model = timm.create_model('vit_tiny_patch16_224', num_classes=0)
    sizes = (192, 12, 3, 768)
    reference = make_reference(16, **dict(zip(TINY, sizes, strict=True)))
    expected = {k: v.shape for k, v in model.state_dict().items()}
    actual = {k: v.shape for k, v in official_weights(reference).items()}
    assert actual == expected


def test_offset_repeats_dinos_interpolation(tmp_path):
    """DINO scales the grid by (side + 0.1) / 28 and keeps that factor."""
    model = make_reference(patch_size=8, **TINY)
    path = tmp_path / 'weights.pth'
    torch.save(official_weights(model), path)
    images = torch.rand(1, 3, 480, 480) * 255
    settings = {'arch': TINY, 'patch_size': 8, 'weights': path}
    exact = ViTKeys(**settings)(images)
    as_dino = ViTKeys(**settings, interpolate_offset=0.1)(images)

    position = model.embeddings.position_embeddings.data
    grid = position[:, 1:].reshape(1, 28, 28, 48).permute(0, 3, 1, 2)
    factor = 60.1 / 28
    grid = torch.nn.functional.interpolate(
        grid, scale_factor=(factor, factor), mode='bicubic'
    )
    assert grid.shape[2:] == (60, 60)
    grid = grid.permute(0, 2, 3, 1).reshape(1, 3600, 48)
    reference = make_reference(patch_size=8, image_size=480, **TINY)
    state = model.state_dict()
    name = 'embeddings.position_embeddings'
    state[name] = torch.cat([position[:, :1], grid], dim=1)
    reference.load_state_dict(state)
    expected = reference_keys(reference, images)
    assert (as_dino - expected).abs().max() < 1e-4
    assert (exact - expected).abs().max() > 1e-3
