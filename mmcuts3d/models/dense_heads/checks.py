"""Checks that the heads of this folder share."""

from torch import nn

from mmcuts3d.models.losses import SpatialConfidenceDice


def check_dice(loss: nn.Module, argument: str) -> None:
    """Checks that a loss can take confidences.

    Args:
        loss (nn.Module): The loss that was built.
        argument (str): Its name in the config.

    Raises:
        ValueError: If it is no SpatialConfidenceDice.
    """
    if not isinstance(loss, SpatialConfidenceDice):
        raise ValueError(
            f'Expected argument `{argument}` to be a SpatialConfidenceDice, '
            f'but got {type(loss).__name__}: write '
            f"{argument}=dict(type='mmcuts3d.SpatialConfidenceDice', ...); "
            "its settings are those of mmdet's DiceLoss."
        )
