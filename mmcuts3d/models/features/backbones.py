"""Named backbones: what each is, how it is read, and whose weights it needs.

The weights of none of them were run with this project: they are fetched by
the user, from their authors. What stands here is what the authors and the
papers named state.
"""

from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from .frozen_vit import KINDS, Kind
from .official_weights import OFFICIAL_WEIGHTS

Family = Literal[
    'DINO',
    'DiffNCuts',
    'MAE',
    'MoCo v3',
    'MSN',
    'SelfPatch',
    'DeiT',
    'DINOv2',
    'DINOv3',
]
#: Patches of a side of the square grid that the papers cut (480 by 8).
GRID = 60

#: Licence of each family's weights, as their repositories state it.
LICENCES: dict[Family, str] = {
    'DINO': 'Apache-2.0',
    'DiffNCuts': 'none stated',
    'MAE': 'CC BY-NC 4.0: no commercial use',
    'MoCo v3': 'CC BY-NC 4.0: no commercial use',
    'MSN': 'CC BY-NC 4.0: no commercial use',
    'SelfPatch': 'Apache-2.0',
    'DeiT': 'Apache-2.0',
    'DINOv2': 'Apache-2.0',
    'DINOv3': (
        'DINOv3 License: terms of its own, which also bind commercial users '
        'and are passed on; the download asks to accept them'
    ),
}
#: Thresholds τ of the graph that published recipes take. Where none is known,
#: and between these, the value is to be found on the user's own images.
#: DINO: CutS3D 0.13 (supplement, Table 7), MaskCut 0.15 (CutLER's README),
#: TokenCut 0.2 (its code), all on keys of the last block.
#: DiffNCuts: 0.13 and, for MaskCut, 0.15 (CutS3D, supplement, Tables 6, 7).
#: DINOv2 and DINOv3: 0.2 to 0.8 on output tokens, the span that the request
#: for these backbones quoted; it was not looked up recipe by recipe.
TAUS: dict[Family, tuple[float, float] | None] = {
    'DINO': (0.13, 0.2),
    'DiffNCuts': (0.13, 0.15),
    'MAE': None,
    'MoCo v3': None,
    'MSN': None,
    'SelfPatch': None,
    'DeiT': None,
    'DINOv2': (0.2, 0.8),
    'DINOv3': (0.2, 0.8),
}


class Backbone(NamedTuple):
    """A network that has a name here.

    Args:
        family (str): The method that trained it.
        weights (str): Name on the hub, or in ``OFFICIAL_WEIGHTS``.
        patch_size (int): Side of a patch in pixels.
        kind (str): What the recipes read of the last block.
        arch (str): Name of the architecture where weights are a bare state
            dict. Defaults to '': they come with their config.
    """

    family: Family
    weights: str
    patch_size: int
    kind: Kind
    arch: str = ''
    registers: int = 0

    @property
    def supervised(self) -> bool:
        """Whether it was trained with labels."""
        return self.family == 'DeiT'

    @property
    def source(self) -> str:
        """Name of the component that runs it."""
        return 'ViTKeys' if self.arch else 'FeaturesFromTransformers'

    @property
    def tau(self) -> tuple[float, float] | None:
        """Lowest and highest τ of published recipes, None if not known."""
        return TAUS[self.family]

    @property
    def licence(self) -> str:
        """Licence of the weights."""
        return LICENCES[self.family]

    def image_side(self, grid: int = GRID) -> int:
        """Pixels of a side of the image for so many patches of a side."""
        return grid * self.patch_size


def _official() -> dict[str, Backbone]:
    families: dict[str, Family] = {
        'dino': 'DINO',
        'diffncuts': 'DiffNCuts',
        'mae': 'MAE',
        'mocov3': 'MoCo v3',
        'msn': 'MSN',
        'selfpatch': 'SelfPatch',
        'deit': 'DeiT',
    }
    return {
        name: Backbone(
            families[name.partition('_')[0]],
            name,
            official.patch_size,
            'key',
            official.arch,
        )
        for name, official in OFFICIAL_WEIGHTS.items()
    }


def _dinov2(size: str, hub: str) -> dict[str, Backbone]:
    return {
        f'dinov2_{size}14{suffix}': Backbone(
            'DINOv2',
            f'facebook/dinov2-{registers}{hub}',
            14,
            'token',
            registers=4 if registers else 0,
        )
        for suffix, registers in (('', ''), ('_reg', 'with-registers-'))
    }


def _dinov3(size: str) -> dict[str, Backbone]:
    hub = f'facebook/dinov3-{size}-pretrain-lvd1689m'
    backbone = Backbone('DINOv3', hub, 16, 'token', registers=4)
    return {f'dinov3_{size}': backbone}


#: By the names of the authors' own code, the torch.hub entries of
#: facebookresearch/dino, dinov2 and dinov3, or made like these. Registers:
#: ``_reg``; DINOv3 always has them. Its networks for satellite images go by
#: their name on the hub.
BACKBONES: dict[str, Backbone] = {
    **_official(),
    **_dinov2('vits', 'small'),
    **_dinov2('vitb', 'base'),
    **_dinov2('vitl', 'large'),
    **_dinov2('vitg', 'giant'),
    **_dinov3('vits16'),
    **_dinov3('vits16plus'),
    **_dinov3('vitb16'),
    **_dinov3('vitl16'),
    **_dinov3('vith16plus'),
    **_dinov3('vit7b16'),
}


def find_backbone(name: str) -> Backbone:
    """A backbone by its name.

    Raises:
        ValueError: If there is none; lists those there are, and says which
            are nearest.
    """
    if name not in BACKBONES:
        near = get_close_matches(str(name), BACKBONES, 3)
        hint = f' (did you mean {" or ".join(near)}?)' if near else ''
        raise ValueError(
            f'Expected the name of a backbone, one of {sorted(BACKBONES)}, '
            f'but got {name!r}{hint}'
        )
    return BACKBONES[name]


def features_config(
    name: str,
    grid: int = GRID,
    kind: Kind | None = None,
    layer: int = -1,
    **settings: Any,
) -> dict[str, Any]:
    """Config of the features of a named backbone.

    Args:
        name (str): A key of ``BACKBONES``.
        grid (int): Patches of a side; the image side follows from it.
            Defaults to 60.
        kind (str, optional): ``'key'``, ``'query'``, ``'value'`` or
            ``'token'``. Defaults to None: that of published recipes.
        layer (int): The block. Defaults to −1: the last.
        settings: Of the component, such as ``amp``.

    Returns:
        dict: To be built by ``MODELS``, or written into a config.

    Raises:
        ValueError: For an unknown name or kind.
    """
    backbone = find_backbone(name)
    kind = backbone.kind if kind is None else kind
    if kind not in KINDS:
        raise ValueError(
            f'Expected argument `kind` to be one of {KINDS}, but got {kind!r}'
        )
    config: dict[str, Any] = {'type': f'mmcuts3d.{backbone.source}'}
    if backbone.arch:
        config.update(
            arch=backbone.arch,
            patch_size=backbone.patch_size,
            weights=name,
            image_size=backbone.image_side(grid),
        )
    else:
        config.update(model=name, grid=grid)
    return {**config, 'kind': kind, 'layer': layer, **settings}
