"""The Vision Transformers whose keys can be read, by name and by shape."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor


class ViTShape(NamedTuple):
    """What a state dict tells about its Vision Transformer.

    The number of heads leaves no trace in a state dict.

    Args:
        embed_dims (int): Channels of a token.
        num_layers (int): Number of transformer blocks.
        feedforward_channels (int): Hidden channels of a block's MLP.
        patch_size (int): Side of a patch in pixels.
        grid (int): Side of the grid of the position embedding in patches.
    """

    embed_dims: int
    num_layers: int
    feedforward_channels: int
    patch_size: int
    grid: int

    def __str__(self) -> str:
        return (
            f'embed_dims {self.embed_dims}, {self.num_layers} layers, '
            f'feedforward_channels {self.feedforward_channels}, '
            f'patch size {self.patch_size}'
        )


def _plain(embed_dims: int, num_layers: int, num_heads: int) -> dict[str, int]:
    return {
        'embed_dims': embed_dims,
        'num_layers': num_layers,
        'num_heads': num_heads,
        'feedforward_channels': 4 * embed_dims,
    }


#: Names as in DeiT, DINO and MAE. mmpretrain's own ``small`` is another
#: network; its name for this one is ``deit-small``.
ARCHITECTURES: dict[str, dict[str, int]] = {
    'tiny': _plain(192, 12, 3),
    'small': _plain(384, 12, 6),
    'base': _plain(768, 12, 12),
    'large': _plain(1024, 24, 16),
    'huge': _plain(1280, 32, 16),
    # The ViT-S of MoCo v3 has twice the heads; nothing else tells them apart.
    'mocov3-small': _plain(384, 12, 12),
}
_KEYS = {'embed_dims', 'num_layers', 'num_heads', 'feedforward_channels'}


def resolve_architecture(arch: str | Mapping[str, int]) -> dict[str, int]:
    """Sizes of an architecture given by name or in full.

    Args:
        arch (str or dict): ``'tiny'``, ``'small'``, ``'base'``, ``'large'``,
            ``'huge'``, each also as ``'deit-…'``; ``'mocov3-small'``; or a
            dict with ``embed_dims``, ``num_layers``, ``num_heads`` and
            ``feedforward_channels``.

    Returns:
        dict[str, int]: The four sizes, as mmpretrain takes them.

    Raises:
        ValueError: For an unknown name or an incomplete dict.
    """
    if isinstance(arch, str):
        name = arch.lower().removeprefix('deit-')
        if name not in ARCHITECTURES:
            raise ValueError(
                'Expected argument `arch` to be one of '
                f'{sorted(ARCHITECTURES)} or a dict, but got {arch!r}'
            )
        return dict(ARCHITECTURES[name])
    if set(arch) != _KEYS:
        raise ValueError(
            'Expected argument `arch` to be a dict with the keys '
            f'{sorted(_KEYS)}, but got {sorted(arch)}'
        )
    return dict(arch)


def architecture_name(shape: ViTShape) -> str:
    """Name of the architecture that a state dict holds, or its sizes."""
    for name, sizes in ARCHITECTURES.items():
        if shape[:3] == (
            sizes['embed_dims'],
            sizes['num_layers'],
            sizes['feedforward_channels'],
        ):
            return f'{name!r} ({shape})'
    return f'none of the named ones ({shape})'


def read_shape(state: Mapping[str, Tensor]) -> ViTShape:
    """Sizes of the Vision Transformer of a state dict in mmpretrain's names.

    Args:
        state (dict[str, Tensor]): Names as ``layers.0.attn.qkv.weight``.

    Returns:
        ViTShape: Its sizes.

    Raises:
        ValueError: If the patches are not square, or the position embedding
            is not that of a square grid, plus one for the class token if
            there is one.
    """
    projection = state['patch_embed.projection.weight']
    if projection.ndim != 4 or projection.shape[2] != projection.shape[3]:
        raise ValueError(
            'Expected the patch projection to have shape (C, 3, p, p), but '
            f'got {tuple(projection.shape)}'
        )
    class_tokens = int('cls_token' in state)
    tokens = state['pos_embed'].shape[1] - class_tokens
    grid = round(max(tokens, 0) ** 0.5)
    if tokens < 1 or grid * grid != tokens:
        raise ValueError(
            'Expected the position embedding to hold '
            f'{"one class token and " if class_tokens else ""}a square grid, '
            f'but got shape {tuple(state["pos_embed"].shape)}'
        )
    layers = {int(k.split('.')[1]) for k in state if k.startswith('layers.')}
    return ViTShape(
        embed_dims=projection.shape[0],
        num_layers=len(layers),
        feedforward_channels=state['layers.0.ffn.layers.0.0.weight'].shape[0],
        patch_size=projection.shape[2],
        grid=grid,
    )


def check_architecture(
    state: Mapping[str, Tensor],
    arch: str | Mapping[str, int],
    patch_size: int,
    source: Any = 'the checkpoint',
) -> ViTShape:
    """Checks that a state dict is of the architecture that is asked for.

    Args:
        state (dict[str, Tensor]): State dict in mmpretrain's names.
        arch (str or dict): See :func:`resolve_architecture`.
        patch_size (int): Side of a patch in pixels.
        source (Any): Where the state dict comes from, for the message.
            Defaults to 'the checkpoint'.

    Returns:
        ViTShape: The sizes of the state dict.

    Raises:
        ValueError: If a size differs; the message says which architecture
            the state dict seems to hold and which one was expected.
    """
    shape = read_shape(state)
    sizes = resolve_architecture(arch)
    expected = ViTShape(
        sizes['embed_dims'],
        sizes['num_layers'],
        sizes['feedforward_channels'],
        patch_size,
        shape.grid,
    )
    if shape != expected:
        raise ValueError(
            f'Expected {source} to hold a ViT of arch {arch!r} ({expected}), '
            f'but got arch {architecture_name(shape)}'
        )
    return shape


def resize_position_embedding(
    position_embedding: Tensor,
    grid: tuple[int, int],
    offset: float = 0.0,
    class_tokens: int = 1,
) -> Tensor:
    """Bicubic interpolation of a position embedding to another grid.

    Args:
        position_embedding (Tensor): (1, T + g·g, C), T class tokens first.
        grid (tuple[int, int]): Patches (h, w) of the new grid.
        offset (float): Added to h and w where the scale factors are computed.
            DINO's code, and what is built on it, passes 0.1 against rounding
            and so stretches the grid by 0.1 patch; 0 maps the grids onto
            each other exactly, as MAE and transformers do. Defaults to 0.
        class_tokens (int): T. Defaults to 1.

    Returns:
        Tensor: (1, T + h·w, C).
    """
    class_token, patches = position_embedding.split(
        [class_tokens, position_embedding.shape[1] - class_tokens], dim=1
    )
    side = round(patches.shape[1] ** 0.5)
    if (side, side) == tuple(grid):
        return position_embedding
    patches = patches.reshape(1, side, side, -1).permute(0, 3, 1, 2).float()
    target: dict[str, Any] = {'size': tuple(grid)}
    if offset:
        scale = tuple((count + offset) / side for count in grid)
        target = {'scale_factor': scale}  # (1, C, h, w), kept unrounded
    patches = torch.nn.functional.interpolate(
        patches, mode='bicubic', align_corners=False, **target
    )
    patches = patches.flatten(2).transpose(1, 2)  # (1, h·w, C)
    return torch.cat([class_token, patches.to(class_token.dtype)], dim=1)
