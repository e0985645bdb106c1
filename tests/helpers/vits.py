"""Tiny Vision Transformers with random weights, as files a component reads."""

import pytest
import torch

from mmcuts3d.models.features import ViTKeys

LAYERS = 3
#: Name of the config in transformers, patch size, registers, more settings.
FAMILIES = {
    'dinov2': ('Dinov2Config', 14, 0, {'mlp_ratio': 2}),
    'dinov2_reg': ('Dinov2WithRegistersConfig', 14, 4, {'mlp_ratio': 2}),
    'dinov3': ('DINOv3ViTConfig', 16, 4, {'intermediate_size': 64}),
}
#: Sizes of the network of mmpretrain.
SIZES = {
    'embed_dims': 24,
    'num_layers': LAYERS,
    'num_heads': 3,
    'feedforward_channels': 32,
}


def transformers():
    return pytest.importorskip('transformers')


def random_network(family):
    """A network with noise in every weight, norms and scales around 1."""
    lib = transformers()
    name, patch_size, registers, more = FAMILIES[family]
    if not hasattr(lib, name):
        pytest.skip(f'transformers {lib.__version__} has no {name}')
    if registers:
        more = {**more, 'num_register_tokens': registers}
    config = getattr(lib, name)(
        hidden_size=32,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        patch_size=patch_size,
        image_size=4 * patch_size,
        **more,
    )
    torch.manual_seed(len(family))
    model = lib.AutoModel.from_config(config).eval()
    for parameter_name, value in model.named_parameters():
        around = 'norm' in parameter_name and parameter_name.endswith('weight')
        around = around or 'lambda' in parameter_name
        scale = 0.3 if value.ndim > 1 else 0.1
        value.data.copy_(torch.randn_like(value) * scale + float(around))
    return model


def vit_keys_config(folder, **settings):
    """A config of ViTKeys whose weights have noise everywhere."""
    config = {
        'type': 'mmcuts3d.ViTKeys',
        'arch': SIZES,
        'patch_size': 8,
        'image_size': 64,
        **settings,
    }
    kwargs = {k: v for k, v in config.items() if k != 'type'}
    torch.manual_seed(0)
    state = ViTKeys(**{**kwargs, 'kind': 'token'}).backbone.state_dict()
    for name, value in state.items():
        around = name.endswith('weight') and 'ln' in name
        value.copy_(torch.randn_like(value) * 0.1 + float(around))
    torch.save(state, folder / 'tiny.pth')
    return {**config, 'weights': str(folder / 'tiny.pth')}
