"""The proposals as a detector: labeled, stored and measured as any is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import nn

from mmcuts3d.cuts import PseudoInstances
from mmcuts3d.models.labelers import BaseLabeler
from mmcuts3d.registry import MODELS

from .proposals import SpectralProposals

#: What other labelers can do and this one cannot, and why.
_NOT_HERE = {
    'batched': 'cuts image by image',
    'second_look': 'scores masks by the saliency map of the whole image',
}
SAME = 'same'


@MODELS.register_module()
class SSLInstancesLabeler(BaseLabeler):
    """Pseudo-labels by :class:`.SpectralProposals`.

    Its masks may overlap and have no confidence maps.

    Args:
        features (dict or ConfigDict): Config of the feature extractor whose
            clusters are the candidates.
        saliency_features (dict, str or None): Config of the extractor that
            the saliency map is made of; ``'same'``: that of the candidates;
            or None: no filter (Table 5). Defaults to 'same'.
        proposals (dict, optional): Settings of :class:`.SpectralProposals`
            by name. Defaults to None: its defaults.
        batched (dict, optional): Always None. Defaults to None.
        second_look (dict, optional): Always None. Defaults to None.
        **kwargs: See :class:`~mmcuts3d.models.labelers.BaseLabeler`.

    Raises:
        ValueError: If a setting is wrong, or `batched` or `second_look` is
            given.
    """

    has_confidences = False

    def __init__(
        self,
        features: dict,
        saliency_features: dict | str | None = SAME,
        proposals: dict | None = None,
        batched: dict | None = None,
        second_look: dict | None = None,
        **kwargs: Any,
    ) -> None:
        refused = {'batched': batched, 'second_look': second_look}
        for name, value in refused.items():
            if value is not None:
                raise ValueError(
                    f'Expected argument `{name}` to be None for '
                    f'SSLInstancesLabeler, which {_NOT_HERE[name]}, but got '
                    f'{value!r}.'
                )
        by_config = isinstance(saliency_features, Mapping)
        if not by_config and saliency_features not in (SAME, None):
            raise ValueError(
                'Expected argument `saliency_features` to be the config of a '
                f"feature extractor, 'same' or None, but got "
                f'{saliency_features!r}.'
            )
        # The method first: weights take their time.
        method = SpectralProposals.from_settings(**(proposals or {}))
        super().__init__(features, **kwargs)
        self.proposals = method
        self.has_filter = saliency_features is not None
        self.saliency_features: nn.Module | None = None
        if by_config:
            self.saliency_features = MODELS.build(saliency_features)

    def sources(self) -> dict[str, nn.Module]:
        """The extractors: of the candidates, and of the saliency map."""
        sources = {'features': self.features}
        if self.saliency_features is not None:
            sources['saliency_features'] = self.saliency_features
        return sources

    def label(
        self, image: np.ndarray, inputs: dict[str, np.ndarray]
    ) -> PseudoInstances:
        """Propose masks of one image, (H, W, 3) uint8 RGB."""
        features = inputs['features']
        saliency = None
        if self.has_filter:
            saliency = inputs.get('saliency_features', features)
        return self.proposals(image, features, saliency)
