"""MaskCut as a detector: the baseline, evaluated as any model is."""

from typing import Any

import numpy as np

from mmcuts3d.cuts import MaskCut, PseudoInstances
from mmcuts3d.registry import MODELS

from .base import BaseLabeler


@MODELS.register_module()
class MaskCutLabeler(BaseLabeler):
    """Pseudo-labels by :class:`mmcuts3d.cuts.MaskCut`.

    Args:
        features (dict or ConfigDict): Config of the feature extractor.
        cut (dict, optional): Arguments of the method, the settings of its
            parts by name. Defaults to None: the published ones.
        batched (dict, optional): Cuts the images of a batch together, see
            :meth:`BaseLabeler.cut_in_batches`. Defaults to None: image by
            image.
        **kwargs: See :class:`BaseLabeler`.
    """

    def __init__(
        self,
        features: dict,
        cut: dict | None = None,
        batched: dict | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(features, **kwargs)
        self.cut = MaskCut.from_settings(**(cut or {}))
        self.cut_in_batches(self.cut, batched)
        self.has_confidences = self.cut.has_confidences

    def label(
        self, image: np.ndarray, inputs: dict[str, np.ndarray]
    ) -> PseudoInstances:
        """Cut one image, (H, W, 3) uint8 RGB."""
        return self.cut(image, inputs['features'])
