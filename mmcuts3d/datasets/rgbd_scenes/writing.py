"""Writes embedded RGB-D scenes to a folder: images, depth, ground truth.

The layout is that of any user's RGB-D folder, so that the demo runs through
the very code that real images run through.
"""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmcuts3d.files import write_once
from mmcuts3d.labels import CATEGORY_ID, CATEGORY_NAME, encode_mask
from mmcuts3d.labels.coco import CocoAnnotation, CocoImage

from .scene import Scene, make_scene

SETTINGS_FILE = 'scenes.json'
# Raised whenever the same seed would give another picture.
_VERSION = 1


def write_scenes(
    data_root: str | os.PathLike[str],
    num_scenes: int,
    seed: int = 0,
    size: tuple[int, int] = (256, 256),
    num_objects: tuple[int, int] = (2, 5),
) -> Path:
    """Write scenes once; a folder that holds the same ones stays as it is.

    Writes ``color/000000.png`` (RGB), ``depth/000000.png`` (uint16, 0 =
    nearest, 65535 = farthest), ``instances.json`` (COCO, category 'object',
    id 1, RLE) and ``scenes.json`` (the settings). All appear at once: they
    are written beside the folder and moved, so that several processes may
    call this at the same time.

    Args:
        data_root (str | PathLike): The folder to make.
        num_scenes (int): How many, at least 1.
        seed (int): Scene i has the seed of (seed, i). Defaults to 0.
        size (tuple): Height and width, pixels. Defaults to (256, 256).
        num_objects (tuple): Fewest and most objects. Defaults to (2, 5).

    Returns:
        Path: ``data_root``.

    Raises:
        ValueError: If an argument is out of its range, or the folder holds
            something else.
    """
    if num_scenes < 1:
        raise ValueError(
            'Expected argument `num_scenes` to be at least 1, but got '
            f'{num_scenes}'
        )
    if seed < 0:
        raise ValueError(
            f'Expected argument `seed` to be at least 0, but got {seed}'
        )
    root = Path(data_root)
    settings = {
        'version': _VERSION,
        'num_scenes': num_scenes,
        'seed': seed,
        'size': list(size),
        'num_objects': list(num_objects),
    }
    return write_once(
        root,
        lambda: _holds(root, settings),
        lambda draft: _fill(draft, settings),
    )


def _holds(root: Path, settings: dict[str, Any]) -> bool:
    """Whether the folder holds these scenes; False if there is nothing."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    remedy = 'delete it or choose another data_root'
    try:
        found = json.loads((root / SETTINGS_FILE).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(
            f'Expected argument `data_root` to be a new folder or one of '
            f'RGB-D scenes, but got {root} without a readable '
            f'{SETTINGS_FILE}: {remedy}'
        ) from error
    different = [
        f'{key} is {found.get(key)} there and {value} here'
        for key, value in settings.items()
        if found.get(key) != value
    ]
    if different:
        raise ValueError(
            f'Expected argument `data_root` to hold the same RGB-D scenes, '
            f'but got {root} where {", ".join(different)}: {remedy}'
        )
    return True


def _fill(root: Path, settings: dict[str, Any]) -> None:
    (root / 'color').mkdir()
    (root / 'depth').mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for index in range(settings['num_scenes']):
        scene = make_scene(
            _scene_seed(settings['seed'], index),
            tuple(settings['size']),
            tuple(settings['num_objects']),
        )
        name = f'{index:06d}.png'
        _write_png(root / 'color' / name, scene.image[..., ::-1])
        depth = (scene.depth * 65535).round().astype(np.uint16)
        _write_png(root / 'depth' / name, depth)
        height, width = scene.depth.shape
        images.append(CocoImage(index, name, height, width, index).to_dict())
        annotations += _annotations(scene, index, len(annotations))
    truth = {
        'info': {'description': 'RGB-D scenes made by mmcuts3d'},
        'images': images,
        'annotations': annotations,
        'categories': [{'id': CATEGORY_ID, 'name': CATEGORY_NAME}],
    }
    (root / 'instances.json').write_text(json.dumps(truth))
    (root / SETTINGS_FILE).write_text(json.dumps(settings, indent=2) + '\n')


def _scene_seed(seed: int, index: int) -> int:
    """One seed of two numbers, so that neighbouring sets share no scene."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1)[0])


def _write_png(path: Path, image: np.ndarray) -> None:
    if not cv2.imwrite(str(path), image):
        raise OSError(f'could not write {path}')


def _annotations(
    scene: Scene, image_id: int, first: int
) -> list[dict[str, Any]]:
    annotations = []
    for offset, mask in enumerate(scene.masks):
        row = CocoAnnotation.of_mask(encode_mask(mask), image_id, CATEGORY_ID)
        annotations.append({'id': first + offset + 1, **row.to_dict()})
    return annotations
