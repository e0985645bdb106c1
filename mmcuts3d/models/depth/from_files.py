"""Depth that was measured or computed before: one file per image."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from mmcuts3d.files import shown
from mmcuts3d.registry import MODELS

from ..sidecar import SidecarFiles
from .frames import FRAMES, Frame, fits, shape_of, to_upright
from .normalise import check_settings, normalise_depth, valid_values
from .ranges import range_note
from .readers import read_depth

#: Files of one kind of trouble that are named; more would fill the log.
_MOST_NOTES = 3


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
            whole image, with a warning; ``'check'`` makes more than 2 % of
            difference an error. Defaults to 'stretch'.
        frame (str): ``'auto'``, ``'upright'`` or ``'raw'``: whether maps lie
            in the frame of the upright image or in that of the image as it
            is stored, see :func:`to_upright`. Defaults to 'auto'.
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
        aspect: Literal['stretch', 'check'] = 'stretch',
        frame: Frame = 'auto',
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
        if frame not in FRAMES:
            raise ValueError(
                f'Expected argument `frame` to be one of {FRAMES}, but got '
                f'{frame!r}'
            )
        self.files = SidecarFiles(root, suffix, replace, image_root)
        self.scale = scale
        self.aspect = aspect
        self.frame = frame
        self.noted: Counter[str] = Counter()
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
        shape = getattr(data_sample, 'ori_shape', None)
        depth = read_depth(path, self.key, shape)
        depth, note = to_upright(
            depth, data_sample.img_path, shape, self.frame
        )
        if self.aspect == 'check':
            _check_aspect(depth, shape, path)
        self._note('frame', path, note)
        invalid = self.invalid
        if invalid is not None:  # in the file's numbers, so before the scale
            depth = np.where(depth == invalid, np.nan, depth)
        depth = depth * self.scale
        try:
            result = normalise_depth(depth, **self.settings)
        except ValueError as error:
            raise ValueError(f'{shown(path)}: {error}') from error
        if self.settings['clip'] is None and self.noted['range'] < _MOST_NOTES:
            self._note('range', path, range_note(valid_values(depth)))
        return result

    def _note(self, kind: str, path: Path, note: str) -> None:
        """Warn of the first files of a kind of trouble."""
        if not note or self.noted[kind] >= _MOST_NOTES:
            return
        self.noted[kind] += 1
        last = self.noted[kind] == _MOST_NOTES
        more = '. Others like it are not named.' if last else '.'
        print_log(f'{shown(path)}: {note}{more}', 'current', logging.WARNING)


def _check_aspect(
    depth: np.ndarray, image_shape: Sequence[int] | None, path: Path
) -> None:
    if image_shape is None:
        raise ValueError(
            "Expected data samples to have `ori_shape` for aspect='check', "
            'but got none'
        )
    if not fits(depth.shape, image_shape):
        raise ValueError(
            f'Expected {shown(path)} to have the aspect ratio of its image '
            f'({shape_of(image_shape)}), but got {shape_of(depth.shape)}; '
            "aspect='stretch' allows it"
        )
