"""Names of feature sources: what each is, how it is read, how it is built.

Networks are those of the core (``mmcuts3d.models.features.BACKBONES``), so
that every labeler takes them too. Beside them are sources that need nobody's
weights: they show that the machinery works, and what random features give.
Each says so in every table and picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmcuts3d.files import shown
from mmcuts3d.models.features import BACKBONES, KINDS, features_config
from mmcuts3d.registry import MODELS

#: Patches of a side: 480 pixels for patches of 16. The paper does not say.
GRID = 30
_FILES = 'files:'
_RANDOM = ('random-vits16', 'random-vitb16')

#: Why each is no self-supervised network.
STAND_INS = {
    'classical': 'colour and texture, no network',
    'random-vits16': 'a ViT-S/16 that was never trained: the floor',
    'random-vitb16': 'a ViT-B/16 that was never trained: the floor',
    'files:DIR': 'maps of a network that has no name here',
}


@dataclass(frozen=True)
class Source:
    """A feature source that has a name.

    Args:
        name (str): As the user gave it.
        config (dict): Of the component, to be built by ``MODELS``.
        what (str): The method that trained it, or what it is instead.
        patch_size (int): Side of a patch in pixels; 0 where not known.
        layer (int, optional): The block; None without blocks.
        kind (str): What is read of it, '' without blocks.
        registers (int): Register tokens, which are dropped.
        licence (str): Of the weights.
        supervised (bool): Whether labels trained it.
        stand_in (str): Why it stands in for a self-supervised network; ''
            if it is one. Defaults to ''.
        side (int): Pixels of a side that images are brought to before; 0 for
            components that do so themselves. Defaults to 0.
    """

    name: str
    config: dict[str, Any] = field(hash=False)
    what: str
    patch_size: int
    layer: int | None
    kind: str
    registers: int
    licence: str
    supervised: bool = False
    stand_in: str = ''
    side: int = 0

    @property
    def title(self) -> str:
        """The name, marked where it stands in for something or saw labels."""
        if self.stand_in:
            return f'{self.name} [stand-in]'
        return f'{self.name} [supervised]' if self.supervised else self.name

    def build(self) -> nn.Module:
        """The component, on the CPU; random weights are the same each time.

        Raises:
            ValueError: If its weights or files cannot be had; also
                ``WeightsError`` and ``ImportError``, see the component.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return MODELS.build(dict(self.config)).eval()


def source_names() -> list[str]:
    """All names that :func:`find_source` knows."""
    return [*BACKBONES, *STAND_INS]


def find_source(
    name: str,
    grid: int = GRID,
    layer: int | None = None,
    kind: str | None = None,
) -> Source:
    """A feature source by its name; no weights are loaded.

    Args:
        name (str): Of ``BACKBONES`` or ``STAND_INS``; ``files:DIR`` reads a
            map a file, see :class:`FeaturesFromFiles`, on its own grid.
        grid (int): Patches of a side. Defaults to 30.
        layer (int, optional): The block. Defaults to None: the last, as in
            the paper.
        kind (str, optional): 'key', 'query', 'value' or 'token'. Defaults to
            None: that of published recipes, keys but for DINOv2 and DINOv3.

    Raises:
        ValueError: For a name that there is not, which says the nearest; for
            a folder that is none, or a layer or kind of a source without any.
    """
    if isinstance(grid, bool) or not isinstance(grid, int) or grid < 2:
        raise ValueError(
            'Expected argument `grid` to be an integer of at least 2, but '
            f'got {grid!r}.'
        )
    if kind is not None and kind not in KINDS:
        raise ValueError(
            f'Expected argument `kind` to be one of {KINDS}, but got {kind!r}.'
        )
    if name in BACKBONES or name in _RANDOM:
        return _network(name, grid, -1 if layer is None else layer, kind)
    if layer is not None or kind is not None:
        _check_known(name)
        raise ValueError(
            f'Expected no layer and kind for {name!r}, which has none, but '
            f'got layer {layer} and kind {kind!r}.'
        )
    if name == 'classical':
        return Source(
            name,
            {'type': 'mmcuts3d.ClassicalFeatures', 'patch_size': 8},
            'colour and texture',
            8,
            None,
            '',
            0,
            'none needed',
            stand_in=STAND_INS[name],
            side=8 * grid,
        )
    _check_known(name)
    return _from_files(name)


def find_sources(
    names: Sequence[str],
    grid: int = GRID,
    layer: int | None = None,
    kind: str | None = None,
) -> list[Source]:
    """Several feature sources that are to be compared.

    Args:
        names (Sequence[str]): See :func:`find_source`.
        grid (int): Patches of a side. Defaults to 30.
        layer (int, optional): Of those that have layers. Defaults to None.
        kind (str, optional): Of those that have kinds. Defaults to None.

    Raises:
        ValueError: As of :func:`find_source`, and where two cannot be told
            apart.
    """
    if len(set(names)) < len(names):
        raise ValueError(
            'Expected argument `names` to be different feature sources, but '
            f'got {_words(names)}.'
        )
    sources = [
        find_source(name, grid)
        if name == 'classical' or name.startswith(_FILES)
        else find_source(name, grid, layer, kind)
        for name in names
    ]
    if len({source.title for source in sources}) < len(sources):
        raise ValueError(
            'Expected folders of maps to have different names, but got '
            f'{_words(names)}.'
        )
    return sources


def _network(name: str, grid: int, layer: int, kind: str | None) -> Source:
    if name in _RANDOM:
        arch = 'small' if name == 'random-vits16' else 'base'
        kind = kind or 'key'
        config = {
            'type': 'mmcuts3d.ViTKeys',
            'arch': arch,
            'patch_size': 16,
            'weights': None,
            'image_size': 16 * grid,
            'kind': kind,
            'layer': layer,
        }
        return Source(
            name,
            config,
            'never trained',
            16,
            layer,
            kind,
            0,
            'none needed',
            stand_in=STAND_INS[name],
        )
    backbone = BACKBONES[name]
    kind = kind or backbone.kind
    return Source(
        name,
        features_config(name, grid, kind, layer),  # type: ignore[arg-type]
        backbone.family,
        backbone.patch_size,
        layer,
        kind,
        backbone.registers,
        backbone.licence,
        backbone.supervised,
    )


def _from_files(name: str) -> Source:
    folder = Path(name.removeprefix(_FILES)).expanduser()
    if not folder.is_dir():
        raise ValueError(
            f'Expected {shown(name)} to name a folder of feature maps, but '
            f'got {shown(folder)}, which is none.'
        )
    return Source(
        f'{_FILES}{folder.name}',
        {'type': 'mmcuts3d.FeaturesFromFiles', 'root': str(folder)},
        'maps from files',
        0,
        None,
        '',
        0,
        'that of the maps',
        stand_in=STAND_INS['files:DIR'],
    )


def _check_known(name: str) -> None:
    if name == 'classical' or name.startswith(_FILES):
        return
    names = source_names()
    near = get_close_matches(name, names, 3, 0.5)
    hint = f' (did you mean {" or ".join(near)}?)' if near else ''
    raise ValueError(
        f'Expected the name of a feature source, one of {_words(names)}, but '
        f'got {shown(name)}{hint}.'
    )


def _words(names: Sequence[str]) -> str:
    return ', '.join(names)
