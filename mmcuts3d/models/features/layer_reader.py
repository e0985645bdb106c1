"""Several layers and kinds of a frozen ViT by one pass: for a search."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from .frozen_vit import KINDS, FrozenViT, Kind, layer_index

#: An older name of `kind` in the settings of ViTKeys, which it must agree
#: with.
_OLDER = 'out'


class Place(NamedTuple):
    """What is read of a network.

    Args:
        layer (int): The block, counted from the front, from 0.
        kind (str): One of ``KINDS``.
    """

    layer: int
    kind: Kind


class LayerReader(nn.Module):
    """Reads features of a ViT at several places, by one pass of an image.

    The features of a place are those that the component itself gives with
    this ``layer`` and ``kind``.

    Args:
        network (FrozenViT): Built from :func:`reader_config`: it reads
            tokens, and runs all blocks of ``places``.
        places (Sequence[Place]): What is read.
    """

    def __init__(self, network: FrozenViT, places: Sequence[Place]) -> None:
        super().__init__()
        self.network = network
        self.places = list(places)

    @classmethod
    def from_config(
        cls, features: dict, layers: Sequence[int], kinds: Sequence[Kind]
    ) -> 'LayerReader':
        """A reader with its network; arguments of :func:`find_places`."""
        places = find_places(features, layers, kinds)
        network = MODELS.build(reader_config(features, places))
        return cls(network, places)

    def forward(
        self, images: Tensor, data_samples: Sequence[Any] | None = None
    ) -> dict[Place, Tensor]:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W) RGB, 0 … 255, any dtype.
            data_samples (Sequence, optional): Not used. Defaults to None.

        Returns:
            dict[Place, Tensor]: Of each of ``places`` (B, C, h, w) float32
            on the network's device.

        Raises:
            ValueError: If ``images`` has another shape.
        """
        found: dict[Place, Tensor] = {}
        hooks = []
        for place in self.places:
            module, part = self.network.tap(place.layer, place.kind)
            hook = _keep(found, place, part)
            hooks.append(module.register_forward_hook(hook))
        try:
            self.network(images)
        finally:
            for handle in hooks:
                handle.remove()
        fold = self.network.fold
        return {
            place: fold(found[place]).float().contiguous()
            for place in self.places
        }


def find_places(
    features: dict, layers: Sequence[int], kinds: Sequence[Kind]
) -> list[Place]:
    """What is to be read of a component, checked before weights are loaded.

    Args:
        features (dict or ConfigDict): Config of a component that has the
            settings ``kind`` and ``layer``, such as ``ViTKeys``.
        layers (Sequence[int]): Blocks, from 0, or from −1 backwards.
        kinds (Sequence[str]): Of each of them, from ``KINDS``.

    Returns:
        list[Place]: Each kind of each layer, in the order of the arguments.

    Raises:
        ValueError: If the component has no layers, or there is no such layer
            or kind, or one is named twice.
    """
    count = num_blocks(features)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown or not kinds or len(set(kinds)) < len(kinds):
        raise ValueError(
            f'Expected argument `kinds` to be different ones of {KINDS}, but '
            f'got {list(kinds)}'
        )
    blocks = [layer_index(layer, count) for layer in layers]
    if not blocks or len(set(blocks)) < len(blocks):
        raise ValueError(
            'Expected argument `layers` to be different blocks of a network '
            f'of {count}, but got {list(layers)}'
        )
    return [Place(block, kind) for block in blocks for kind in kinds]


def reader_config(features: dict, places: Sequence[Place]) -> dict[str, Any]:
    """Config of the network of a :class:`LayerReader`.

    Args:
        features (dict or ConfigDict): Config of the component; its own
            ``kind`` and ``layer`` are not used.
        places (Sequence[Place]): What is to be read. Blocks after the last
            of them are not run.
    """
    kept = {name: features[name] for name in features if name != _OLDER}
    deepest = max(place.layer for place in places)
    return {**kept, 'kind': 'token', 'layer': deepest}


def num_blocks(features: dict) -> int:
    """Blocks of the network that a config of features names.

    Args:
        features (dict or ConfigDict): See :func:`find_places`.

    Raises:
        ValueError: If the component has no layers.
    """
    component = component_of(features)
    if not issubclass(component, FrozenViT):
        raise ValueError(
            'Expected argument `features` to be a component that has layers '
            f'and kinds, but got {component.__name__}'
        )
    settings = {name: features[name] for name in features if name != 'type'}
    return component.num_blocks(**settings)


def component_of(features: dict) -> type:
    """The class of features that a config names.

    Args:
        features (dict or ConfigDict): Config of a feature extractor.

    Raises:
        ValueError: If it names none.
    """
    name = features.get('type')
    if isinstance(name, type):
        return name
    with MODELS.switch_scope_and_registry(None) as registry:
        found = registry.get(str(name))
    if not isinstance(found, type):
        raise ValueError(
            'Expected `features` to name a component by `type`, but got '
            f'{name!r}'
        )
    return found


def has_layers(features: dict) -> bool:
    """Whether a config of features has the settings ``kind`` and ``layer``.

    Args:
        features (dict or ConfigDict): Config of a feature extractor.

    Returns:
        bool: True of the Vision Transformers, False of features from files
        and of classical ones.

    Raises:
        ValueError: If it names no component.
    """
    return issubclass(component_of(features), FrozenViT)


def _keep(
    found: dict[Place, Tensor],
    place: Place,
    part: Callable[[Tensor], Tensor],
) -> Callable[[nn.Module, Any, Any], None]:
    def hook(module: nn.Module, inputs: Any, output: Any) -> None:
        # Blocks of transformers 4 give a tuple.
        if isinstance(output, tuple):
            output = output[0]
        with torch.no_grad():
            found[place] = part(output)

    return hook
