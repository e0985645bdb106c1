"""What a window shows and what its panel can change, without the window."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmcuts3d.visualization.layers import CONFIDENCE, IMAGE, INSTANCES, Layer

from .cut_view import (
    KNN_GRAPH,
    LOCAL_CUT,
    REMOVED_EDGES,
    SEMANTIC,
    SINK,
    SOURCE,
    CutView,
)
from .recut import CutMaps

#: Switches of a panel, and the layers that each of them shows.
OVERLAYS = {
    KNN_GRAPH: (KNN_GRAPH,),
    REMOVED_EDGES: (REMOVED_EDGES,),
    'source and sink': (SOURCE, SINK),
}
_REACH = 1.5  # of a ray, in distances between neighbouring points


@dataclass
class ViewState:
    """The choices of a panel, and what they show.

    Args:
        view (CutView): The cut that is seen.
        maps (CutMaps, optional): What it can be cut again from. Defaults to
            None: settings cannot be changed.
        group (str): How the cloud is coloured. Defaults to 'instances'.
        step (int): Index of the step. Defaults to 0.
        tau (float, optional): Threshold of the LocalCut. Defaults to None:
            `tau_knn`.
        hidden (set[int]): Instances that are switched off.
        overlays (set[str]): Keys of :data:`OVERLAYS` that are switched on.
        message (str): What was wrong with the last change. Defaults to ''.
    """

    view: CutView
    maps: CutMaps | None = None
    group: str = INSTANCES
    step: int = 0
    tau: float | None = None
    hidden: set[int] = field(default_factory=set)
    overlays: set[str] = field(default_factory=set)
    message: str = ''
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.maps is not None and not self.settings:
            self.settings = self.maps.settings()

    @property
    def groups(self) -> list[str]:
        """The ways to colour this cut."""
        named = [IMAGE, INSTANCES, CONFIDENCE, SEMANTIC, LOCAL_CUT]
        if self.view.instances.confidences is None:
            named.remove(CONFIDENCE)
        return named

    def layers(self) -> list[Layer]:
        """The layers that are seen now."""
        off = {f'instance {index + 1}' for index in self.hidden}
        on = {name for key in self.overlays for name in OVERLAYS[key]}
        return [
            layer
            for layer in self.view.layers(self.step, self.tau)
            if (self.group in layer.groups and layer.name not in off)
            or (not layer.groups and layer.name in on)
        ]

    def recut(self, settings: dict[str, Any]) -> CutView | str:
        """Cut again; changes nothing, so that a thread may call it.

        Args:
            settings (dict): See :meth:`CutMaps.view`.

        Returns:
            CutView or str: The new cut, or what is wrong with a setting.
        """
        if self.maps is None:
            return 'There is nothing to cut again from.'
        try:
            return self.maps.view(**settings)
        except ValueError as error:
            return str(error)

    def take(self, found: CutView | str, settings: dict[str, Any]) -> None:
        """Show what :meth:`recut` gave; of a failure only the message.

        Args:
            found (CutView or str): The new cut, or what is wrong.
            settings (dict): What it was cut with.
        """
        if isinstance(found, str):
            self.message = found
            return
        self.message, self.view, self.settings = '', found, dict(settings)
        self.step = min(self.step, len(found.steps) - 1)
        self.hidden = {i for i in self.hidden if i < len(found.instances)}
        self.tau = None
        if self.group not in self.groups:
            self.group = INSTANCES

    def pick(self, eye: np.ndarray, direction: np.ndarray) -> str:
        """What a ray from the eye meets first.

        Args:
            eye (np.ndarray): (3,), x right, y down, z away.
            direction (np.ndarray): (3,), of any length.

        Returns:
            str: Such as 'instance 2, score 0.93, 4.1 % of the image'; ''
            where the ray meets no point.
        """
        cloud = self.view.cloud
        unit = direction / np.linalg.norm(direction)
        places = cloud.points - eye
        along = places @ unit
        aside = np.linalg.norm(places - along[:, None] * unit, axis=1)
        met = (along > 0) & (aside < _REACH / np.sqrt(len(along)))
        if self.group == INSTANCES:
            met &= ~np.isin(cloud.instances, list(self.hidden))
        if not met.any():
            return ''
        first = np.flatnonzero(met)[along[met].argmin()]
        which = int(cloud.instances[first])
        return 'no instance' if which < 0 else self.view.instance_text(which)

    def summary(self) -> str:
        """The cut in a line: steps, instances, or what was wrong."""
        if self.message:
            return self.message
        steps, found = len(self.view.steps), len(self.view.instances)
        return (
            f'{steps} step{"s" * (steps != 1)}, '
            f'{found} instance{"s" * (found != 1)}'
        )
