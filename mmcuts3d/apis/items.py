"""What the inferencer is given, as one item an image."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from mmengine.logging import print_log

from mmcuts3d.files import find_spelled, list_images, shown
from mmcuts3d.models.depth.frames import FRAMES, to_upright
from mmcuts3d.models.depth.kinds import DepthKind
from mmcuts3d.models.depth.normalise import normalise_depth, valid_values
from mmcuts3d.models.depth.notices import value_notes
from mmcuts3d.models.depth.readers import read_depth
from mmcuts3d.models.features.from_files import read_features

Source = str | os.PathLike[str] | np.ndarray
_DEPTH_SUFFIXES = ('.png', '.npy', '.npz', '.exr', '.tif', '.tiff')
#: What says of a depth map what its numbers are.
_KIND_SETTINGS = ('kind', 'direction', 'unit', 'scale', 'invalid')
_FEATURE_SUFFIXES = ('.npz', '.npy', '.pt')


@dataclass(frozen=True)
class Item:
    """One image and what belongs to it.

    Args:
        image (Source): File, or (H, W, 3) uint8 RGB.
        name (str): Unique among the items, for the files that are written;
            with ``/`` for an image of a sub-folder.
        depth (Source, optional): File, or (H', W').
        features (Source, optional): File, or (C, h, w).
    """

    image: Source
    name: str
    depth: Source | None = None
    features: Source | None = None


def as_items(
    inputs: Source | Sequence[Source],
    depth: Source | Sequence[Source | None] | None = None,
    features: Source | Sequence[Source | None] | None = None,
    recursive: bool = False,
) -> list[Item]:
    """Lines up images, depth and features.

    Args:
        inputs (Source or Sequence): An image, a folder, or a list of images.
        depth (Source or Sequence, optional): A map for one image, a list as
            long as that of the images, or a folder with a file of the
            image's stem for each. Defaults to None.
        features (Source or Sequence, optional): The same for features.
            Defaults to None.
        recursive (bool): Whether images of a folder's sub-folders are taken
            too, their maps from the same sub-folders. Defaults to False.

    Returns:
        list[Item]: In the order given; a folder's images are sorted.

    Raises:
        ValueError: If a folder has no images, or the numbers differ.
    """
    images = _images(inputs, recursive)
    is_folder = isinstance(inputs, str | os.PathLike) and Path(inputs).is_dir()
    stems = _stems(images, Path(inputs) if is_folder else None)
    return [
        Item(*parts)
        for parts in zip(
            images,
            _unique(stems),
            _beside(images, stems, depth, 'depth', _DEPTH_SUFFIXES),
            _beside(images, stems, features, 'features', _FEATURE_SUFFIXES),
            strict=True,
        )
    ]


def given_maps(
    item: Item,
    depth_settings: dict[str, Any] | None = None,
    image_shape: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """Read what came with an image, as labelers take it.

    Args:
        item (Item): The image with its depth and features.
        depth_settings (dict, optional): As :class:`DepthFromFiles` takes
            them: ``kind``, or ``direction``, ``unit``, ``scale`` and
            ``invalid``; ``fill``, ``clip`` and ``frame``. Defaults to None:
            0 = nearest, relative, outliers clipped.
        image_shape (Sequence[int], optional): (H, W) of the upright image.
            Defaults to None: unknown.

    Returns:
        dict: ``depth`` (H', W') float32 in [0, 1], 0 = nearest, and
        ``features`` (C, h, w) float32, each only if it was given.

    Raises:
        ValueError: If a file cannot be read or a map is not usable.
    """
    maps: dict[str, np.ndarray] = {}
    if item.depth is not None:
        maps['depth'] = _depth(item, dict(depth_settings or {}), image_shape)
    if item.features is not None:
        features = item.features
        if not isinstance(features, np.ndarray):
            features = read_features(features)
        maps['features'] = _check_features(features)
    return maps


def check_array_image(image: np.ndarray) -> np.ndarray:
    """An image given as an array, checked.

    Args:
        image (np.ndarray): (H, W, 3) uint8 RGB.

    Returns:
        np.ndarray: The same.

    Raises:
        ValueError: If it is anything else.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            'Expected argument `inputs` to be files or (H, W, 3) uint8 RGB '
            f'arrays, but got {image.shape} {image.dtype}'
        )
    return image


