"""Convolutions on sparse voxels, in plain torch or by spconv."""

from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .voxel_grid import VoxelLevel

Engine = Literal['torch', 'spconv']

#: Most numbers that are gathered at once (2**24: 64 MB of float32).
_BLOCK = 2**24


class _GatherConv(torch.autograd.Function):
    """Submanifold convolution: neighbours are gathered and multiplied.

    Of two voxels each is the other's neighbour, on opposite sides. So the
    gradient is a convolution by the turned kernel over the same neighbours:
    nothing is scattered, sums have one order, and no gathered array is kept.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, neighbours: Tensor
    ) -> Tensor:
        ctx.save_for_backward(features, weight, neighbours)
        return _gathered_product(features, weight.flatten(1), neighbours)

    @staticmethod
    def backward(
        ctx: Any, grad: Tensor
    ) -> tuple[Tensor | None, Tensor | None, None]:
        features, weight, neighbours = ctx.saved_tensors
        grad_features = grad_weight = None
        if ctx.needs_input_grad[0]:
            turned = weight.flip(1, 2, 3).movedim(-1, 0).to(grad.dtype)
            grad_features = _gathered_product(
                grad.contiguous(),
                turned.movedim(1, -1).flatten(1),
                neighbours,
            ).to(features.dtype)
        if ctx.needs_input_grad[1]:
            flat = grad.new_zeros(len(weight), weight[0].numel())
            padded = F.pad(features.to(grad.dtype), (0, 0, 0, 1))
            for rows in _blocks(len(grad), 27 * features.shape[1]):
                near = padded[neighbours[rows]].flatten(1)
                flat += grad[rows].T @ near
            grad_weight = flat.reshape(weight.shape).to(weight.dtype)
        return grad_features, grad_weight, None


def _blocks(rows: int, width: int) -> list[slice]:
    step = max(_BLOCK // width, 1)
    return [slice(at, at + step) for at in range(0, rows, step)]


def _gathered_product(
    features: Tensor, weight: Tensor, neighbours: Tensor
) -> Tensor:
    """(V, C_out) from (V, C_in), (C_out, 27 C_in) and (V, 27)."""
    padded = F.pad(features, (0, 0, 0, 1))
    parts = [
        F.linear(padded[neighbours[rows]].flatten(1), weight)
        for rows in _blocks(len(features), 27 * features.shape[1])
    ]
    return parts[0] if len(parts) == 1 else torch.cat(parts)


class _TorchKernel(nn.Module):
    """The weight of a 3 × 3 × 3 convolution, in spconv's layout."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        shape = (out_channels, 3, 3, 3, in_channels)
        self.weight = nn.Parameter(torch.empty(shape))

    def forward(self, features: Tensor, level: VoxelLevel) -> Tensor:
        return _GatherConv.apply(features, self.weight, level.neighbours)


class SubmanifoldConv(nn.Module):
    """3 × 3 × 3 convolution whose output lives on the voxels of its input.

    Both engines have the same weight, (C_out, 3, 3, 3, C_in), and read each
    other's checkpoints.

    Args:
        in_channels (int): C_in.
        out_channels (int): C_out.
        engine (str): 'torch', or 'spconv', which is faster and saves memory
            on a GPU. Defaults to 'torch'.

    Raises:
        ValueError: If the engine is unknown or spconv is not installed.
    """

    def __init__(
        self, in_channels: int, out_channels: int, engine: Engine = 'torch'
    ) -> None:
        super().__init__()
        check_engine(engine)
        self.engine = engine
        if engine == 'torch':
            self.conv = _TorchKernel(in_channels, out_channels)
        else:
            import spconv.pytorch as spconv

            self.conv = spconv.SubMConv3d(
                in_channels, out_channels, 3, bias=False, indice_key='level'
            )
        fan = 27 * in_channels
        nn.init.normal_(self.conv.weight, std=(2 / fan) ** 0.5)

    def forward(self, features: Tensor, level: VoxelLevel) -> Tensor:
        """Convolve.

        Args:
            features (Tensor): (V, C_in).
            level (VoxelLevel): Its V voxels.

        Returns:
            Tensor: (V, C_out).

        Raises:
            ValueError: If spconv shall learn on a CPU, which it does not.
        """
        if self.engine == 'torch':
            return self.conv(features, level)
        return self._by_spconv(features, level)

    def _by_spconv(self, features: Tensor, level: VoxelLevel) -> Tensor:
        import spconv.pytorch as spconv

        if features.device.type == 'cpu' and torch.is_grad_enabled():
            raise ValueError(
                "Expected a GPU to train with engine='spconv', but got "
                'tensors of the CPU, on which spconv 2.3 computes no '
                "gradients: take engine='torch'; checkpoints stay valid."
            )
        if not level.cache:
            shape = level.coords[:, 1:].amax(0) + 1
            level.cache.update(
                indices=level.coords.int(), shape=shape.tolist(), pairs={}
            )
        sparse = spconv.SparseConvTensor(
            features,
            level.cache['indices'],
            level.cache['shape'],
            level.batch_size,
            indice_dict=level.cache['pairs'],
        )
        return self.conv(sparse).features


class DownConv(nn.Module):
    """2 × 2 × 2 convolution of stride 2, to the next coarser level.

    Args:
        in_channels (int): Of the finer level.
        out_channels (int): Of the coarser level.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(8 * in_channels, out_channels, bias=False)

    def forward(self, features: Tensor, coarse: VoxelLevel) -> Tensor:
        """(V_coarse, C_out) from (V_fine, C_in)."""
        padded = F.pad(features, (0, 0, 0, 1))
        return self.linear(padded[coarse.children].flatten(1))


class UpConv(nn.Module):
    """Transposed 2 × 2 × 2 convolution, to the next finer level.

    Args:
        in_channels (int): Of the coarser level.
        out_channels (int): Of the finer level.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_channels, 8 * out_channels, bias=False)
        # A voxel has one parent: what is multiplied are C_in numbers, not 8.
        nn.init.normal_(self.linear.weight, std=in_channels**-0.5)

    def forward(self, features: Tensor, fine: VoxelLevel) -> Tensor:
        """(V_fine, C_out) from (V_coarse, C_in)."""
        octants = self.linear(features)
        rows = octants.reshape(len(features) * 8, -1)
        return rows[fine.parents * 8 + fine.octants]


def check_engine(engine: str) -> None:
    """Check that an engine is known and there.

    Args:
        engine (str): Its name.

    Raises:
        ValueError: If it is not.
    """
    if engine not in get_args(Engine):
        raise ValueError(
            f'Expected argument `engine` to be one of {get_args(Engine)}, '
            f'but got {engine!r}.'
        )
    if engine == 'spconv':
        try:
            import spconv.pytorch  # noqa: F401
        except ImportError as error:
            raise ValueError(
                "Expected spconv to be installed for engine='spconv', but "
                f'got {error}: `pip install spconv-cu126` (or the one of '
                "your CUDA) brings it, and engine='torch' does without."
            ) from error
