"""Features that were computed before: one file per image."""

import math
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.files import first_few, open_regular, read_array, shown
from mmcuts3d.files.addresses import check_local
from mmcuts3d.registry import MODELS

from ..sidecar import SidecarFiles

#: Most numbers of a feature map: 768 channels on 480×480 patches, say.
MOST_VALUES = 768 * 480 * 480
_WHAT = 'a readable feature map'


@MODELS.register_module()
class FeaturesFromFiles(nn.Module):
    """Reads cached feature maps by the stem of the image.

    ``.npz`` and ``.pt`` files hold the map under ``key``, ``.npy`` files are
    the map; a ``.pt`` file may also be the bare tensor. Integer maps are
    multiplied by the number under ``scale_key``.

    Args:
        root (str or path): Folder of the files; looked at when the first
            file is asked for.
        suffix (str or Sequence[str]): What stands after the stem. Defaults
            to '.npz'.
        key (str): Name of the map in a file. Defaults to 'features'.
        scale_key (str): Name of the scale in a file; where a file has none,
            the scale is 1. Defaults to 'scale'.
        grid (tuple[int, int], optional): Expected patches (h, w); a map of
            another grid is an error. Defaults to None: any grid.
        replace (tuple[str, str], optional): See :class:`SidecarFiles`.
            Defaults to None.
        image_root (str or path, optional): See :class:`SidecarFiles`.
            Defaults to None.

    Raises:
        ValueError: If a setting is malformed.
    """

    #: Whether the features are those of the pixels that are handed in.
    sees_images = False

    def __init__(
        self,
        root: str | os.PathLike[str],
        suffix: str | Sequence[str] = '.npz',
        key: str = 'features',
        scale_key: str = 'scale',
        grid: Sequence[int] | None = None,
        replace: Sequence[str] | None = None,
        image_root: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__()
        self.files = SidecarFiles(root, suffix, replace, image_root)
        self.key = key
        self.scale_key = scale_key
        self.grid = None if grid is None else tuple(grid)

    def forward(self, images: Tensor, data_samples: Sequence[Any]) -> Tensor:
        """Features of a batch of images.

        Args:
            images (Tensor): (B, 3, H, W); only its device is used.
            data_samples (Sequence[DetDataSample]): With ``img_path``.

        Returns:
            Tensor: (B, C, h, w) float32 on the device of ``images``.

        Raises:
            ValueError: If a file is missing, unreadable, of another grid or
                not finite, or if the maps of a batch differ in shape.
            FileNotFoundError: If ``root`` is no folder.
        """
        maps = []
        for sample in data_samples:
            path = self.files.find(sample)
            features = read_features(path, self.key, self.scale_key)
            if self.grid is not None and features.shape[1:] != self.grid:
                raise ValueError(
                    f'Expected {shown(path)} to have the grid {self.grid}, '
                    f'but got {features.shape[1:]}'
                )
            if maps and features.shape != maps[0].shape:
                raise ValueError(
                    f'Expected {shown(path)} to have the shape '
                    f'{maps[0].shape} of the rest of its batch, but got '
                    f'{features.shape}'
                )
            maps.append(features)
        return torch.from_numpy(np.stack(maps)).to(images.device)


def read_features(
    path: str | os.PathLike[str],
    key: str = 'features',
    scale_key: str = 'scale',
) -> np.ndarray:
    """One feature map from a ``.npz``, ``.npy`` or ``.pt`` file.

    Args:
        path (str or path): The file.
        key (str): Name of the map in it. Defaults to 'features'.
        scale_key (str): Name of its scale. Defaults to 'scale'.

    Returns:
        ndarray: (C, h, w) float32, finite.

    Raises:
        ValueError: If it cannot be read or is no such map; names the file.
    """
    check_local(path, 'a feature map')
    path = Path(path)
    features, scale = _read(path, key, scale_key)
    if features.ndim == 4 and features.shape[0] == 1:
        features = features[0]
    if features.ndim != 3:
        raise ValueError(
            f'Expected {shown(path)} to have shape (C, h, w), but got '
            f'{features.shape}'
        )
    features = features.astype(np.float32) * np.float32(scale)
    if not np.isfinite(features).all():
        raise ValueError(
            f'Expected {shown(path)} to be finite, but got '
            f'{int((~np.isfinite(features)).sum())} other values'
        )
    return features


def _read(path: Path, key: str, scale_key: str) -> tuple[np.ndarray, Any]:
    if path.suffix in ('.pt', '.pth'):
        return _read_tensor(path, key, scale_key)
    features = read_array(path, key, _WHAT, MOST_VALUES, allow_only=False)
    return features, read_array(path, scale_key, _WHAT, 1, default=1.0)


def _read_tensor(
    path: Path, key: str, scale_key: str
) -> tuple[np.ndarray, Any]:
    try:
        with open_regular(path, _WHAT) as file:
            _check_zip(file)
            data = torch.load(file, 'cpu', weights_only=True)
        if isinstance(data, Tensor):
            data = {key: data}
        if not isinstance(data, dict) or not isinstance(
            features := data.get(key), Tensor | np.ndarray
        ):
            names = first_few(data) if isinstance(data, dict) else type(data)
            raise ValueError(
                f'Expected {shown(path)} to hold {key!r}, but got {names}'
            )
        number = math.prod(features.shape)
        if number > MOST_VALUES:  # a view may be larger than what it shows
            raise ValueError(
                f'shape {tuple(features.shape)}, which is more than '
                f'{MOST_VALUES:,} numbers'
            )
        if isinstance(features, Tensor):
            features = features.float().numpy()
        return features, float(data.get(scale_key, 1.0))
    except Exception as error:  # pickle, zip, EOF …: all say "not this"
        if str(error).startswith('Expected '):
            raise
        raise ValueError(
            f'Expected {shown(path)} to be {_WHAT}, but got '
            f'{type(error).__name__}: {shown(error)}'
        ) from error


def _check_zip(file: BinaryIO) -> None:
    """Refuses an archive that unpacks to more than the map may hold."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > 8 * MOST_VALUES:
            raise ValueError(f'{size:,} bytes when unpacked')
    file.seek(0)
