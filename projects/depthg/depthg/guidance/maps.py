"""Maps that guide: depth, and what Table 3 of the supplement tries instead."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

#: What guides, see :func:`guidance_maps`.
Kind = Literal[
    'depth', 'features', 'image_plane', 'perspective_plane', 'truth'
]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Pixels of a label map that belong to no class.
IGNORED = 255


def guidance_maps(
    kind: Kind,
    data_samples: Sequence[Any],
    images: Tensor,
    grid: tuple[int, int],
    source: nn.Module | None = None,
) -> Tensor:
    """Guidance of a batch on the grid of features.

    Args:
        kind (str): One of ``KINDS``.

            - ``'depth'``: the depth of the images.
            - ``'features'``: feature maps of ``source``, such as a layer of
              the network that predicts depth.
            - ``'image_plane'``: a plane before the camera: one depth, 1.
            - ``'perspective_plane'``: a plane that leads away from the
              camera: from 0 in the last row to 1 in the first. The
              supplement names both planes and prints no formula: ours.
            - ``'truth'``: share of each class in a patch, by the label map.
        data_samples (Sequence[SegDataSample]): B, with ``depth`` for
            'depth', and ``label_map`` for 'truth'.
        images (Tensor): (B, 3, H, W), 0 … 255; only 'features' looks.
        grid (tuple[int, int]): Patches (h, w).
        source (nn.Module, optional): Feature source of 'features'. Defaults
            to None.

    Returns:
        Tensor: (B, G, h, w) float32 on the device of the images; G is 1 for
        depth and planes.

    Raises:
        ValueError: If an image has not what the kind takes.
    """
    check_kind(kind, source)
    number, device = len(images), images.device
    if kind == 'depth':
        maps = [
            _to_grid(sample_depth(sample)[None, None], grid)
            for sample in data_samples
        ]
        return torch.cat(maps).to(device)
    if kind == 'features':
        with torch.no_grad():
            found = source(images, data_samples)  # type: ignore[misc]
        return _to_grid(found.float(), grid)
    if kind == 'image_plane':
        return torch.ones(number, 1, *grid, device=device)
    if kind == 'perspective_plane':
        rows = torch.linspace(1, 0, grid[0], device=device)
        return rows[None, None, :, None].expand(number, 1, *grid).contiguous()
    maps = [_class_shares(sample, grid) for sample in data_samples]
    most = max(len(shares) for shares in maps)
    padded = [
        functional.pad(shares, (0, 0, 0, 0, 0, most - len(shares)))
        for shares in maps
    ]
    return torch.stack(padded).to(device)


def sample_depth(sample: Any) -> Tensor:
    """Depth of one image.

    Args:
        sample (SegDataSample): Of the image.

    Returns:
        Tensor: (H, W) float32 in [0, 1], 0 = nearest.

    Raises:
        ValueError: If the image has none.
    """
    depth = sample.get('depth')
    if depth is None:
        name = sample.metainfo.get('img_path', 'an image')
        raise ValueError(
            f'Expected depth for {name}, but got none: guidance and '
            'farthest-point sampling need the depth of every image of the '
            'training. `guidance=None` and random sampling train without.'
        )
    return torch.as_tensor(depth, dtype=torch.float32).cpu()


def check_kind(kind: str, source: object | None) -> None:
    """Raises ValueError for an unknown kind, or a source too many or few."""
    if kind not in KINDS:
        raise ValueError(
            f'Expected argument `kind` to be one of {KINDS}, but got {kind!r}'
        )
    if (kind == 'features') != (source is not None):
        raise ValueError(
            "Expected argument `source` for kind 'features' and for no "
            f'other, but got kind {kind!r} '
            f'{"with" if source is not None else "without"} a source'
        )


def _to_grid(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """Means over the patches, as the paper pools depth."""
    if maps.shape[-1] < grid[1] or maps.shape[-2] < grid[0]:
        return functional.interpolate(
            maps, grid, mode='bilinear', align_corners=False
        )
    return functional.adaptive_avg_pool2d(maps, grid)


def _class_shares(sample: Any, grid: tuple[int, int]) -> Tensor:
    """(classes, h, w): share of the patch that each class has."""
    labels = sample.get('label_map')
    if labels is None:
        name = sample.metainfo.get('img_path', 'an image')
        raise ValueError(
            f'Expected a label map for {name}, but got none: guidance by '
            "the truth needs one for every image; kind='depth' needs none."
        )
    labels = torch.as_tensor(labels).cpu().long()
    known = labels != IGNORED
    number = int(labels[known].max()) + 1 if bool(known.any()) else 1
    shares = functional.one_hot(labels.clamp_max(number), number + 1)
    shares = shares[..., :number].permute(2, 0, 1).float()
    return _to_grid(shares[None], grid)[0]
