"""Keys of the last attention of a frozen ViT: the features of the cuts.

First step of the flow (CutS3D, section 3.1; MaskCut and TokenCut take the
same keys): image -> (C, h, w) on the patch grid.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.logging import print_log
from torch import Tensor, nn
from torch.nn import functional

from mmcuts3d.registry import MODELS

from .architectures import (
    check_architecture,
    resize_position_embedding,
    resolve_architecture,
)
from .weights import HOST, OFFICIAL_WEIGHTS, find_weights, load_weights

#: Mean and standard deviation of ImageNet in RGB, for values 0 … 255.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)
OUTPUTS = ('queries', 'keys', 'values', 'tokens')


@MODELS.register_module()
class ViTKeys(nn.Module):
    """Dense features of a frozen Vision Transformer of mmpretrain.

    The network stays in evaluation mode, has no gradients, and runs on the
    device that the module is on.

    Args:
        arch (str or dict): ``'tiny'``, ``'small'``, ``'base'``, ``'large'``,
            ``'huge'`` (the names of DINO and MAE), or mmpretrain's dict of
            sizes. Defaults to 'small'.
        patch_size (int): Side of a patch in pixels. Defaults to 8.
        weights (str or path, optional): A name of
            ``mmcuts3d.models.features.OFFICIAL_WEIGHTS`` (``'dino_vits8'``,
            ``'mae_vitb16'`` …; downloaded once) or a local file in the
            layout of DINO, DiffNCuts, MAE or mmpretrain. Defaults to None:
            random weights, good for tests only.
        image_size (int or tuple[int, int]): Height and width in pixels that
            the network sees; images of another size are resized (bilinear,
            antialiased, aspect not kept). Multiples of ``patch_size``.
            Defaults to 480 (CutS3D, section 4).
        out (str): ``'keys'``, ``'queries'`` or ``'values'`` of the last
            attention with the heads side by side, or ``'tokens'``, the
            normalised output of the last block. Defaults to 'keys'.
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
        out: str = 'keys',
        interpolate_offset: float = 0.0,
        amp: bool = False,
        cache_dir: str | os.PathLike[str] | None = None,
        base_url: str = HOST,
    ) -> None:
        super().__init__()
        if out not in OUTPUTS:
            raise ValueError(
                f'Expected argument `out` to be one of {OUTPUTS}, but got '
                f'{out!r}'
            )
        self.image_size = _image_size(image_size, patch_size)
        self.grid = tuple(side // patch_size for side in self.image_size)
        self.patch_size = patch_size
        self.out = out
        self.amp = amp
        sizes = resolve_architecture(arch)
        self.channels = sizes['embed_dims']
        self.register_buffer(
            'mean', torch.tensor(MEAN).view(3, 1, 1), persistent=False
        )
        self.register_buffer(
            'std', torch.tensor(STD).view(3, 1, 1), persistent=False
        )

        # Here, because it imports all of mmpretrain.
        from mmpretrain.models.backbones import VisionTransformer

        self.backbone = VisionTransformer(
            arch=sizes,
            img_size=self.image_size,
            patch_size=patch_size,
            out_type='featmap',
            final_norm=True,
        )
        if weights is None:
            nn.init.trunc_normal_(self.backbone.pos_embed, std=0.02)
            print_log(
                'ViTKeys has no `weights`: its features are random.',
                logger='current',
                level=logging.WARNING,
            )
        else:
            self._load(weights, arch, interpolate_offset, cache_dir, base_url)
        if out != 'tokens':
            self.backbone.layers[-1] = _Projection(
                self.backbone.layers[-1], OUTPUTS.index(out)
            )
            self.backbone.final_norm = False
            del self.backbone.ln1
        self.requires_grad_(False)
        self.eval()

    def _load(
        self,
        weights: str | os.PathLike[str],
        arch: str | Mapping[str, int],
        offset: float,
        cache_dir: str | os.PathLike[str] | None,
        base_url: str,
    ) -> None:
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
            state['pos_embed'], self.grid, offset
        )
        self.backbone.load_state_dict(state)

    @torch.no_grad()
    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> Tensor:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255, any dtype.
            data_samples (Sequence, optional): Not used. Defaults to None.

        Returns:
            Tensor: (B, C, h, w) float32 on the module's device; h and w are
            ``image_size / patch_size``, whatever H and W are.

        Raises:
            ValueError: If ``images`` has another shape.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(
                'Expected argument `images` to have shape (B, 3, H, W), but '
                f'got {tuple(images.shape)}'
            )
        device = self.mean.device
        images = (images.to(device, torch.float32) - self.mean) / self.std
        if images.shape[2:] != self.image_size:
            images = functional.interpolate(
                images,
                size=self.image_size,
                mode='bilinear',
                align_corners=False,
                antialias=True,
            )
        dtype = torch.bfloat16 if device.type == 'cpu' else torch.float16
        with torch.autocast(device.type, dtype=dtype, enabled=self.amp):
            (features,) = self.backbone(images)  # (B, C, h, w)
        return features.float().contiguous()

    def train(self, mode: bool = True) -> 'ViTKeys':
        """Keeps evaluation mode, whatever the parent switches to."""
        for module in self.modules():
            module.training = False
        return self


class _Projection(nn.Module):
    """Last block of a ViT, stopped after one third of its qkv projection.

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
