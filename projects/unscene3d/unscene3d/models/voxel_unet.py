"""The backbone: a residual U-Net on sparse voxels."""

from collections.abc import Sequence
from typing import Any

import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .voxel_conv import DownConv, Engine, SubmanifoldConv, UpConv
from .voxel_grid import VoxelLevel, voxel_levels


@MODELS.register_module()
class VoxelUNet(BaseModule):
    """Features of voxels at several sizes (Sec. 4.4).

    A U-Net as the paper's Res16UNet34C, without MinkowskiEngine. Beside what
    a scene brings, a voxel sees where in it its vertices lie.

    Args:
        in_channels (int): Channels of the vertices.
        voxel_size (float): Metres. Defaults to 0.05.
        channels (Sequence[int]): Of each level, finest first. Defaults to
            (32, 48, 64, 96).
        blocks (Sequence[int]): Residual blocks of each level on the way
            down. Defaults to (1, 1, 1, 1).
        up_channels (Sequence[int]): Of each level but the coarsest on the
            way up, coarse to fine. Defaults to (96, 64, 64).
        up_blocks (int): Residual blocks of each level on the way up.
            Defaults to 1.
        engine (str): 'torch' or 'spconv'. Defaults to 'torch'.
        norm_cfg (dict, optional): Defaults to None: ``dict(type='LN')``,
            which knows scenes of one voxel; the paper's network has
            ``dict(type='BN1d')``.
        init_cfg (dict, optional): Of mmengine. Defaults to None.

    Raises:
        ValueError: If the numbers of levels disagree, or the size of a voxel
            is not above 0.
    """

    def __init__(
        self,
        in_channels: int,
        voxel_size: float = 0.05,
        channels: Sequence[int] = (32, 48, 64, 96),
        blocks: Sequence[int] = (1, 1, 1, 1),
        up_channels: Sequence[int] = (96, 64, 64),
        up_blocks: int = 1,
        engine: Engine = 'torch',
        norm_cfg: dict[str, Any] | None = None,
        init_cfg: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(blocks) != len(channels):
            raise ValueError(
                'Expected arguments `blocks` and `channels` to be of one '
                f'length, but got {len(blocks)} and {len(channels)}.'
            )
        if len(up_channels) != len(channels) - 1:
            raise ValueError(
                'Expected argument `up_channels` to be one shorter than '
                f'`channels`, but got {len(up_channels)} and '
                f'{len(channels)}.'
            )
        if not voxel_size > 0:
            raise ValueError(
                'Expected argument `voxel_size` to be above 0, but got '
                f'{voxel_size}.'
            )
        self.in_channels = in_channels
        self.voxel_size = voxel_size
        self.norm_cfg = norm_cfg or dict(type='LN')
        self.engine: Engine = engine
        self.stem = self._conv(in_channels + 3, channels[0])
        self.down, self.encoder = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(channels):
            if level:
                self.down.append(
                    _Step(DownConv(channels[level - 1], width), self._norm)
                )
            self.encoder.append(self._stage(width, width, blocks[level]))
        self.up, self.decoder = nn.ModuleList(), nn.ModuleList()
        before = channels[-1]
        for width, skip in zip(up_channels, channels[-2::-1], strict=True):
            self.up.append(_Step(UpConv(before, width), self._norm))
            self.decoder.append(self._stage(width + skip, width, up_blocks))
            before = width
        #: Channels of the levels given back, coarse to fine.
        self.out_channels = (channels[-1], *up_channels)

    def forward(
        self, points: Sequence[Tensor], features: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Features of the voxels of a batch of scenes.

        Args:
            points (Sequence[Tensor]): (n, 3) of each scene, metres.
            features (Sequence[Tensor]): (n, C) of each scene.

        Returns:
            tuple: Of each level, coarse to fine, (V, C_l) features and the
            voxel of each vertex of the batch, (n_1 + … + n_B,) int64.

        Raises:
            ValueError: If the scenes have another number of channels.
        """
        got = features[0].shape[1]
        if got != self.in_channels:
            raise ValueError(
                f'Expected vertices of {self.in_channels} channels, the '
                f'`in_channels` of the backbone, but got {got}: `inputs` of '
                'PackScene says which there are.'
            )
        levels, places = voxel_levels(
            points, self.voxel_size, len(self.encoder)
        )
        x = self._voxel_means(points, features, levels[0], places[0])
        x = self.stem(x, levels[0])
        skips = []
        for number, stage in enumerate(self.encoder):
            if number:
                x = self.down[number - 1](x, levels[number])
            x = _run(stage, x, levels[number])
            skips.append(x)
        found = [x]
        for number, (up, stage) in enumerate(
            zip(self.up, self.decoder, strict=True)
        ):
            fine = len(levels) - 2 - number
            x = up(x, levels[fine])
            x = torch.cat([x, skips[fine].to(x.dtype)], dim=1)
            x = _run(stage, x, levels[fine])
            found.append(x)
        return found, places[::-1]

    def _voxel_means(
        self,
        points: Sequence[Tensor],
        features: Sequence[Tensor],
        level: VoxelLevel,
        place: Tensor,
    ) -> Tensor:
        """(V, C + 3) mean features, and where in a voxel its vertices are."""
        within = torch.cat(
            [((p - p.amin(0)) / self.voxel_size) % 1 - 0.5 for p in points]
        )
        values = torch.cat([torch.cat(list(features)), within], dim=1)
        sums = values.new_zeros(len(level), values.shape[1])
        sums.index_add_(0, place, values)
        counts = values.new_zeros(len(level))
        counts.index_add_(0, place, torch.ones_like(values[:, 0]))
        return sums / counts[:, None]

    def _norm(self, channels: int) -> nn.Module:
        return build_norm_layer(self.norm_cfg, channels)[1]

    def _conv(self, before: int, after: int) -> nn.Module:
        conv = SubmanifoldConv(before, after, self.engine)
        return _Step(conv, self._norm, after)

    def _stage(self, before: int, after: int, number: int) -> nn.ModuleList:
        blocks = nn.ModuleList()
        for step in range(number):
            first = SubmanifoldConv(
                before if step == 0 else after, after, self.engine
            )
            second = SubmanifoldConv(after, after, self.engine)
            blocks.append(_ResidualBlock(first, second, self._norm))
        if not number and before != after:
            blocks.append(self._conv(before, after))
        return blocks


def _run(blocks: nn.ModuleList, x: Tensor, level: VoxelLevel) -> Tensor:
    for block in blocks:
        x = block(x, level)
    return x


def _width(conv: nn.Module) -> int:
    """Channels of a convolution's output."""
    if isinstance(conv, UpConv):
        return conv.linear.out_features // 8
    if isinstance(conv, DownConv):
        return conv.linear.out_features
    return conv.conv.weight.shape[0]


class _Step(nn.Module):
    """Convolution, norm, ReLU."""

    def __init__(
        self, conv: nn.Module, norm: Any, channels: int | None = None
    ) -> None:
        super().__init__()
        self.conv = conv
        self.norm = norm(channels or _width(conv))

    def forward(self, x: Tensor, level: VoxelLevel) -> Tensor:
        return torch.relu(self.norm(self.conv(x, level)))


class _ResidualBlock(nn.Module):
    """Two convolutions and a way around them."""

    def __init__(
        self, first: SubmanifoldConv, second: SubmanifoldConv, norm: Any
    ) -> None:
        super().__init__()
        before = first.conv.weight.shape[-1]
        after = _width(first)
        self.first, self.second = first, second
        self.first_norm, self.second_norm = norm(after), norm(after)
        self.around = (
            nn.Identity()
            if before == after
            else nn.Linear(before, after, bias=False)
        )

    def forward(self, x: Tensor, level: VoxelLevel) -> Tensor:
        y = torch.relu(self.first_norm(self.first(x, level)))
        y = self.second_norm(self.second(y, level))
        return torch.relu(y + self.around(x))
