"""What Spatial Confidence is used for in training (CutS3D, Sec. 3.4).

One setting for all: the dataset has it, and the transforms that load, paste
and pack pseudo-labels follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from mmcuts3d.cuts import MIN_CONFIDENCE

#: Where the transforms of a sample find it, among its results.
KEY = 'confidence_use'
Blending = bool | Literal['mean']


@dataclass(frozen=True, kw_only=True)
class ConfidenceUse:
    """What the Spatial Confidence of pseudo-labels is used for.

    A use that is off is as if every confidence were 1: copy-paste draws the
    instances, pastes them as they are, and every pixel counts alike in the
    loss.

    Args:
        floor (float): The least confidence inside a mask that has a map, in
            (0, 1]. Stores hold maps without one. Defaults to 0.5 (Sec. 3.4;
            Table 5c; supplement, Table 2a).
        selection (bool): Whether copy-paste takes the masks that it is
            surest of. Defaults to True.
        blending (bool or str): Whether pasted instances are blended by it;
            'mean' blends the whole of an instance by its mean confidence
            (Table 5b). Defaults to True.
        loss (bool): Whether it weighs the mask loss (Eq. 6). Where it does
            not, samples carry no maps of their full size. Defaults to True.
        scores (bool): Whether instances carry the score of their
            pseudo-label, for CuVLER's soft target loss, which weighs a whole
            object by it. Defaults to False.

    Raises:
        ValueError: On a setting out of range.
    """

    floor: float = MIN_CONFIDENCE
    selection: bool = True
    blending: Blending = True
    loss: bool = True
    scores: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.floor <= 1:
            raise ValueError(
                'Expected `floor` of argument `confidence` to be in (0, 1], '
                f'but got {self.floor}.'
            )
        for name in ('selection', 'loss', 'scores'):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(
                    f'Expected `{name}` of argument `confidence` to be True '
                    f'or False, but got {getattr(self, name)!r}.'
                )
        if not isinstance(self.blending, bool) and self.blending != 'mean':
            raise ValueError(
                'Expected `blending` of argument `confidence` to be True, '
                f"False or 'mean', but got {self.blending!r}."
            )

    @classmethod
    def from_setting(
        cls, setting: bool | Mapping[str, Any] | ConfidenceUse
    ) -> ConfidenceUse:
        """As a config has it.

        Args:
            setting (bool | dict): True: all uses; False: none; or arguments
                of :class:`ConfidenceUse`.

        Returns:
            ConfidenceUse: The uses.

        Raises:
            ValueError: On something else, another name, or a setting out of
                range.
        """
        if isinstance(setting, cls):
            return setting
        if isinstance(setting, bool):
            return cls(selection=setting, blending=setting, loss=setting)
        names = [field.name for field in fields(cls)]
        if not isinstance(setting, Mapping) or not set(setting) <= set(names):
            raise ValueError(
                'Expected argument `confidence` to be True, False or settings '
                f'among {names}, but got {setting!r}.'
            )
        return cls(**setting)

    @property
    def any(self) -> bool:
        """Whether masks carry anything; if not, they are plain."""
        return self.uses_maps or self.scores

    @property
    def uses_maps(self) -> bool:
        """Whether confidence is used; if not, no map is read."""
        return self.selection or bool(self.blending) or self.loss
