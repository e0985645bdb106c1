"""Layers: the points and lines of a cloud, switched on and off by name.

What a view of a cloud consists of, whatever draws it: a window, a picture, a
page for the browser, a recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .drawing import draw_map, instance_colors
from .point_cloud import Cloud

IMAGE, INSTANCES, CONFIDENCE = 'image', 'instances', 'confidence'
REMOVED_EDGES = 'removed edges'
#: Colour of removed edges, as in PLY files and pictures.
EDGE_COLOR = (217, 26, 26)
_PALE = (205, 205, 205)


@dataclass(frozen=True)
class Layer:
    """Points or lines that are seen together.

    Args:
        name (str): Such as 'instance 1'.
        points (np.ndarray): (P, 3) float, x right, y down, z away.
        colors (np.ndarray): (P, 3) uint8 RGB, or (3,), one for all.
        line_ends (np.ndarray): (L, 2, 3) float, both ends of each line.
        groups (tuple[str, ...]): Ways to colour the cloud that this layer
            belongs to; one of them is seen at a time. Defaults to (): it is
            laid over any of them, switched by its own name.
        note (str): What is said of a point. Defaults to '', the name.
        values (np.ndarray, optional): (P,) float in [0, 1] that the colours
            stand for, in the map 'viridis'. Defaults to None.
        shown (bool): Of a layer without groups, whether it is seen at
            first. Defaults to True.

    Raises:
        ValueError: If the arrays do not fit each other.
    """

    name: str
    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 3)))
    colors: np.ndarray = field(default_factory=lambda: np.array(_PALE))
    line_ends: np.ndarray = field(default_factory=lambda: np.zeros((0, 2, 3)))
    groups: tuple[str, ...] = ()
    note: str = ''
    values: np.ndarray | None = None
    shown: bool = True

    def __post_init__(self) -> None:
        number = len(self.points)
        for name, fits, want in (
            ('points', np.shape(self.points) == (number, 3), '(P, 3)'),
            (
                'colors',
                np.shape(self.colors) in ((3,), (number, 3)),
                f'(3,) or ({number}, 3)',
            ),
            ('line_ends', np.shape(self.line_ends)[1:] == (2, 3), '(L, 2, 3)'),
            (
                'values',
                self.values is None or np.shape(self.values) == (number,),
                f'({number},)',
            ),
        ):
            if not fits:
                raise ValueError(
                    f'Expected argument `{name}` to be {want}, but got '
                    f'{np.shape(getattr(self, name))}'
                )


def cloud_layers(
    cloud: Cloud,
    notes: Sequence[str] | None = None,
    painted: np.ndarray | None = None,
) -> list[Layer]:
    """The layers of a cloud: image, instances, confidence, removed edges.

    Args:
        cloud (Cloud): In the colours of the image; see
            :func:`build_point_cloud`. What it does not know has no layer.
        notes (Sequence[str], optional): What is said of each instance, such
            as its score. Defaults to None, nothing.
        painted (np.ndarray, optional): (P, 3) uint8 RGB, colours that keep
            the shading, for the layers of the instances. Defaults to None:
            one colour for each instance.

    Returns:
        list[Layer]: Groups 'image', 'instances' and 'confidence'; without a
        group 'removed edges', not seen at first.
    """
    layers = [
        Layer('image colours', cloud.points, cloud.colors, groups=(IMAGE,))
    ]
    if cloud.instances is not None:
        layers += _instance_layers(cloud, notes, painted)
    if len(cloud.line_ends):
        layers.append(
            Layer(
                REMOVED_EDGES,
                colors=np.array(EDGE_COLOR),
                line_ends=cloud.line_ends,
                shown=False,
            )
        )
    return layers


def _instance_layers(
    cloud: Cloud, notes: Sequence[str] | None, painted: np.ndarray | None
) -> list[Layer]:
    which = cloud.instances
    number = max(int(which.max(initial=-1)) + 1, len(notes or ()))
    rest, found = which < 0, which >= 0
    sure = cloud.confidences
    both = (INSTANCES,) if sure is None else (INSTANCES, CONFIDENCE)
    pale = np.array(_PALE) if painted is None else painted[rest]
    layers = [Layer('no instance', cloud.points[rest], pale, groups=both)]
    for index, color in enumerate(instance_colors(number)):
        here = which == index
        layers.append(
            Layer(
                f'instance {index + 1}',
                cloud.points[here],
                color if painted is None else painted[here],
                groups=(INSTANCES,),
                note=notes[index] if notes else '',
            )
        )
    if sure is not None:
        layers.append(
            Layer(
                'Spatial Confidence',
                cloud.points[found],
                draw_map(sure[found][None], low=0, high=1)[0],
                groups=(CONFIDENCE,),
                values=sure[found],
            )
        )
    return layers


def as_cloud(layers: Sequence[Layer], group: str) -> Cloud:
    """What is seen of layers at first, as one cloud for files and pictures.

    Args:
        layers (Sequence[Layer]): The layers.
        group (str): How the cloud is coloured.

    Returns:
        Cloud: The points of the group, points and lines of layers without
        a group that are `shown`.

    Raises:
        ValueError: If no layer is of the group.
    """
    groups = dict.fromkeys(name for one in layers for name in one.groups)
    if group not in groups:
        raise ValueError(
            f'Expected argument `group` to be one of {list(groups)}, but got '
            f'{group!r}'
        )
    seen = [
        one
        for one in layers
        if group in one.groups or (one.shown and not one.groups)
    ]
    colors = [
        np.broadcast_to(one.colors, one.points.shape).astype(np.uint8)
        for one in seen
    ]
    return Cloud(
        np.concatenate([one.points for one in seen]),
        np.concatenate(colors),
        np.concatenate([one.line_ends for one in seen]),
    )
