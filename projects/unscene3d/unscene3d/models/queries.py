"""Where queries begin, and how places are written as features."""

import math

import torch
from torch import Tensor, nn


class FourierEncoding(nn.Module):
    """Places in metres as waves of several lengths along each axis.

    Mask3D draws frequencies at random and scales each scene to a unit cube;
    here they are fixed and in metres, so that near means the same in a small
    and in a large room.

    Args:
        channels (int): Of the result.
        shortest (float): Wavelength, metres. Defaults to 0.4.
        longest (float): Wavelength, metres. Defaults to 40.0.
    """

    def __init__(
        self, channels: int, shortest: float = 0.4, longest: float = 40.0
    ) -> None:
        super().__init__()
        number = max(channels // 6, 2)
        lengths = torch.logspace(
            math.log10(shortest), math.log10(longest), number
        )
        self.register_buffer('rates', 2 * math.pi / lengths, persistent=False)
        self.project = nn.Linear(6 * number, channels)

    def forward(self, places: Tensor) -> Tensor:
        """Encode.

        Args:
            places (Tensor): (..., 3), metres.

        Returns:
            Tensor: (..., channels).
        """
        waves = (places[..., None].float() * self.rates).flatten(-2)
        return self.project(torch.cat([waves.sin(), waves.cos()], dim=-1))


def farthest_segments(
    centres: Tensor, valid: Tensor, number: int
) -> tuple[Tensor, Tensor]:
    """Segments far from each other: farthest point sampling.

    The first is the one farthest from the middle of its scene, so that the
    order of the segments does not matter.

    Args:
        centres (Tensor): (B, S, 3).
        valid (Tensor): (B, S) bool, what is a segment and no padding.
        number (int): How many, at least 1.

    Returns:
        tuple: (B, q) int64 segments, q = min(number, S), and (B, q) bool,
        False where a scene has fewer segments and one is chosen twice.
    """
    number = min(number, centres.shape[1])
    share = valid[..., None].to(centres.dtype)
    middle = (centres * share).sum(1) / share.sum(1)
    far = (centres - middle[:, None]).square().sum(-1)
    far = far.masked_fill(~valid, -1)
    chosen = [far.argmax(1)]
    nearest = torch.full_like(far, math.inf).masked_fill(~valid, -1)
    rows = torch.arange(len(centres), device=centres.device)
    for _ in range(number - 1):
        last = centres[rows, chosen[-1]]
        step = (centres - last[:, None]).square().sum(-1)
        nearest = torch.minimum(nearest, step)
        # Never the same twice, even of two segments at one place.
        nearest[rows, chosen[-1]] = -1
        chosen.append(nearest.argmax(1))
    order = torch.arange(number, device=centres.device)
    return torch.stack(chosen, 1), order < valid.sum(1, keepdim=True)
