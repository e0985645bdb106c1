"""What the frozen Vision Transformers of this folder share.

Images are brought to the network's size and statistics; the patch tokens of
one layer come back as a map on the patch grid.
"""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Mean and standard deviation of ImageNet in RGB, for values 0 … 255.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)

#: What is read of a block: a projection of its attention, the heads side by
#: side, or its output.
Kind = Literal['query', 'key', 'value', 'token']
KINDS: tuple[Kind, ...] = get_args(Kind)


class FrozenViT(nn.Module):
    """A Vision Transformer that is never trained, seen as image features.

    It stays in evaluation mode, has no gradients, and runs on the device that
    the module is on.

    Args:
        grid (tuple[int, int]): Patches (h, w).
        patch_size (int): Side of a patch in pixels.
        kind (str): One of ``KINDS``.
        amp (bool): Half precision inside the network (float16 on a GPU,
            bfloat16 on a CPU); the features are float32 in any case.
        mean (Sequence[float]): Of the images that the network was trained
            on, RGB, 0 … 255. Defaults to ImageNet's.
        std (Sequence[float]): Their standard deviation. Defaults to
            ImageNet's.

    Raises:
        ValueError: If ``kind`` is not known.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        grid: tuple[int, int],
        patch_size: int,
        kind: Kind,
        amp: bool,
        mean: Sequence[float] = MEAN,
        std: Sequence[float] = STD,
    ) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(
                f'Expected argument `kind` to be one of {KINDS}, but got '
                f'{kind!r}'
            )
        self.grid = grid
        self.patch_size = patch_size
        self.image_size = (grid[0] * patch_size, grid[1] * patch_size)
        self.kind = kind
        self.amp = amp
        for name, value in (('mean', mean), ('std', std)):
            value = torch.tensor(value).view(3, 1, 1)
            self.register_buffer(name, value, persistent=False)

    @abstractmethod
    def patch_features(self, images: Tensor) -> Tensor:
        """Normalised images at ``image_size`` -> (B, C, h, w)."""

    @staticmethod
    @abstractmethod
    def num_blocks(**settings: Any) -> int:
        """Blocks of the network that some settings name.

        Args:
            settings: Arguments of the component. No weights are loaded.
        """

    @abstractmethod
    def tap(
        self, layer: int, kind: Kind
    ) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
        """Where one layer and kind of a pass can be read.

        Args:
            layer (int): The block, counted from the front, at most the last
                that is run. The component itself reads tokens.
            kind (str): One of ``KINDS``.

        Returns:
            tuple: A module, and what makes of its output the tokens
            (B, N, C), those before the patches included.
        """

    def fold(self, tokens: Tensor) -> Tensor:
        """Tokens of a pass as a map on the patch grid.

        Args:
            tokens (Tensor): (B, N, C), the last h·w of them the patches, row
                by row.

        Returns:
            Tensor: (B, C, h, w).
        """
        patches = tokens[:, -self.grid[0] * self.grid[1] :]
        return patches.transpose(1, 2).unflatten(2, self.grid)

    def freeze(self) -> None:
        """No gradients, no training mode: the last call of ``__init__``."""
        self.requires_grad_(False)
        self.eval()

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
            those of ``grid``, whatever H and W are.

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
            features = self.patch_features(images)  # (B, C, h, w)
        return features.float().contiguous()

    def train(self, mode: bool = True) -> 'FrozenViT':
        """Keeps evaluation mode, whatever the parent switches to."""
        for module in self.modules():
            module.training = False
        return self


def layer_index(layer: int, count: int) -> int:
    """Place of a block, counted from the front.

    Args:
        layer (int): From 0, or from −1 backwards, as a list is indexed.
        count (int): Number of blocks.

    Returns:
        int: In 0 … ``count`` − 1.

    Raises:
        ValueError: If there is no such block.
    """
    if isinstance(layer, bool) or not isinstance(layer, int):
        raise ValueError(
            'Expected argument `layer` to be an integer, but got '
            f'{type(layer).__name__}'
        )
    if not -count <= layer < count:
        raise ValueError(
            f'Expected argument `layer` to be from {-count} to {count - 1}, '
            f'for a network of {count} blocks, but got {layer}'
        )
    return layer % count


def check_grid(grid: int | Sequence[int]) -> tuple[int, int]:
    """Patches (h, w) from one number, or two.

    Args:
        grid (int or Sequence[int]): h and w; one number stands for both.

    Returns:
        tuple[int, int]: (h, w).

    Raises:
        ValueError: If it is not one or two positive integers.
    """
    sides = (grid, grid) if isinstance(grid, int) else tuple(grid)
    if len(sides) != 2 or any(
        isinstance(side, bool) or not isinstance(side, int) or side < 1
        for side in sides
    ):
        raise ValueError(
            'Expected argument `grid` to be one or two positive integers, but '
            f'got {grid!r}'
        )
    return sides[0], sides[1]
