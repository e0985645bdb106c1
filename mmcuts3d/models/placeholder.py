"""Stands in for files that a config names and the caller brings instead."""

import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mmcuts3d.registry import MODELS


@MODELS.register_module()
class GivenByCaller(nn.Module):
    """A source of depth or features whose folder is not here.

    Args:
        what (str): 'depth' or 'features'.
        root (str): The folder that the config names.
    """

    def __init__(self, what: str, root: str) -> None:
        super().__init__()
        self.what = what
        self.root = root

    def forward(
        self, images: torch.Tensor, data_samples: Sequence[Any]
    ) -> torch.Tensor:
        """Asks for the map.

        Raises:
            ValueError: Always: a map that was given is never asked for.
        """
        raise ValueError(
            f'Expected argument `{self.what}` to be given: the config reads '
            f'it from files in {self.root}, but there is no such folder'
        )


def spare_missing_folders(model: dict) -> None:
    """Replace sources whose folder lacks, so that the model can be built.

    A labeler of files can then still run on maps that the caller brings.

    Args:
        model (dict): Config of the model, changed in place.
    """
    for what in ('depth', 'features'):
        source = model.get(what)
        if not isinstance(source, dict) or 'root' not in source:
            continue
        if not os.path.isdir(source['root']):
            model[what] = {
                'type': 'mmcuts3d.GivenByCaller',
                'what': what,
                'root': str(source['root']),
            }
