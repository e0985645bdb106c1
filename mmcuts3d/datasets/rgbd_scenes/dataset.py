"""The embedded RGB-D scenes as a dataset: written once, read like photos."""

from pathlib import Path
from typing import Any

from mmcuts3d.registry import DATASETS

from ..image_folder import ImageFolder
from .writing import write_scenes


@DATASETS.register_module()
class RGBDScenes(ImageFolder):
    """An :class:`ImageFolder` of scenes that are made where they lack.

    The folder holds ``color/``, ``depth/`` (uint16 PNG, 0 = nearest, 65535 =
    farthest) and the ground truth ``instances.json`` (COCO, category
    'object'). Depth sources and metrics are pointed at them in the config.

    Args:
        data_root (str): The folder, made on first use.
        num_scenes (int): How many scenes. Defaults to 100.
        seed (int): Other seeds give other scenes. Defaults to 0.
        size (tuple[int, int]): Height and width, pixels. Defaults to
            (256, 256).
        num_objects (tuple[int, int]): Fewest and most objects a scene.
            Defaults to (2, 5).
        **kwargs: Passed to :class:`ImageFolder`.

    Raises:
        ValueError: If the folder holds other scenes or something else.
    """

    def __init__(
        self,
        data_root: str,
        num_scenes: int = 100,
        seed: int = 0,
        size: tuple[int, int] = (256, 256),
        num_objects: tuple[int, int] = (2, 5),
        **kwargs: Any,
    ) -> None:
        write_scenes(data_root, num_scenes, seed, size, num_objects)
        kwargs.setdefault('ann_file', 'instances.json')
        kwargs.setdefault('data_prefix', {'img': 'color'})
        super().__init__(data_root=str(Path(data_root)), **kwargs)
