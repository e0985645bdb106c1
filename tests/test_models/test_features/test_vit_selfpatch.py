"""ViTKeys with SelfPatch's network against a slow one written out here.

No class token in the encoder and no normalisation after it: both are in the
head of alinlab/SelfPatch, whose checkpoints are laid out as DINO's.
"""

import pytest
import torch
from torch.nn import functional

import mmcuts3d.registry  # noqa: F401  (repairs imports first)
from mmcuts3d.models.features import LayerReader, convert_to_mmpretrain
from mmcuts3d.models.features.architectures import read_shape
from mmcuts3d.models.features.frozen_vit import MEAN, STD
from mmcuts3d.models.features.vit_keys import ViTKeys

DIMS, HEADS, LAYERS, PATCH, GRID = 24, 3, 2, 8, 4
ARCH = {
    'embed_dims': DIMS,
    'num_layers': LAYERS,
    'num_heads': HEADS,
    'feedforward_channels': 4 * DIMS,
}


@pytest.fixture
def state():
    torch.manual_seed(0)
    shapes = {
        'pos_embed': (1, GRID * GRID, DIMS),
        'patch_embed.proj.weight': (DIMS, 3, PATCH, PATCH),
        'patch_embed.proj.bias': (DIMS,),
    }
    for i in range(LAYERS):
        for name, rows, columns in (
            ('attn.qkv', 3 * DIMS, DIMS),
            ('attn.proj', DIMS, DIMS),
            ('mlp.fc1', 4 * DIMS, DIMS),
            ('mlp.fc2', DIMS, 4 * DIMS),
        ):
            shapes[f'blocks.{i}.{name}.weight'] = (rows, columns)
            shapes[f'blocks.{i}.{name}.bias'] = (rows,)
        for name in ('norm1', 'norm2'):
            shapes[f'blocks.{i}.{name}.weight'] = (DIMS,)
            shapes[f'blocks.{i}.{name}.bias'] = (DIMS,)
    return {
        name: torch.randn(shape) * 0.2 + ('norm' in name and 'w' in name)
        for name, shape in shapes.items()
    }


def checkpoint(state):
    """As main_selfpatch.py saves it: both networks, heads beside them."""
    wrong = {k: torch.zeros_like(v) for k, v in state.items()}
    head = {
        'head.cls_token': torch.zeros(1, 1, DIMS),
        'head.cls_blocks.0.norm1.weight': torch.zeros(DIMS),
        'head.norm.weight': torch.zeros(DIMS),
        'head1.last_layer.weight_g': torch.zeros(4, 1),
    }

    def under(prefix, weights):
        named = {f'backbone.{k}': v for k, v in weights.items()} | head
        return {prefix + k: v for k, v in named.items()}

    return {
        'student': under('module.', wrong),
        'teacher': under('', state),
        'epoch': 200,
        'dino_loss': {'center': torch.zeros(1, 4)},
    }


def reference(state, images):
    """Keys and output of the last block, (B, C, h, w) each, literally."""
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
    x = functional.conv2d(
        (images - mean) / std,
        state['patch_embed.proj.weight'],
        state['patch_embed.proj.bias'],
        stride=PATCH,
    )
    batch, _, h, w = x.shape
    x = x.flatten(2).transpose(1, 2) + state['pos_embed']

    def linear(x, name):
        return functional.linear(
            x, state[f'{name}.weight'], state[f'{name}.bias']
        )

    def norm(x, name):
        return functional.layer_norm(
            x, (DIMS,), state[f'{name}.weight'], state[f'{name}.bias'], 1e-6
        )

    for i in range(LAYERS):
        block = f'blocks.{i}'
        qkv = linear(norm(x, f'{block}.norm1'), f'{block}.attn.qkv')
        q, keys, v = qkv.chunk(3, dim=2)
        heads = [
            t.unflatten(2, (HEADS, -1)).transpose(1, 2) for t in (q, keys, v)
        ]
        weights = heads[0] @ heads[1].transpose(2, 3)
        weights = (weights / (DIMS / HEADS) ** 0.5).softmax(dim=-1)
        y = (weights @ heads[2]).transpose(1, 2).flatten(2)
        x = x + linear(y, f'{block}.attn.proj')
        hidden = linear(norm(x, f'{block}.norm2'), f'{block}.mlp.fc1')
        x = x + linear(functional.gelu(hidden), f'{block}.mlp.fc2')
    return tuple(
        t.transpose(1, 2).reshape(batch, DIMS, h, w) for t in (keys, x)
    )


@pytest.fixture
def path(state, tmp_path):
    torch.save(checkpoint(state), tmp_path / 'selfpatch.pth')
    return tmp_path / 'selfpatch.pth'


@pytest.mark.parametrize('norm', [True, False])
def test_same_keys_and_tokens(state, path, norm):
    images = torch.rand(2, 3, GRID * PATCH, GRID * PATCH) * 255
    keys, tokens = reference(state, images)
    assert keys.std() > 0.1 and tokens.std() > 0.1
    settings = {
        'arch': ARCH,
        'patch_size': PATCH,
        'weights': path,
        'image_size': GRID * PATCH,
        'norm': norm,
    }
    for kind, expected in (('key', keys), ('token', tokens)):
        actual = ViTKeys(**settings, kind=kind)(images)
        assert (actual - expected).abs().max() < 1e-4
    reader = LayerReader.from_config(
        {'type': 'mmcuts3d.ViTKeys', **settings, 'weights': str(path)},
        [-1],
        ['key', 'token'],
    )
    found = list(reader(images).values())
    for actual, expected in zip(found, (keys, tokens), strict=True):
        assert (actual - expected).abs().max() < 1e-4


def test_another_grid(state, path):
    """The position embedding is interpolated without a class token."""
    images = torch.rand(1, 3, 6 * PATCH, 6 * PATCH) * 255
    grid = state['pos_embed'].reshape(1, GRID, GRID, DIMS).permute(0, 3, 1, 2)
    grid = functional.interpolate(grid, (6, 6), mode='bicubic')
    wide = {**state, 'pos_embed': grid.flatten(2).transpose(1, 2)}
    keys, _ = reference(wide, images)
    module = ViTKeys(ARCH, PATCH, path, image_size=6 * PATCH)
    assert (module(images) - keys).abs().max() < 1e-4


def test_sizes_and_names(state):
    converted = convert_to_mmpretrain(checkpoint(state))
    assert 'cls_token' not in converted and 'ln1.weight' not in converted
    assert read_shape(converted).grid == GRID


@pytest.mark.parametrize(
    'name', ['blocks.1.norm2.bias', 'patch_embed.proj.bias', 'pos_embed']
)
def test_a_part_that_is_missing(state, name):
    del state[name]
    with pytest.raises(ValueError, match='whole ViT'):
        convert_to_mmpretrain(state)


def test_a_class_token_that_was_lost(state):
    """A grid and one more: the file is of another network, and damaged."""
    state['pos_embed'] = torch.zeros(1, GRID * GRID + 1, DIMS)
    with pytest.raises(ValueError, match='whole ViT.*cls_token'):
        convert_to_mmpretrain(state)