def _depth(
    item: Item, settings: dict[str, Any], image_shape: Sequence[int] | None
) -> np.ndarray:
    depth, frame = item.depth, settings.pop('frame', 'auto')
    if frame not in FRAMES:
        raise ValueError(
            f'Expected setting `frame` of depth to be one of {FRAMES}, but '
            f'got {frame!r}'
        )
    if not isinstance(depth, np.ndarray):
        depth = read_depth(depth, image_shape=image_shape)
    clip, fill = settings.pop('clip', 'auto'), settings.pop('fill', 'nearest')
    unknown = sorted(set(settings) - set(_KIND_SETTINGS))
    if unknown:
        raise ValueError(
            'Expected settings of depth to be among '
            f'{[*_KIND_SETTINGS, "fill", "clip", "frame"]}, but got {unknown}'
        )
    kind = DepthKind.chosen(settings.pop('kind', None), **settings)
    depth = kind.read(depth)
    notes = []
    if not isinstance(item.image, np.ndarray) and depth.ndim == 2:
        depth, note = to_upright(depth, item.image, image_shape, frame)
        notes.append(note)
    result = normalise_depth(depth, **kind.settings(), fill=fill, clip=clip)
    notes += value_notes(valid_values(depth), clip, kind.far).values()
    for note in filter(None, notes):
        print_log(f'{shown(item.name)}: {note}.', 'current', logging.WARNING)
    return result


def _images(
    inputs: Source | Sequence[Source], recursive: bool
) -> list[Source]:
    if isinstance(inputs, np.ndarray):
        # A stack of images is a list of them.
        return list(inputs) if inputs.ndim == 4 else [inputs]
    if not isinstance(inputs, str | os.PathLike):
        return list(inputs)
    if not Path(inputs).is_dir():
        return [inputs]
    listing = list_images(inputs, recursive)
    note = listing.note()
    if not listing.images:
        raise ValueError(
            'Expected argument `inputs` to be images or a folder with some, '
            f'but got {shown(inputs)} without any'
            f'{"; " if note else ""}{note}'
        )
    if note:
        print_log(f'{shown(inputs)}: {note}.', 'current', logging.WARNING)
    return [str(Path(inputs, name)) for name in listing.images]


def _stems(images: Sequence[Source], folder: Path | None) -> list[str]:
    """Stems of files, below the folder where there is one; else numbers."""
    stems = []
    for index, image in enumerate(images):
        if isinstance(image, np.ndarray):
            stems.append(f'{index:06d}')
        elif folder is None:
            stems.append(Path(image).stem)
        else:
            below = Path(image).relative_to(folder)
            stems.append((below.parent / below.stem).as_posix())
    return stems


def _unique(stems: Sequence[str]) -> list[str]:
    names: dict[str, None] = {}
    for index, stem in enumerate(stems):
        while stem in names:
            stem += f'-{index}'
        names[stem] = None
    return list(names)


def _beside(
    images: Sequence[Source],
    stems: Sequence[str],
    maps: Source | Sequence[Source | None] | None,
    what: str,
    suffixes: tuple[str, ...],
) -> list[Source | None]:
    if maps is None:
        return [None] * len(images)
    if isinstance(maps, str | os.PathLike) and Path(maps).is_dir():
        if any(isinstance(image, np.ndarray) for image in images):
            raise ValueError(
                'Expected maps for images that are arrays to be a list of '
                f'arrays or files, but got the folder {shown(maps)}'
            )
        _check_different(images, stems, maps)
        shared = Counter(PurePosixPath(stem).name for stem in stems)
        return [
            _in_folder(stem, Path(maps), suffixes, shared[Path(stem).name] > 1)
            for stem in stems
        ]
    single = isinstance(maps, str | os.PathLike | np.ndarray)
    listed = [maps] if single else list(maps)
    if len(listed) != len(images):
        raise ValueError(
            f'Expected argument `{what}` to be one for each image, '
            f'{len(images)}, or a folder, but got {len(listed)}'
        )
    return listed


def _check_different(
    images: Sequence[Source], stems: Sequence[str], folder: Source
) -> None:
    holders: dict[str, Path] = {}
    for image, stem in zip(images, stems, strict=True):
        other = holders.setdefault(stem, Path(image))
        if other != Path(image):
            raise ValueError(
                f'Expected images with different names, by which the files in '
                f'{shown(folder)} are found, but got {shown(other)} and '
                f'{shown(image)}'
            )


def _in_folder(
    stem: str, folder: Path, suffixes: tuple[str, ...], shared: bool
) -> Path:
    """The map of an image; at the top only if it can be no other image's."""
    stems = [stem] if shared else [stem, Path(stem).name]
    for name in stems:
        for suffix in suffixes:
            found = find_spelled(folder, name + suffix)
            if found is not None:
                return found
    # Where there is none, reading this says so for this image alone.
    return folder / (stem + suffixes[0])


def _check_features(features: np.ndarray) -> np.ndarray:
    if features.ndim != 3 or not np.isfinite(features).all():
        raise ValueError(
            'Expected argument `features` to be a finite (C, h, w) array, '
            f'but got shape {features.shape}'
        )
    return features.astype(np.float32)
