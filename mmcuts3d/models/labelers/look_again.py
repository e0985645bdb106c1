"""The second look of a labeler: windows of an image, seen as images."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mmcuts3d.cuts import PseudoInstances, SecondLook, Window

from .to_samples import at_size, to_pixels

if TYPE_CHECKING:
    from .base import BaseLabeler

Look = tuple[
    Tensor,
    DetDataSample,
    dict[str, Any] | ValueError,
    PseudoInstances | ValueError,
]


def second_look_of(
    settings: dict[str, Any] | None, features: nn.Module
) -> SecondLook | None:
    """The second look by its settings, as a config has them.

    Args:
        settings (dict, optional): Of :class:`~mmcuts3d.cuts.SecondLook`;
            None for no second look.
        features (nn.Module): The labeler's source of features.

    Raises:
        ValueError: On another name, settings out of range, or features that
            are not made of the pixels.
    """
    if settings is None:
        return None
    look = SecondLook.from_settings(**settings)
    if not getattr(features, 'sees_images', True):
        raise ValueError(
            'Expected argument `features` to be a network for the setting '
            '`second_look`, which needs features of parts of an image, but '
            f'got {type(features).__name__}, which reads those of whole '
            'images.'
        )
    return look


def look_again(
    labeler: 'BaseLabeler',
    look: SecondLook,
    looks: Iterable[Look],
    at_once: int,
) -> Iterator[PseudoInstances | ValueError]:
    """Add to the instances of images those of their windows.

    Args:
        labeler (BaseLabeler): Its ``features`` see the windows, enlarged to
            the size of the image, and its ``cut_all`` cuts them.
        look (SecondLook): The windows, and what is kept.
        looks (Iterable): For each image the pixels (3, H, W) RGB in
            [0, 255], its sample, what the method needs beside the image, and
            what the first look found.
        at_once (int): Windows that the features see together.

    Yields:
        PseudoInstances or ValueError: For each image, those of both looks,
        or the error why there are none.
    """
    for image, sample, maps, first in looks:
        if isinstance(first, ValueError) or isinstance(maps, ValueError):
            yield first
            continue
        try:
            yield _look(labeler, look, image, sample, maps, first, at_once)
        except ValueError as error:
            yield error


def _look(
    labeler: 'BaseLabeler',
    look: SecondLook,
    image: Tensor,
    sample: DetDataSample,
    maps: dict[str, Any],
    first: PseudoInstances,
    at_once: int,
) -> PseudoInstances:
    if sample.get('features') is not None:
        raise ValueError(
            'Expected no `features` in the sample for the setting '
            '`second_look`, which needs features of parts of the image, but '
            'got those of the whole image.'
        )
    size = (image.shape[1], image.shape[2])
    if min(size) < look.zoom:
        raise ValueError(
            f'Expected an image of at least {look.zoom} x {look.zoom} pixels '
            f'for the setting `second_look`, but got {size}.'
        )
    windows = look.windows(first.patch_masks.shape[1:])
    items = []
    for window, (pixels, features) in zip(
        windows, _seen(labeler, image, windows, at_once), strict=True
    ):
        inputs = {'features': features}
        if 'depth' in maps:
            inputs['depth'] = look.depth_of(maps['depth'], window)
        items.append((pixels, inputs))
    seen: list[tuple[Window, PseudoInstances]] = []
    for window, found in zip(windows, labeler.cut_all(items), strict=True):
        if isinstance(found, ValueError):
            raise found
        rows, columns = window.pixels(size)
        shape = (rows.stop - rows.start, columns.stop - columns.start)
        seen.append((window, at_size(found, shape)))
    return look.merge(first, seen)


def _seen(
    labeler: 'BaseLabeler',
    image: Tensor,
    windows: Sequence[Window],
    at_once: int,
) -> Iterator[tuple[np.ndarray, Any]]:
    """Pixels and features of windows, enlarged to the size of the image.

    The CRF looks at as many pixels as in an image: in fewer of them it takes
    away what is small.
    """
    size = (image.shape[1], image.shape[2])
    for start in range(0, len(windows), at_once):
        some = windows[start : start + at_once]
        crops = [image[(slice(None), *window.pixels(size))] for window in some]
        images = torch.cat(
            [
                interpolate(crop[None].float(), size, mode='bilinear')
                for crop in crops
            ]
        )
        samples = [DetDataSample() for _ in images]
        found = labeler.features(images, samples)
        for pixels, features in zip(images, found, strict=True):
            yield to_pixels(pixels), labeler.as_input('features', features)
