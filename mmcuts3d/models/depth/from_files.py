"""Depth that was measured or computed before: one file per image."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from mmcuts3d.files import shown
from mmcuts3d.registry import MODELS

from ..sidecar import SidecarFiles
from .frames import FRAMES, Frame, fits, shape_of, to_upright
from .kinds import DepthKind
from .normalise import Clip, check_fill_and_clip, normalise_depth
from .notices import DepthNotices
from .readers import read_depth


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
        direction (str, optional): ``'near_is_small'`` (distances) or
            ``'near_is_large'`` (inverse depth, disparity). Defaults to None:
            'near_is_small', or what `kind` says.
        unit (str, optional): ``'mm'``, ``'cm'``, ``'m'`` or ``'relative'``,
            of the file's numbers after ``scale``. Defaults to None:
            'relative', or what `kind` says.
        scale (float, optional): Factor that gives ``unit``, such as 1 / 5000
            with ``unit='m'``. Defaults to None: 1, or what `kind` says.
        invalid (float or Sequence[float], optional): The file's number for
            "not measured", such as 0, or several of them. Defaults to None:
            none, or what `kind` says.
        fill (str): ``'nearest'`` or ``'far'``, see :func:`normalise_depth`.
            Defaults to 'nearest'.
        clip (tuple[float, float] or str, optional): Percentiles, ``'auto'``
            or None, see :func:`normalise_depth`. Defaults to 'auto'.
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
        kind (DepthKind, dict or str, optional): What the numbers are, see
            :class:`DepthKind`, in place of `direction`, `unit`, `scale` and
            `invalid`, which are short for its plain cases. Defaults to None.

    Raises:
        ValueError: If a setting is unknown, or `kind` comes with one that it
            takes the place of.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        suffix: str | Sequence[str] = '.png',
        direction: str | None = None,
        unit: str | None = None,
        scale: float | None = None,
        invalid: float | Sequence[float] | None = None,
        fill: str = 'nearest',
        clip: Clip = 'auto',
        aspect: Literal['stretch', 'check'] = 'stretch',
        frame: Frame = 'auto',
        key: str = 'depth',
        replace: Sequence[str] | None = None,
        image_root: str | os.PathLike[str] | None = None,
        kind: DepthKind | dict[str, Any] | str | None = None,
    ) -> None:
        super().__init__()
        check_fill_and_clip(fill, clip)
        if aspect not in ('stretch', 'check'):
            raise ValueError(
                "Expected argument `aspect` to be 'stretch' or 'check', but "
                f'got {aspect!r}'
            )
        if frame not in FRAMES:
            raise ValueError(
                f'Expected argument `frame` to be one of {FRAMES}, but got '
                f'{frame!r}'
            )
        self.files = SidecarFiles(root, suffix, replace, image_root)
        self.kind = DepthKind.chosen(
            kind,
            direction=direction,
            unit=unit,
            scale=scale,
            invalid=invalid,
        )
        self.aspect = aspect
        self.frame = frame
        self.key = key
        self.fill = fill
        self.clip = clip
        self.notices = DepthNotices(self.kind, clip)

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
        try:
            # Rays are those of the frame that the map was measured in.
            depth = self.kind.read(depth)
        except ValueError as error:
            raise ValueError(f'{shown(path)}: {error}') from error
        depth, note = to_upright(
            depth, data_sample.img_path, shape, self.frame
        )
        if self.aspect == 'check':
            _check_aspect(depth, shape, path)
        self.notices.say('frame', path, note)
        try:
            result = normalise_depth(
                depth, **self.kind.settings(), fill=self.fill, clip=self.clip
            )
        except ValueError as error:
            raise ValueError(f'{shown(path)}: {error}') from error
        self.notices.look(path, depth, result)
        return result


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
