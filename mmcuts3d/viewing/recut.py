"""Cut an image again with other settings: its maps stay, the cut changes."""

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mmcuts3d.cuts import CutS3D

from .cut_view import CutView

#: Settings that a panel changes.
SETTINGS = ('tau_knn', 'k', 'z_scale', 'capacity', 'num_instances')


@dataclass(frozen=True, eq=False)
class CutMaps:
    """What an image is cut by: made once, however often it is cut.

    Args:
        name (str): Of the image.
        image (np.ndarray): (H, W, 3) uint8 RGB, as the method sees it.
        features (np.ndarray): (C, h, w) float.
        depth (np.ndarray): (H', W') in [0, 1], 0 = nearest.
        cut (CutS3D): The method with the settings to begin with.
    """

    name: str
    image: np.ndarray
    features: np.ndarray
    depth: np.ndarray
    cut: CutS3D

    def settings(self) -> dict[str, Any]:
        """The settings that :meth:`view` takes, as they are."""
        local = self.cut.local
        named = {name: getattr(local, name) for name in SETTINGS[:-1]}
        return {**named, 'num_instances': self.cut.num_instances}

    def view(self, **settings: Any) -> CutView:
        """Cut the image, with changes.

        Args:
            **settings: Any of ``tau_knn``, ``k``, ``z_scale``, ``capacity``
                (see :class:`LocalCut`) and ``num_instances``, N. Where
                `tau_knn` falls below `tau_knn_min`, that follows it.

        Returns:
            CutView: Of the new cut.

        Raises:
            ValueError: On a setting out of range or of another name.
        """
        unknown = sorted(set(settings) - set(SETTINGS))
        if unknown:
            raise ValueError(
                f'Expected settings among {SETTINGS}, but got {unknown}.'
            )
        cut = self._changed(**settings)
        surface = cut.local.surface(
            self.depth, self.features.shape[1:], self.image
        )
        found = cut(self.image, self.features, surface)
        return CutView(
            self.name,
            self.image,
            self.depth,
            found.steps,
            found,
            cut.local if cut.cuts_in_3d else None,
        )

    def _changed(
        self, num_instances: int | None = None, **changes: Any
    ) -> CutS3D:
        cut = copy.copy(self.cut)
        if num_instances is not None:
            if num_instances < 1:
                raise ValueError(
                    'Expected argument `num_instances` to be at least 1, but '
                    f'got {num_instances}.'
                )
            cut.num_instances = num_instances
        if 'tau_knn' in changes:
            low = min(changes['tau_knn'], cut.local.tau_knn_min)
            changes['tau_knn_min'] = low
        cut.local = replace(cut.local, **changes)
        return cut
