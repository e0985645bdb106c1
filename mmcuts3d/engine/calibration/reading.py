"""The features of an image at all places of a search, and altered ones."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.models.features import FeaturesFromFiles, LayerReader
from mmcuts3d.models.features.layer_reader import Place


class Pair(NamedTuple):
    """Features of an image twice.

    Args:
        features (np.ndarray): (C, h, w) float32, as the labeler gets them.
        altered (np.ndarray): The same shape and frame, of an altered image.
    """

    features: np.ndarray
    altered: np.ndarray


class PairReader:
    """Reads the features of an image, and of its mirror image.

    The mirror image's map is turned back, so that both are in one frame. What
    is read from files knows no mirror image: there, noise is added to the
    map instead, see :func:`with_noise`.

    Args:
        features (nn.Module): The labeler's, built for ``places``.
        places (Sequence[Place]): Where a network with layers is read; empty
            for other features.
    """

    def __init__(self, features: nn.Module, places: Sequence[Place]) -> None:
        self.features = features
        self.reader = LayerReader(features, places) if places else None
        self.mirrors = not isinstance(features, FeaturesFromFiles)

    def __call__(self, image: Tensor, sample: Any) -> list[Pair]:
        """Read an image.

        Args:
            image (Tensor): (3, H, W) RGB in [0, 255].
            sample (DetDataSample): With ``img_path``.

        Returns:
            list[Pair]: One for each place; one alone without places.

        Raises:
            ValueError: If there are no features of the image.
        """
        maps = self._read(image, sample)
        if not self.mirrors:
            return [Pair(map_, with_noise(map_)) for map_ in maps]
        mirrored = self._read(image.flip(-1), sample)
        return [
            Pair(map_, np.ascontiguousarray(other[..., ::-1]))
            for map_, other in zip(maps, mirrored, strict=True)
        ]

    @torch.no_grad()
    def _read(self, image: Tensor, sample: Any) -> list[np.ndarray]:
        if self.reader is None:
            found = [self.features(image[None], [sample])]
        else:
            by_place = self.reader(image[None], [sample])
            found = [by_place[place] for place in self.reader.places]
        return [map_[0].float().cpu().numpy() for map_ in found]
