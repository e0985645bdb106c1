"""Scenes as sparse voxel grids, from fine to coarse.

Vertices share a voxel of the finest level where they lie in the same cube.
Two voxels along each axis make one of the next level. Voxels are sorted by
their place, so that the order of the vertices does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

#: Bits of a coordinate in a voxel's key: a scene may be 2**18 voxels long.
_BITS = 18
MAX_VOXELS = 2**_BITS - 2


@dataclass
class VoxelLevel:
    """The occupied voxels of a batch of scenes at one size.

    Attributes:
        coords (Tensor): (V, 4) int64, scene and place x, y, z of a voxel.
        neighbours (Tensor): (V, 27) int64, the voxels around each one, itself
            in the middle, z fastest; V where there is none.
        parents (Tensor, optional): (V,) int64, voxel of the next coarser
            level; None at the coarsest.
        octants (Tensor, optional): (V,) int64 in [0, 8), place in the parent.
        children (Tensor, optional): (V, 8) int64, voxels of the level below
            by octant, its number of voxels where there is none; None at the
            finest.
        batch_size (int): Number of scenes.
        cache (dict): What a convolution library keeps for the level.
    """

    coords: Tensor
    neighbours: Tensor
    batch_size: int
    parents: Tensor | None = None
    octants: Tensor | None = None
    children: Tensor | None = None
    cache: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.coords)


def voxel_levels(
    points: Sequence[Tensor], voxel_size: float, number: int
) -> tuple[list[VoxelLevel], list[Tensor]]:
    """Voxel grids of a batch of scenes.

    Args:
        points (Sequence[Tensor]): (n, 3) of each scene, metres.
        voxel_size (float): Side of a voxel of the finest level, metres.
        number (int): How many levels, at least 1.

    Returns:
        tuple: The levels, finest first; and for each of them the voxel of
        every vertex, (n_1 + … + n_B,) int64.
    """
    coords = torch.cat(
        [
            torch.nn.functional.pad(
                ((p - p.amin(0)) / voxel_size).long(), (1, 0), value=scene
            )
            for scene, p in enumerate(points)
        ]
    )
    keys, below = torch.unique(_keys(coords), return_inverse=True)
    levels: list[VoxelLevel] = []
    places = [below]
    for step in range(number):
        coords = _coords(keys)
        level = VoxelLevel(coords, _neighbours(keys), len(points))
        if levels:
            _link(levels[-1], level, below)
        levels.append(level)
        if step + 1 < number:
            coarse = coords.clone()
            coarse[:, 1:] //= 2
            keys, below = torch.unique(_keys(coarse), return_inverse=True)
            places.append(below[places[-1]])
    return levels, places


def _link(fine: VoxelLevel, coarse: VoxelLevel, parents: Tensor) -> None:
    """Say which voxels of two levels belong together."""
    odd = fine.coords[:, 1:] % 2
    fine.parents = parents
    fine.octants = odd[:, 0] * 4 + odd[:, 1] * 2 + odd[:, 2]
    coarse.children = parents.new_full((len(coarse), 8), len(fine))
    coarse.children[parents, fine.octants] = torch.arange(
        len(fine), device=parents.device
    )


def _keys(coords: Tensor) -> Tensor:
    """One number for each place, (V,); places around it differ by a sum."""
    keys = coords[:, 0]
    for axis in (1, 2, 3):
        # From 1 on, so that the place before the first one has a key too.
        keys = (keys << _BITS) + coords[:, axis] + 1
    return keys


def _coords(keys: Tensor) -> Tensor:
    """The inverse of :func:`_keys`, (V, 4)."""
    mask = 2**_BITS - 1
    places = [((keys >> _BITS * step) & mask) - 1 for step in (2, 1, 0)]
    return torch.stack([keys >> _BITS * 3, *places], dim=1)


def _neighbours(keys: Tensor) -> Tensor:
    """(V, 27) indices of the voxels around each one."""
    steps = torch.arange(-1, 2, device=keys.device)
    offsets = (
        (steps[:, None, None] << _BITS * 2)
        + (steps[None, :, None] << _BITS)
        + steps[None, None, :]
    ).flatten()
    wanted = keys[:, None] + offsets
    found = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    missing = torch.full_like(found, len(keys))
    return torch.where(keys[found] == wanted, found, missing)
