"""Features of DINOv2 and DINOv3 by the networks of transformers."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .backbones import GRID
from .frozen_vit import FrozenViT, Kind, check_grid, layer_index
from .hub_vit import load_config, load_network, load_statistics, model_name

#: Names of a block's projections in transformers 5 and 4.
PROJECTIONS = {
    'query': ('q_proj', 'query'),
    'key': ('k_proj', 'key'),
    'value': ('v_proj', 'value'),
}


@MODELS.register_module()
class FeaturesFromTransformers(FrozenViT):
    """Dense features of a DINOv2 or DINOv3 Vision Transformer.

    Class and register tokens are dropped. The position embedding is carried
    to the grid as transformers does it: DINOv2's is interpolated, DINOv3
    turns queries and keys by the place of their patch (RoPE). Queries and
    keys are read before that turn. The network's statistics of images are
    those of the model's ``preprocessor_config.json``, ImageNet's if there is
    none. It stays in evaluation mode, has no gradients, and runs on the
    device that the module is on.

    The weights were not run with this project; parity with transformers is
    proved on random ones. Their licences: DINOv2 Apache-2.0. DINOv3 the
    DINOv3 License, with terms of its own for commercial users as well, to be
    accepted on the hub before the download.

    Args:
        model (str or path): A name of
            ``mmcuts3d.models.features.BACKBONES`` (``'dinov2_vitb14_reg'``,
            ``'dinov3_vitb16'`` …), a name on the hub
            (``'facebook/dinov2-base'``) or a local folder as
            ``save_pretrained`` writes it.
        kind (str): ``'token'``, the output of a block, or ``'key'``,
            ``'query'`` or ``'value'`` of its attention with the heads side by
            side. Defaults to 'token'.
        layer (int): The block, from 0, or from −1 backwards; later ones are
            not run. Defaults to −1: the last.
        norm (bool): Whether tokens pass the network's last normalisation.
            Defaults to True.
        grid (int or tuple[int, int]): Patches (h, w). The network sees
            images of ``grid`` times its patch size, 840 pixels for 60 patches
            of 14 and 960 for 60 of 16; others are resized (bilinear,
            antialiased, aspect not kept). Defaults to 60.
        amp (bool): Half precision inside the network (float16 on a GPU,
            bfloat16 on a CPU); the features are float32 in any case.
            Defaults to False.
        local_files_only (bool): Never ask the hub. Defaults to False.
        revision (str, optional): Version of the model on the hub. Defaults
            to None: the newest.

    Raises:
        ImportError: If transformers is not installed.
        ValueError: For a setting out of range, or a model that cannot be had,
            is of another family or incomplete; says what to do.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = 'dinov2_vitb14_reg',
        kind: Kind = 'token',
        layer: int = -1,
        norm: bool = True,
        grid: int | Sequence[int] = GRID,
        amp: bool = False,
        local_files_only: bool = False,
        revision: str | None = None,
    ) -> None:
        sides = check_grid(grid)
        name = model_name(model)
        hub = {
            'local_files_only': local_files_only,
            'revision': revision or 'main',
        }
        config = load_config(name, hub)
        mean, std = load_statistics(name, hub)
        super().__init__(sides, config.patch_size, kind, amp, mean, std)
        self.layer = layer_index(layer, config.num_hidden_layers)
        self.channels = config.hidden_size
        self.model = load_network(name, hub)
        self._stop_at_layer(config.num_hidden_layers, norm)
        self.freeze()

    @staticmethod
    def num_blocks(
        model: str | os.PathLike[str] = 'dinov2_vitb14_reg',
        local_files_only: bool = False,
        revision: str | None = None,
        **settings: Any,
    ) -> int:
        """See :class:`FrozenViT`."""
        hub = {
            'local_files_only': local_files_only,
            'revision': revision or 'main',
        }
        count: int = load_config(model_name(model), hub).num_hidden_layers
        return count

    def _stop_at_layer(self, count: int, norm: bool) -> None:
        """Cuts off what nobody reads."""
        ((self._blocks, blocks),) = (
            (name, module)
            for name, module in self.model.named_modules()
            if isinstance(module, nn.ModuleList) and len(module) == count
        )
        del blocks[self.layer + 1 :]
        (self._last,) = (
            n for n in ('layernorm', 'norm') if hasattr(self.model, n)
        )
        if self.kind != 'token' or not norm:
            setattr(self.model, self._last, nn.Identity())

    def tap(
        self, layer: int, kind: Kind
    ) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """See :class:`FrozenViT`."""
        block = self.model.get_submodule(self._blocks)[layer]
        if kind == 'token':
            return block, getattr(self.model, self._last)
        (projection,) = (
            module
            for name, module in block.named_modules()
            if name.rpartition('.')[2] in PROJECTIONS[kind]
            and isinstance(module, nn.Linear)
        )
        return projection, _unchanged

    def patch_features(self, images: Tensor) -> Tensor:
        """Normalised images at ``image_size`` -> (B, C, h, w)."""
        if self.kind != 'token':
            return self.fold(self._projected(images))
        return self.fold(self.model(pixel_values=images).last_hidden_state)

    def _projected(self, images: Tensor) -> Tensor:
        found: list[Tensor] = []
        module, _ = self.tap(self.layer, self.kind)
        hook = module.register_forward_hook(
            lambda _, inputs, output: found.append(output)
        )
        try:
            self.model(pixel_values=images)
        finally:
            hook.remove()
        return found[0]


def _unchanged(tokens: Tensor) -> Tensor:
    return tokens
