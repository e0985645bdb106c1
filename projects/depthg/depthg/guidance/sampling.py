"""Where features are sampled: at random, by farthest points, everywhere.

STEGO draws 11² places in the image. DepthG draws N² patches so that they lie
far apart in the 3D scene: farthest-point sampling of its point cloud.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from mmcuts3d.cuts import farthest_points, pinhole_cloud
from mmcuts3d.registry import TASK_UTILS

#: Degrees; what ZoeDepth's code takes for images of unknown cameras.
FIELD_OF_VIEW = 55.0
#: Depth of the nearest point, that of the farthest being 1.
NEAR = 0.3


@TASK_UTILS.register_module()
class RandomPlaces:
    """N² places, uniform over the image (STEGO).

    Args:
        side (int): N. Defaults to 11, STEGO's.

    Raises:
        ValueError: If N is below 1.
    """

    needs_depth = False

    def __init__(self, side: int = 11) -> None:
        _check_side(side)
        self.side = side

    def __call__(
        self,
        depth: Tensor | None,
        number: int,
        grid: tuple[int, int],
        step: int = 0,
    ) -> Tensor:
        """Places of a batch.

        Args:
            depth (Tensor, optional): Not used.
            number (int): B.
            grid (tuple[int, int]): Patches (h, w).
            step (int): Step of the training, from 0. Defaults to 0.

        Returns:
            Tensor: (B, N², 2) x and y in [−1, 1], see
            :func:`~..models.losses.sample_maps`.
        """
        return torch.rand(number, self.side**2, 2) * 2 - 1


@TASK_UTILS.register_module()
class AllPlaces:
    """Every patch, row by row: Cityscapes in the paper."""

    needs_depth = False

    def __call__(
        self,
        depth: Tensor | None,
        number: int,
        grid: tuple[int, int],
        step: int = 0,
    ) -> Tensor:
        """(B, h·w, 2), see :class:`RandomPlaces`."""
        patches = torch.arange(grid[0] * grid[1]).expand(number, -1)
        return patch_places(patches, grid)


@TASK_UTILS.register_module()
class FarthestPlaces:
    """N² patches far apart in 3D (DepthG; supplement, Tables 2 and 4).

    The depth of the patches is seen by a pinhole camera, and points are
    taken one after the other, each the farthest from all before. The first
    is drawn at random.

    Args:
        side (int): N: 9 for ViT-S on COCO-Stuff, 12 for ViT-B, 11 on
            Potsdam. Defaults to 9.
        field_of_view (float): Degrees, of the width of the image, in
            (0, 180). Defaults to 55.
        variant (str): ``'as_written'``, or ``'as_released'``: the public
            code takes the degrees for radians, so that 55 is an angle of
            about 89 degrees. Defaults to 'as_written'.
        near (float): Depth of the nearest point, as a share of that of the
            farthest, in [0, 1): depth of the cuts begins at 0, where a
            pinhole sees one point only. Defaults to 0.3.
        jitter (bool): Whether a place is anywhere in its patch, as random
            places are, so that its features are means of neighbours, too; in
            its middle otherwise. Defaults to True.
        shrink_every (int, optional): N falls by 1 each time that so many
            steps are done, to no less than 1 (3000 in the supplement, B.2).
            Defaults to None: it stays.

    Raises:
        ValueError: If a setting is out of range or unknown.
    """

    needs_depth = True

    def __init__(
        self,
        side: int = 9,
        field_of_view: float = FIELD_OF_VIEW,
        variant: Literal['as_written', 'as_released'] = 'as_written',
        near: float = NEAR,
        jitter: bool = True,
        shrink_every: int | None = None,
    ) -> None:
        _check_side(side)
        if variant not in ('as_written', 'as_released'):
            raise ValueError(
                "Expected argument `variant` to be 'as_written' or "
                f"'as_released', but got {variant!r}"
            )
        if not 0 < field_of_view < 180:
            raise ValueError(
                'Expected argument `field_of_view` to be degrees in '
                f'(0, 180), but got {field_of_view}'
            )
        if not 0 <= near < 1:
            raise ValueError(
                f'Expected argument `near` to be in [0, 1), but got {near}'
            )
        if shrink_every is not None and shrink_every < 1:
            raise ValueError(
                'Expected argument `shrink_every` to be at least 1, or None, '
                f'but got {shrink_every}'
            )
        self.side = side
        self.field_of_view = field_of_view
        if variant == 'as_released':
            self.field_of_view = degrees_as_radians(field_of_view)
        self.near = near
        self.jitter = jitter
        self.shrink_every = shrink_every

    def __call__(
        self,
        depth: Tensor | None,
        number: int,
        grid: tuple[int, int],
        step: int = 0,
    ) -> Tensor:
        """Places of a batch, see :class:`RandomPlaces`.

        Args:
            depth (Tensor): (B, h, w) in [0, 1], 0 = nearest.
            number (int): B.
            grid (tuple[int, int]): Patches (h, w).
            step (int): Step of the training, from 0. Defaults to 0.

        Returns:
            Tensor: (B, N², 2).

        Raises:
            ValueError: If there is no depth, or N² is more than there are
                patches.
        """
        if depth is None or depth.shape != (number, *grid):
            raise ValueError(
                f'Expected argument `depth` to have shape {(number, *grid)}, '
                f'but got {None if depth is None else tuple(depth.shape)}'
            )
        side = self.side
        if self.shrink_every is not None:
            side = max(1, side - step // self.shrink_every)
        if side**2 > grid[0] * grid[1]:
            raise ValueError(
                f'Expected N² = {side**2} places to be at most the '
                f'{grid[0] * grid[1]} patches of a {grid[0]}×{grid[1]} grid: '
                'lower `model.sampling.side`'
            )
        chosen = far_patches(
            depth.cpu().numpy(), side**2, self.field_of_view, self.near
        )
        places = patch_places(torch.from_numpy(chosen), grid)
        if self.jitter:
            patch = torch.tensor([2 / max(n - 1, 1) for n in grid[::-1]])
            places = places + (torch.rand(places.shape) - 0.5) * patch
        return places.clamp(-1, 1)


def far_patches(
    depth: np.ndarray,
    number: int,
    field_of_view: float = FIELD_OF_VIEW,
    near: float = NEAR,
) -> np.ndarray:
    """Patches that lie far apart in 3D, the first drawn by torch.

    Args:
        depth (ndarray): (B, h, w) in [0, 1], 0 = nearest.
        number (int): How many of each image.
        field_of_view (float): Degrees. Defaults to 55.
        near (float): See :class:`FarthestPlaces`. Defaults to 0.3.

    Returns:
        ndarray: (B, number) int64, row by row counted patches.
    """
    away = near + (1 - near) * np.asarray(depth, np.float64)
    clouds = pinhole_cloud(away, field_of_view=field_of_view)
    first = torch.randint(clouds.shape[1], (len(clouds),)).numpy()
    return farthest_points(clouds, number, start=first).astype(np.int64)


def degrees_as_radians(degrees: float) -> float:
    """The angle of view that a camera has whose degrees count as radians.

    tan(degrees / 2) may be negative, which mirrors the cloud: distances
    stay.

    Args:
        degrees (float): Such as 55.

    Returns:
        float: Degrees, in [0, 180).
    """
    return float(np.degrees(2 * np.arctan(abs(np.tan(degrees / 2)))))


def patch_places(patches: Tensor, grid: tuple[int, int]) -> Tensor:
    """Middles of patches as places.

    Args:
        patches (Tensor): (B, n) int64, row by row counted.
        grid (tuple[int, int]): Patches (h, w).

    Returns:
        Tensor: (B, n, 2) x and y in [−1, 1].
    """
    rows = patches.div(grid[1], rounding_mode='floor')
    columns = patches % grid[1]
    steps = [max(side - 1, 1) for side in grid]
    return torch.stack(
        [columns * 2 / steps[1] - 1, rows * 2 / steps[0] - 1], dim=-1
    )


def _check_side(side: int) -> None:
    if side < 1:
        raise ValueError(
            f'Expected argument `side` to be at least 1, but got {side}'
        )
