"""Depth that was measured or computed before: one file per image."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.registry import MODELS

from ..sidecar import SidecarFiles
from .normalise import check_settings, normalise_depth
from .readers import read_depth

#: Relative difference of two aspect ratios that rounding can explain.
ASPECT_TOLERANCE = 0.02


@MODELS.register_module()
class DepthFromFiles(nn.Module):
    """Reads depth maps by the stem of the image.

    A map may have any size; the cuts resize it to the patch grid.

    Args:
        root (str or path): Folder of the files; looked at when the first
            file is asked for.
        suffix (str or Sequence[str]): What stands after the stem: ``.png``,
            ``.tiff`` (8, 16 or 32 bits), ``.npy``, ``.npz`` or ``.exr``.
            Defaults to '.png'.
        direction (str): ``'near_is_small'`` (distances) or
            ``'near_is_large'`` (inverse depth, disparity). Defaults to
            'near_is_small'.
        unit (str): ``'mm'``, ``'cm'``, ``'m'`` or ``'relative'``, of the
            file's numbers after ``scale``. Defaults to 'relative'.
        scale (float): Factor that gives ``unit``, such as 1 / 5000 with
            ``unit='m'``. Defaults to 1.
        invalid (float, optional): The file's number for "not measured", such
            as 0. Defaults to None.
        fill (str): ``'nearest'`` or ``'far'``, see :func:`normalise_depth`.
            Defaults to 'nearest'.
        clip (tuple[float, float], optional): Percentiles, see
            :func:`normalise_depth`. Defaults to None.
        aspect (str): ``'stretch'`` takes a map of any aspect ratio for the
            whole image; ``'check'`` makes more than 2 % of difference an
            error. Defaults to 'stretch'.
        key (str): Name of the map in ``.npz`` files. Defaults to 'depth'.
        replace (tuple[str, str], optional): See :class:`SidecarFiles`.
            Defaults to None.
        image_root (str or path, optional): See :class:`SidecarFiles`.
            Defaults to None.

    Raises:
        ValueError: If a setting is unknown.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        suffix: str | Sequence[str] = '.png',
        direction: str = 'near_is_small',
        unit: str = 'relative',
        scale: float = 1.0,
        invalid: float | None = None,
        fill: str = 'nearest',
        clip: Sequence[float] | None = None,
        aspect: str = 'stretch',
        key: str = 'depth',
        replace: Sequence[str] | None = None,
        image_root: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        check_settings(direction, unit, fill, clip)
        if aspect not in ('stretch', 'check'):
            raise ValueError(
                "Expected argument `aspect` to be 'stretch' or 'check', but "
                f'got {aspect!r}'
            )
        if not scale > 0:
            raise ValueError(
                f'Expected argument `scale` to be positive, but got {scale}'
            )
        self.files = SidecarFiles(root, suffix, replace, image_root)
        self.scale = scale
        self.aspect = aspect
        self.key = key
        self.invalid = invalid
        self.settings: dict[str, Any] = {
            'direction': direction,
            'unit': unit,
            'fill': fill,
            'clip': clip,
        }

    def forward(
        self, images: Tensor, data_samples: Sequence[Any]
    ) -> list[Tensor]:
        """Depth maps of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W); only its device is used.
            data_samples (Sequence[DetDataSample]): With ``img_path``, and
                ``ori_shape`` when the aspect ratio is checked.

        Returns:
            list[Tensor]: B maps (H_i, W_i) float32 in [0, 1], 0 = nearest,
            on the device of ``images``.

        Raises:
            ValueError: If a file is missing, unreadable, without a valid
                pixel, or does not fit its unit or its image; names the file.
            FileNotFoundError: If ``root`` is no folder.
        """
        return [
            torch.from_numpy(self.read(s)).to(images.device)
            for s in data_samples
        ]

    def read(self, data_sample: Any) -> np.ndarray:
        """Depth map of one image, see :meth:`forward`."""
        path = self.files.find(data_sample)
        depth = read_depth(path, self.key)
        if self.aspect == 'check':
            _check_aspect(depth, data_sample.ori_shape, path)
        invalid = self.invalid
        if invalid is not None:  # in the file's numbers, so before the scale
            depth = np.where(depth == invalid, np.nan, depth)
        try:
            return normalise_depth(depth * self.scale, **self.settings)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error


def _check_aspect(
    depth: np.ndarray, image_shape: Sequence[int], path: Any
) -> None:
    height, width = image_shape[:2]
    ratio = depth.shape[1] / depth.shape[0] * height / width
    if abs(ratio - 1) > ASPECT_TOLERANCE:
        raise ValueError(
            f'Expected {path} to have the aspect ratio of its image '
            f'({height}×{width}), but got {depth.shape[0]}×{depth.shape[1]}; '
            "aspect='stretch' allows it"
        )
