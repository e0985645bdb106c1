"""What a calibration tries: layers, kinds and thresholds, checked first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mmcuts3d.models.features import (
    KINDS,
    find_places,
    has_layers,
    num_blocks,
)
from mmcuts3d.models.features.frozen_vit import Kind
from mmcuts3d.models.features.layer_reader import Place

Tau = float | str
#: What is tried where nothing is said; layers that a network lacks are not.
LAYERS = (-1, -2, -4)
TAUS: tuple[Tau, ...] = (
    'auto',
    0.05,
    0.1,
    0.15,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
)


class Candidate(NamedTuple):
    """One setting that is tried.

    Args:
        layer (int, optional): The block, as it was named; None for features
            without layers.
        kind (str, optional): What is read of it; None for features without
            layers.
        tau (float or str): ``tau_ncut``, a number or 'auto'.
    """

    layer: int | None
    kind: Kind | None
    tau: Tau


class Search(NamedTuple):
    """The settings that are tried on each image.

    Args:
        places (list[Place]): Where features are read, of a network that has
            layers; else empty.
        named (list[tuple]): Layer and kind of each of them, as they were
            named; (None, None) alone for features without layers.
        taus (list): Thresholds that each is cut with.
    """

    places: list[Place]
    named: list[tuple[int | None, Kind | None]]
    taus: list[Tau]

    @property
    def candidates(self) -> list[Candidate]:
        """All combinations, thresholds last."""
        return [
            Candidate(layer, kind, tau)
            for layer, kind in self.named
            for tau in self.taus
        ]


def make_search(
    features: dict[str, Any],
    layers: Sequence[int] | None = None,
    kinds: Sequence[Kind] | None = None,
    taus: Sequence[Tau] | None = None,
) -> Search:
    """What is tried with some features; no weights are loaded.

    Args:
        features (dict or ConfigDict): Config of a feature extractor.
        layers (Sequence[int], optional): Blocks. Defaults to None: −1, −2
            and −4, as far as there are any.
        kinds (Sequence[str], optional): What is read of each. Defaults to
            None: all.
        taus (Sequence, optional): Numbers in [0, 1] and 'auto'. Defaults to
            None: 'auto' and ten from 0.05 to 0.8.

    Returns:
        Search: The settings.

    Raises:
        ValueError: For a layer, kind or threshold that there is not, one that
            is named twice, or layers and kinds of features without any.
    """
    thresholds = _check_taus(TAUS if taus is None else taus)
    if not has_layers(features):
        if layers is not None or kinds is not None:
            raise ValueError(
                'Expected no layers and kinds for features of type '
                f'{features["type"]}, which have none, but got layers '
                f'{layers} and kinds {kinds}'
            )
        return Search([], [(None, None)], thresholds)
    if layers is None:
        count = num_blocks(features)
        layers = [layer for layer in LAYERS if layer >= -count]
    kinds = KINDS if kinds is None else kinds
    places = find_places(features, layers, kinds)
    named = [(layer, kind) for layer in layers for kind in kinds]
    return Search(places, [*named], thresholds)


def _check_taus(taus: Sequence[Tau]) -> list[Tau]:
    for tau in taus:
        number = isinstance(tau, (int, float)) and not isinstance(tau, bool)
        if tau != 'auto' and not (number and 0 <= tau <= 1):
            raise ValueError(
                "Expected argument `taus` to be numbers in [0, 1] or 'auto', "
                f'but got {tau!r}'
            )
    if not taus or len(set(taus)) < len(taus):
        raise ValueError(
            'Expected argument `taus` to be different thresholds, but got '
            f'{list(taus)}'
        )
    return list(taus)
