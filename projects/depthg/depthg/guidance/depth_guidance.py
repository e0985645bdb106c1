"""Depth as a guide of the training: which map, how much, and until when."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .maps import Kind, check_kind, guidance_maps
from .schedule import DecaySchedule


@MODELS.register_module()
class DepthGuidance(nn.Module):
    """What the codes are correlated with, beside features.

    Args:
        kind (str): See :func:`guidance_maps`. Defaults to 'depth'.
        schedule (dict, optional): Settings of :class:`DecaySchedule`.
            Defaults to None: the weight stays.
        source (dict, optional): Feature source, for kind 'features'.
            Defaults to None.

    Raises:
        ValueError: If a setting is out of range or unknown.
    """

    def __init__(
        self,
        kind: Kind = 'depth',
        schedule: Mapping[str, Any] | None = None,
        source: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        check_kind(kind, source)
        self.kind: Kind = kind
        self.schedule = DecaySchedule(**(schedule or {}))
        self.source = None if source is None else MODELS.build(source)
        self.requires_grad_(False)

    def forward(
        self,
        data_samples: Sequence[Any],
        images: Tensor,
        grid: tuple[int, int],
    ) -> Tensor:
        """(B, G, h, w), see :func:`guidance_maps`."""
        return guidance_maps(
            self.kind, data_samples, images, grid, self.source
        )
