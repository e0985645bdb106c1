"""VoteCut as a detector: a baseline of several networks, evaluated as one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmcuts3d.cuts import PseudoInstances, VoteCut
from mmcuts3d.registry import MODELS

from .base import BaseLabeler

#: What other labelers can do and this one cannot, and why.
_NOT_HERE = {
    'batched': 'cuts image by image',
    'second_look': 'scores the masks of an image by votes that those of its '
    'windows cannot be compared with',
}


@MODELS.register_module()
class VoteCutLabeler(BaseLabeler):
    """Pseudo-labels by :class:`mmcuts3d.cuts.VoteCut`.

    Args:
        features (Sequence[dict or ConfigDict]): Configs of the feature
            extractors, at least one. Their order settles ties only.
        cut (dict, optional): Arguments of the method, the settings of its
            parts by name. Defaults to None: the published ones.
        batched (dict, optional): Always None. Defaults to None.
        second_look (dict, optional): Always None. Defaults to None.
        **kwargs: See :class:`BaseLabeler`.

    Raises:
        ValueError: If `features` is no list of configs, a setting of the
            method is wrong, or `batched` or `second_look` is given.
    """

    def __init__(
        self,
        features: Sequence[dict],
        cut: dict | None = None,
        batched: dict | None = None,
        second_look: dict | None = None,
        **kwargs: Any,
    ) -> None:
        refused = {'batched': batched, 'second_look': second_look}
        for name, value in refused.items():
            if value is not None:
                raise ValueError(
                    f'Expected argument `{name}` to be None for '
                    f'VoteCutLabeler, which {_NOT_HERE[name]}, but got '
                    f'{value!r}.'
                )
        if not isinstance(features, (list, tuple)):
            raise ValueError(
                'Expected argument `features` to be a list of configs of '
                f'feature extractors for VoteCutLabeler, but got {features!r}.'
            )
        # The method first: weights take their time.
        method = VoteCut.from_settings(**(cut or {}))
        several = dict(type='mmcuts3d.SeveralFeatures', extractors=features)
        super().__init__(several, **kwargs)
        self.cut = method
        self.has_confidences = method.has_confidences

    def as_input(self, name: str, value: Any) -> Any:
        """Features as arrays, in the order of the extractors.

        One array in place of a list is refused by the method, so that it is
        the error of its image.
        """
        as_one = super().as_input
        if isinstance(value, (list, tuple)):
            return [as_one(name, each) for each in value]
        return as_one(name, value)

    def label(
        self, image: np.ndarray, inputs: dict[str, Any]
    ) -> PseudoInstances:
        """Cut one image, (H, W, 3) uint8 RGB."""
        return self.cut(image, inputs['features'])
