"""Embedded RGB-D scenes with a map of classes: data without a download."""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmcuts3d.datasets.rgbd_scenes import Scene, make_scene
from mmcuts3d.datasets.rgbd_scenes.kinds import KINDS
from mmcuts3d.files import shown, write_once
from mmcuts3d.files.json_files import read_json
from mmcuts3d.registry import DATASETS

from .label_files import CLASSES_FILE, ClassList, write_label_map
from .seg_folder import SegFolder

#: The ground, and what stands on it.
SCENE_CLASSES = ClassList(
    ('floor', 'wall', *KINDS),
    (
        (128, 110, 90),
        (205, 200, 190),
        (230, 60, 60),
        (60, 160, 230),
        (245, 190, 40),
        (60, 175, 75),
        (170, 90, 220),
        (240, 120, 40),
    ),
)
SETTINGS_FILE = 'scenes.json'
#: Hues of the kinds: a class of the world has a look, though no two of its
#: members are alike.
_HUES = dict(zip(KINDS, (0.99, 0.59, 0.125, 0.3, 0.74, 0.06), strict=True))
_HUE_SPREAD = 0.02
# Raised whenever the same settings would give other files.
_VERSION = 1


@DATASETS.register_module()
class ClassScenes(SegFolder):
    """A :class:`SegFolder` of embedded scenes that are made where they lack.

    Each scene has objects of one kind on a floor before a wall. The classes
    are floor, wall and the six kinds; floor and wall share one look, and only
    their geometry differs, while objects of a kind have a hue in common, and
    pattern, tone and shades of their own.

    Args:
        data_root (str): The folder, made on first use.
        num_scenes (int): How many. Defaults to 60.
        scene_seed (int): Other seeds give other scenes. Defaults to 0.
        size (tuple[int, int]): Height and width, pixels. Defaults to
            (256, 256).
        num_objects (tuple[int, int]): Fewest and most objects a scene.
            Defaults to (2, 5).
        **kwargs: Passed to :class:`SegFolder`.

    Raises:
        ValueError: If the folder holds other scenes or something else, or an
            argument is out of range.
    """

    def __init__(
        self,
        data_root: str,
        num_scenes: int = 60,
        scene_seed: int = 0,
        size: tuple[int, int] = (256, 256),
        num_objects: tuple[int, int] = (2, 5),
        **kwargs: Any,
    ) -> None:
        write_class_scenes(
            data_root, num_scenes, scene_seed, size, num_objects
        )
        kwargs.setdefault(
            'data_prefix',
            dict(img_path='images', seg_map_path='labels', depth_path='depth'),
        )
        super().__init__(data_root=data_root, **kwargs)


def class_map(scene: Scene) -> np.ndarray:
    """The classes of a scene's pixels.

    Args:
        scene (Scene): Of :func:`mmcuts3d.datasets.rgbd_scenes.make_scene`.

    Returns:
        np.ndarray: (H, W) uint8, indices of ``SCENE_CLASSES``.
    """
    names = SCENE_CLASSES.names
    ground = np.where(scene.wall, names.index('wall'), names.index('floor'))
    kind = names.index(scene.kind)
    return np.where(scene.masks.any(axis=0), kind, ground).astype(np.uint8)


def make_class_scene(
    seed: int,
    index: int,
    size: tuple[int, int] = (256, 256),
    num_objects: tuple[int, int] = (2, 5),
) -> Scene:
    """A scene of a set: its kind, and a hue of that kind.

    Args:
        seed (int): Of the set.
        index (int): Of the scene in the set; kinds take turns.
        size (tuple[int, int]): Height and width, pixels. Defaults to
            (256, 256).
        num_objects (tuple[int, int]): Fewest and most. Defaults to (2, 5).

    Returns:
        Scene: Always the same from the same arguments.
    """
    rng = np.random.default_rng((seed, index))
    kind = list(KINDS)[index % len(KINDS)]
    hue = (_HUES[kind] + rng.uniform(-_HUE_SPREAD, _HUE_SPREAD)) % 1
    own = int(rng.integers(2**31))
    return make_scene(own, size, num_objects, kind=kind, hue=hue)


def write_class_scenes(
    data_root: str | os.PathLike[str],
    num_scenes: int,
    seed: int = 0,
    size: tuple[int, int] = (256, 256),
    num_objects: tuple[int, int] = (2, 5),
) -> Path:
    """Write scenes once; a folder that holds the same ones stays as it is.

    Writes ``images/00000.png``, ``labels/`` (classes), ``depth/`` (uint16, 0
    = nearest), ``classes.json`` and ``scenes.json`` (the settings). All
    appear at once, so that several processes may call this together.

    Args:
        data_root (str | PathLike): The folder to make.
        num_scenes (int): How many, at least 1.
        seed (int): Of the set, at least 0. Defaults to 0.
        size (tuple[int, int]): Height and width, pixels. Defaults to
            (256, 256).
        num_objects (tuple[int, int]): Fewest and most objects. Defaults to
            (2, 5).

    Returns:
        Path: ``data_root``.

    Raises:
        ValueError: If an argument is out of its range, or the folder holds
            something else.
    """
    for name, value, least in (
        ('num_scenes', num_scenes, 1),
        ('seed', seed, 0),
    ):
        if value < least:
            raise ValueError(
                f'Expected argument `{name}` to be at least {least}, but got '
                f'{value}'
            )
    root = Path(data_root)
    settings = dict(
        version=_VERSION,
        num_scenes=num_scenes,
        seed=seed,
        size=list(size),
        num_objects=list(num_objects),
    )
    return write_once(
        root,
        lambda: _holds(root, settings),
        lambda draft: _fill(draft, settings),
    )


def _holds(root: Path, settings: dict[str, Any]) -> bool:
    """Whether the folder holds these scenes; False if there is nothing."""
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return False
    found = None
    if (root / SETTINGS_FILE).is_file():
        found = read_json(root / SETTINGS_FILE)
    if found != settings:
        raise ValueError(
            f'Expected argument `data_root` to be a new folder, or one of '
            f'embedded scenes with classes of the settings {settings}, but '
            f'got {shown(root)} of {found}: delete it or choose another one'
        )
    return True


def _fill(root: Path, settings: dict[str, Any]) -> None:
    for name in ('images', 'labels', 'depth'):
        (root / name).mkdir()
    for index in range(settings['num_scenes']):
        scene = make_class_scene(
            settings['seed'],
            index,
            tuple(settings['size']),
            tuple(settings['num_objects']),
        )
        name = f'{index:05d}.png'
        depth = (scene.depth * 65535).round().astype(np.uint16)
        for folder, pixels in (
            ('images', scene.image[..., ::-1]),
            ('depth', depth),
        ):
            if not cv2.imwrite(str(root / folder / name), pixels):
                raise OSError(f'could not write {root / folder / name}')
        write_label_map(
            root / 'labels' / name, class_map(scene), SCENE_CLASSES.palette
        )
    content = json.dumps(SCENE_CLASSES.content(), indent=2)
    (root / CLASSES_FILE).write_text(content + '\n')
    (root / SETTINGS_FILE).write_text(json.dumps(settings, indent=2) + '\n')
