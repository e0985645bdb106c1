"""STEGO's segmentation head (Hamilton et al., ICLR 2022)."""

import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class StegoHead(nn.Module):
    """From frozen features to codes of few channels.

    A linear map of the features, plus, if ``nonlinear``, a network with one
    hidden layer of the width of the features. In training whole channels
    are dropped, drawn again for each of the two branches.

    Args:
        in_channels (int): Channels of the features.
        code_channels (int): Channels of a code; 70 for ViT-S, 90 for ViT-B,
            100 on Cityscapes. Defaults to 70.
        nonlinear (bool): Whether there is the second branch. Defaults to
            True.
        dropout (float): Chance of a channel to be dropped, in [0, 1).
            Defaults to 0.1.

    Raises:
        ValueError: If a setting is out of range.
    """

    def __init__(
        self,
        in_channels: int,
        code_channels: int = 70,
        nonlinear: bool = True,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        for name, value in (
            ('in_channels', in_channels),
            ('code_channels', code_channels),
        ):
            if value < 1:
                raise ValueError(
                    f'Expected argument `{name}` to be at least 1, but got '
                    f'{value}'
                )
        if not 0 <= dropout < 1:
            raise ValueError(
                'Expected argument `dropout` to be in [0, 1), but got '
                f'{dropout}'
            )
        self.in_channels = in_channels
        self.code_channels = code_channels
        self.dropout = nn.Dropout2d(dropout)
        self.linear = nn.Conv2d(in_channels, code_channels, 1)
        self.nonlinear = (
            nn.Sequential(
                nn.Conv2d(in_channels, in_channels, 1),
                nn.ReLU(),
                nn.Conv2d(in_channels, code_channels, 1),
            )
            if nonlinear
            else None
        )

    def forward(self, features: Tensor) -> Tensor:
        """(B, in_channels, h, w) -> (B, code_channels, h, w).

        Raises:
            ValueError: If the features have another number of channels.
        """
        if features.ndim != 4 or features.shape[1] != self.in_channels:
            raise ValueError(
                'Expected argument `features` to have shape '
                f'(B, {self.in_channels}, h, w), but got '
                f'{tuple(features.shape)}'
            )
        codes = self.linear(self.dropout(features))
        if self.nonlinear is not None:
            codes = codes + self.nonlinear(self.dropout(features))
        return codes

    @torch.no_grad()
    def drop(self, features: Tensor) -> Tensor:
        """Features as the loss sees them: with channels dropped, in training.

        STEGO's public code correlates them so.
        """
        return self.dropout(features)
