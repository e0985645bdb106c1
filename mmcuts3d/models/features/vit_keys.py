"""Keys of an attention of a frozen ViT: the features of the cuts.

First step of the flow (CutS3D, section 3.1; MaskCut and TokenCut take the
keys of the last attention): image -> (C, h, w) on the patch grid.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from mmengine.logging import print_log
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .architectures import (
    check_architecture,
    resize_position_embedding,
    resolve_architecture,
)
from .frozen_vit import KINDS, FrozenViT, Kind, layer_index
from .weights import HOST, OFFICIAL_WEIGHTS, find_weights, load_weights

#: The kinds by the names of ``out``.
OUTPUTS: dict[str, Kind] = {
    'queries': 'query',
    'keys': 'key',
    'values': 'value',
    'tokens': 'token',
}


@MODELS.register_module()
class ViTKeys(FrozenViT):
    """Dense features of a frozen Vision Transformer of mmpretrain.

    The network stays in evaluation mode, has no gradients, and runs on the
    device that the module is on.

    Args:
        arch (str or dict): ``'tiny'``, ``'small'``, ``'base'``, ``'large'``,
            ``'huge'`` (the names of DINO and MAE), ``'mocov3-small'``, or
            mmpretrain's dict of sizes. Defaults to 'small'.
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        weights (str or path, optional): A name of
            ``mmcuts3d.models.features.OFFICIAL_WEIGHTS`` (``'dino_vits8'``,
            ``'mae_vitb16'`` …; downloaded once) or a local file in the
            layout of DINO, DiffNCuts, MAE, MSN, MoCo v3, SelfPatch, DeiT or
            mmpretrain. Defaults to None: random weights, good for tests
            only.
        image_size (int or tuple[int, int]): Height and width in pixels that
            the network sees; images of another size are resized (bilinear,
            antialiased, aspect not kept). Multiples of ``patch_size``.
            Defaults to 480 (CutS3D, section 4).
        out (str, optional): An older name of ``kind``: ``'keys'``,
            ``'queries'``, ``'values'`` or ``'tokens'``. Defaults to None.
        interpolate_offset (float): How the position embedding is carried to
            the grid, see :func:`resize_position_embedding`: 0 is exact, 0.1
            repeats DINO's own code. Defaults to 0.
        amp (bool): Half precision inside the network (float16 on a GPU,
            bfloat16 on a CPU); the features are float32 in any case.
            Defaults to False.
        cache_dir (path, optional): Folder of downloaded weights. Defaults to
            None, see :func:`weights_folder`.
        base_url (str): Host or mirror of the official files. Defaults to the
            authors' own.
        kind (str): ``'key'``, ``'query'`` or ``'value'`` of an attention
            with the heads side by side, or ``'token'``, the output of a
            block. Defaults to 'key'.
        layer (int): The block, from 0, or from −1 backwards; later ones are
            not run. Defaults to −1: the last.
        norm (bool): Whether tokens pass the network's last normalisation,
            which SelfPatch's has not. Defaults to True.

    Raises:
        ValueError: For a setting out of range, an unknown name, or weights
            of another architecture.
        WeightsError: If named weights cannot be had or have changed.
    """

    def __init__(
        self,
        arch: str | Mapping[str, int] = 'small',
        patch_size: int = 8,
        weights: str | os.PathLike[str] | None = None,
        image_size: int | Sequence[int] = 480,
        out: str | None = None,
        interpolate_offset: float = 0.0,
        amp: bool = False,
        cache_dir: str | os.PathLike[str] | None = None,
        base_url: str = HOST,
        kind: Kind = 'key',
        layer: int = -1,
        norm: bool = True,
    ) -> None:
        side = _image_size(image_size, patch_size)
        grid = (side[0] // patch_size, side[1] // patch_size)
        super().__init__(grid, patch_size, _kind(kind, out), amp)
        sizes = resolve_architecture(arch)
        self.channels = sizes['embed_dims']
        self.layer = layer_index(layer, sizes['num_layers'])

        state = {}
        if weights is not None:
            state = self._read(
                weights, arch, interpolate_offset, cache_dir, base_url
            )

        # Here, because it imports all of mmpretrain.
        from mmpretrain.models.backbones import VisionTransformer

        self.backbone = VisionTransformer(
            arch=sizes,
            img_size=self.image_size,
            patch_size=patch_size,
            out_type='featmap',
            final_norm=not state or 'ln1.weight' in state,
            with_cls_token=not state or 'cls_token' in state,
        )
        if weights is None:
            nn.init.trunc_normal_(self.backbone.pos_embed, std=0.02)
            print_log(
                'ViTKeys has no `weights`: its features are random.',
                logger='current',
                level=logging.WARNING,
            )
        else:
            self.backbone.load_state_dict(state)
        self._stop_at_layer(norm)
        self.freeze()

    def _read(
        self,
        weights: str | os.PathLike[str],
        arch: str | Mapping[str, int],
        offset: float,
        cache_dir: str | os.PathLike[str] | None,
        base_url: str,
    ) -> dict[str, Tensor]:
        """State dict of the backbone, its position embedding on the grid."""
        path = find_weights(weights, cache_dir, base_url)
        official = OFFICIAL_WEIGHTS.get(str(weights))
        try:
            state = load_weights(path)
            check_architecture(state, arch, self.patch_size, path)
        except ValueError as error:
            if official is None:
                raise
            raise ValueError(
                f'{error}. The name {weights!r} stands for arch '
                f'{official.arch!r} with patch size {official.patch_size}. '
                f'To place the file by hand, fetch {official.address()} and '
                f'save it as {path}.'
            ) from error
        state['pos_embed'] = resize_position_embedding(
            state['pos_embed'], self.grid, offset, int('cls_token' in state)
        )
        return state

    def _stop_at_layer(self, norm: bool) -> None:
        """Cuts off what nobody reads."""
        backbone = self.backbone
        del backbone.layers[self.layer + 1 :]
        backbone.out_indices = [self.layer]
        if self.kind != 'token':
            backbone.layers[-1] = _Projection(
                backbone.layers[-1], KINDS.index(self.kind)
            )
        if backbone.final_norm and (self.kind != 'token' or not norm):
            backbone.final_norm = False
            del backbone.ln1

    @staticmethod
    def num_blocks(
        arch: str | Mapping[str, int] = 'small', **settings: Any
    ) -> int:
        """See :class:`FrozenViT`."""
        return resolve_architecture(arch)['num_layers']

    def tap(
        self, layer: int, kind: Kind
    ) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """See :class:`FrozenViT`."""
        block = self.backbone.layers[layer]
        if kind != 'token':
            return block.attn.qkv, partial(_third, index=KINDS.index(kind))
        # The last block of mmpretrain's passes the norm outside of it.
        norm = self.backbone.final_norm
        return block, self.backbone.ln1 if norm else nn.Identity()

    def patch_features(self, images: Tensor) -> Tensor:
        """Normalised images at ``image_size`` -> (B, C, h, w)."""
        (features,) = self.backbone(images)
        return features


def _third(tokens: Tensor, index: int) -> Tensor:
    """Queries, keys or values of (B, N, 3 C), by their place in ``KINDS``."""
    return tokens.chunk(3, dim=2)[index]


class _Projection(nn.Module):
    """Block of a ViT, stopped after one third of its qkv projection.

    In the place of the block, it lets mmpretrain's own forward drop the class
    token and fold the grid, and saves the attention that nobody reads.
    """

    def __init__(self, layer: nn.Module, third: int) -> None:
        super().__init__()
        self.ln1 = layer.ln1
        channels = layer.attn.embed_dims
        rows = slice(third * channels, (third + 1) * channels)
        bias = layer.attn.qkv.bias
        self.projection = nn.Linear(channels, channels, bias=bias is not None)
        self.projection.weight.data.copy_(layer.attn.qkv.weight.data[rows])
        if bias is not None:
            self.projection.bias.data.copy_(bias.data[rows])

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1 + h·w, C) -> (B, 1 + h·w, C), heads side by side."""
        return self.projection(self.ln1(x))


def _kind(kind: Kind, out: str | None) -> Kind:
    if out is None:
        return kind
    if out not in OUTPUTS:
        raise ValueError(
            f'Expected argument `out` to be one of {tuple(OUTPUTS)}, but got '
            f'{out!r}'
        )
    if kind not in ('key', OUTPUTS[out]):
        raise ValueError(
            'Expected one of the arguments `kind` and `out`, but got '
            f'{kind!r} and {out!r}'
        )
    return OUTPUTS[out]


def _image_size(
    image_size: int | Sequence[int], patch_size: int
) -> tuple[int, int]:
    if isinstance(image_size, int):
        image_size = (image_size, image_size)
    if len(image_size) != 2 or any(
        side < patch_size or side % patch_size for side in image_size
    ):
        raise ValueError(
            'Expected argument `image_size` to be one or two multiples of '
            f'the patch size {patch_size}, but got {image_size}'
        )
    return int(image_size[0]), int(image_size[1])
