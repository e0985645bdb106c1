"""CutS3D as a detector: frozen features and depth in, instances out."""

from typing import Any

import numpy as np
from torch import nn

from mmcuts3d.cuts import CutS3D, PseudoInstances
from mmcuts3d.registry import MODELS

from .base import BaseLabeler


@MODELS.register_module()
class CutS3DLabeler(BaseLabeler):
    """Pseudo-labels by :class:`mmcuts3d.cuts.CutS3D`.

    Args:
        features (dict or ConfigDict): Config of the feature extractor.
        depth (dict or ConfigDict): Config of the depth source.
        cut (dict, optional): ``preset``, the name of one, and what is
            otherwise than there: arguments of
            :class:`~mmcuts3d.cuts.CutS3D`, the settings of its parts by
            name, such as ``dict(preset='touching', local=dict(k=8))``.
            Defaults to None: the paper.
        batched (dict, optional): Cuts the images of a batch together, see
            :meth:`BaseLabeler.cut_in_batches`. Defaults to None: image by
            image.
        **kwargs: See :class:`BaseLabeler`.
    """

    def __init__(
        self,
        features: dict,
        depth: dict,
        cut: dict | None = None,
        batched: dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(features, **kwargs)
        self.depth = MODELS.build(depth)
        changes = dict(cut or {})
        name = changes.pop('preset', 'paper')
        self.cut = CutS3D.from_preset(name, **changes)
        self.cut_in_batches(self.cut, batched)
        self.has_confidences = self.cut.has_confidences

    def sources(self) -> dict[str, nn.Module]:
        """Features, and ``depth`` (H, W) in [0, 1], 0 = nearest.

        A map in the sample's metainfo (``depth``) may have any size; the
        method pools it to the patch grid.
        """
        return {**super().sources(), 'depth': self.depth}

    def label(
        self, image: np.ndarray, inputs: dict[str, np.ndarray]
    ) -> PseudoInstances:
        """Cut one image, (H, W, 3) uint8 RGB."""
        features = inputs['features']
        # Depth maps of files have sizes of their own: pool them here.
        surface = self.cut.local.surface(
            inputs['depth'], features.shape[1:], image
        )
        return self.cut(image, features, surface)
