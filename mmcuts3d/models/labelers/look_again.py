"""The second look of a labeler: windows of an image, seen as images."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch
from mmdet.structures import DetDataSample
from torch import Tensor, nn
from torch.nn.functional import interpolate

from mmcuts3d.cuts import PseudoInstances, SecondLook, Window

from .to_samples import to_pixels

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
    crops = [image[(slice(None), *w.pixels(size))] for w in windows]
    items = []
    for window, crop, features in zip(
        windows,
        crops,
        _features_of(labeler, crops, size, at_once),
        strict=True,
    ):
        inputs = {'features': features}
        if 'depth' in maps:
            inputs['depth'] = look.depth_of(maps['depth'], window)
        items.append((to_pixels(crop), inputs))
    seen: list[tuple[Window, PseudoInstances]] = []
    for window, found in zip(windows, labeler.cut_all(items), strict=True):
        if isinstance(found, ValueError):
            raise found
        seen.append((window, found))
    return look.merge(first, seen)


def _features_of(
    labeler: 'BaseLabeler',
    crops: Sequence[Tensor],
    size: tuple[int, int],
    at_once: int,
) -> Iterator[Any]:
    """Features of each window, which is enlarged to the size of the image."""
    for start in range(0, len(crops), at_once):
        images = torch.cat(
            [
                interpolate(crop[None].float(), size, mode='bilinear')
                for crop in crops[start : start + at_once]
            ]
        )
        samples = [DetDataSample() for _ in images]
        for features in labeler.features(images, samples):
            yield labeler.as_input('features', features)
