"""CutS3D as a detector: frozen features and depth in, instances out."""

from typing import Any

import numpy as np
from mmdet.structures import DetDataSample
from torch import Tensor

from mmcuts3d.cuts import CutS3D, CutStep, PseudoInstances, pool_depth
from mmcuts3d.registry import MODELS

from .base import BaseLabeler, _to_numpy


@MODELS.register_module()
class CutS3DLabeler(BaseLabeler):
    """Pseudo-labels by :class:`mmcuts3d.cuts.CutS3D`.

    Args:
        features (dict or ConfigDict): Config of the feature extractor.
        depth (dict or ConfigDict): Config of the depth source.
        cut (dict, optional): Settings of the method. Defaults to None: the
            defaults of :class:`~mmcuts3d.cuts.CutS3D`.
        **kwargs: See :class:`BaseLabeler`.
    """

    def __init__(
        self,
        features: dict,
        depth: dict,
        cut: dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(features, **kwargs)
        self.depth = MODELS.build(depth)
        self.cut = CutS3D(**(cut or {}))

    def gather(
        self, image: Tensor, data_sample: DetDataSample
    ) -> dict[str, np.ndarray]:
        """Features, and ``depth`` (H, W) in [0, 1], 0 = nearest.

        A map in the sample's metainfo (``depth``) may have any size; the
        method pools it to the patch grid.
        """
        inputs = super().gather(image, data_sample)
        given = data_sample.get('depth')
        if given is None:
            given = self.depth(image[None], [data_sample])[0]
        inputs['depth'] = _to_numpy(given)
        return inputs

    def label(
        self, image: np.ndarray, inputs: dict[str, np.ndarray]
    ) -> PseudoInstances:
        """Cut one image, (H, W, 3) uint8 RGB."""
        return self.cut(image, **self._on_grid(inputs))

    def steps(self, inputs: dict[str, np.ndarray]) -> list[CutStep]:
        """The rounds of CutS3D."""
        return self.cut.steps(**self._on_grid(inputs))

    def _on_grid(self, inputs: dict[str, np.ndarray]) -> dict:
        """Depth maps of files have sizes of their own: pool them here."""
        features = inputs['features']
        return dict(
            features=features,
            depth=pool_depth(
                inputs['depth'], features.shape[1:], self.cut.pooling
            ),
        )
