"""What the inferencer is given, as one item an image."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmcuts3d.datasets.image_folder import IMAGE_SUFFIXES
from mmcuts3d.models.depth.normalise import normalise_depth
from mmcuts3d.models.depth.readers import read_depth
from mmcuts3d.models.features.from_files import read_features

Source = str | os.PathLike[str] | np.ndarray
_DEPTH_SUFFIXES = ('.png', '.npy', '.npz', '.exr', '.tif', '.tiff')
_FEATURE_SUFFIXES = ('.npz', '.npy', '.pt')


@dataclass(frozen=True)
class Item:
    """One image and what belongs to it.

    Args:
        image (Source): File, or (H, W, 3) uint8 RGB.
        name (str): Unique among the items, for the files that are written.
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
) -> list[Item]:
    """Lines up images, depth and features.

    Args:
        inputs (Source or Sequence): An image, a folder, or a list of images.
        depth (Source or Sequence, optional): A map for one image, a list as
            long as that of the images, or a folder with a file of the
            image's stem for each. Defaults to None.
        features (Source or Sequence, optional): The same for features.
            Defaults to None.

    Returns:
        list[Item]: In the order given; a folder's images are sorted.

    Raises:
        ValueError: If a folder has no images, or the numbers differ.
    """
    images = _images(inputs)
    return [
        Item(*parts)
        for parts in zip(
            images,
            _names(images),
            _beside(images, depth, 'depth', _DEPTH_SUFFIXES),
            _beside(images, features, 'features', _FEATURE_SUFFIXES),
            strict=True,
        )
    ]


def given_maps(
    item: Item, depth_settings: dict[str, Any] | None = None
) -> dict[str, np.ndarray]:
    """Read what came with an image, as labellers take it.

    Args:
        item (Item): The image with its depth and features.
        depth_settings (dict, optional): Direction, unit and so on, see
            :func:`~mmcuts3d.models.depth.normalise.normalise_depth`.
            Defaults to None: 0 = nearest, relative.

    Returns:
        dict: ``depth`` (H', W') float32 in [0, 1], 0 = nearest, and
        ``features`` (C, h, w) float32, each only if it was given.

    Raises:
        ValueError: If a file cannot be read or a map is not usable.
    """
    maps: dict[str, np.ndarray] = {}
    if item.depth is not None:
        depth = item.depth
        if not isinstance(depth, np.ndarray):
            depth = read_depth(depth)
        maps['depth'] = normalise_depth(depth, **(depth_settings or {}))
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


def _images(inputs: Source | Sequence[Source]) -> list[Source]:
    if isinstance(inputs, np.ndarray):
        # A stack of images is a list of them.
        return list(inputs) if inputs.ndim == 4 else [inputs]
    if not isinstance(inputs, str | os.PathLike):
        return list(inputs)
    if not Path(inputs).is_dir():
        return [inputs]
    found = sorted(
        str(path)
        for path in Path(inputs).iterdir()
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not path.name.startswith('.')
    )
    if not found:
        raise ValueError(
            'Expected argument `inputs` to be images or a folder with some '
            f'({", ".join(IMAGE_SUFFIXES)}), but got {inputs} without any'
        )
    return list(found)


def _names(images: Sequence[Source]) -> list[str]:
    """Stems of files, numbers of arrays; made unique where they are not."""
    names: list[str] = []
    for index, image in enumerate(images):
        array = isinstance(image, np.ndarray)
        name = f'{index:06d}' if array else Path(image).stem
        while name in names:
            name += f'-{index}'
        names.append(name)
    return names


def _beside(
    images: Sequence[Source],
    maps: Source | Sequence[Source | None] | None,
    what: str,
    suffixes: tuple[str, ...],
) -> list[Source | None]:
    if maps is None:
        return [None] * len(images)
    if isinstance(maps, str | os.PathLike) and Path(maps).is_dir():
        return [_in_folder(image, Path(maps), suffixes) for image in images]
    single = isinstance(maps, str | os.PathLike | np.ndarray)
    listed = [maps] if single else list(maps)
    if len(listed) != len(images):
        raise ValueError(
            f'Expected argument `{what}` to be one for each image, '
            f'{len(images)}, or a folder, but got {len(listed)}'
        )
    return listed


def _in_folder(
    image: Source, folder: Path, suffixes: tuple[str, ...]
) -> Source:
    if isinstance(image, np.ndarray):
        raise ValueError(
            'Expected maps for images that are arrays to be a list of '
            f'arrays or files, but got the folder {folder}'
        )
    stem = folder / Path(image).stem
    candidates = [stem.with_name(stem.name + suffix) for suffix in suffixes]
    # Where there is none, reading the first says so for this image alone.
    return next((p for p in candidates if p.is_file()), candidates[0])


def _check_features(features: np.ndarray) -> np.ndarray:
    if features.ndim != 3 or not np.isfinite(features).all():
        raise ValueError(
            'Expected argument `features` to be a finite (C, h, w) array, '
            f'but got shape {features.shape}'
        )
    return features.astype(np.float32)
