"""From one item to the model's input, or to what is wrong with it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mmengine.config import Config, ConfigDict

from mmcuts3d.datasets.transforms import LoadImage
from mmcuts3d.engine.config import load_config

from .items import Item, check_array_image, given_maps

_LOADERS = ('LoadImage', 'LoadImageFromFile', 'LoadImageFromNDArray')
_DEFAULT_PIPELINE = (
    {'type': 'mmdet.Resize', 'scale': (480, 480), 'keep_ratio': False},
    {'type': 'mmdet.PackDetInputs'},
)


@dataclass
class Prepared:
    """One image on its way.

    Args:
        item (Item): What was given.
        image (np.ndarray, optional): (H, W, 3) uint8 RGB, upright; None if
            it could not be read.
        packed (dict, optional): Input of the model; None if anything went
            wrong, ``metainfo['error']`` then says what.
        metainfo (dict): For a data sample without instances.
    """

    item: Item
    image: np.ndarray | None = None
    packed: dict[str, Any] | None = None
    metainfo: dict[str, Any] = field(default_factory=dict)


def prepare(
    item: Item,
    pipeline: Callable[[dict], dict | None],
    depth_settings: dict[str, Any] | None = None,
) -> Prepared:
    """Read an image and run the pipeline; a bad one is told, not raised.

    Args:
        item (Item): The image and its maps.
        pipeline (Callable): Transforms after loading.
        depth_settings (dict, optional): See :func:`given_maps`.

    Returns:
        Prepared: Depth and features that came with the item lie in the
        metainfo of the packed data sample, where labelers look first.
    """
    is_array = isinstance(item.image, np.ndarray)
    path = item.name if is_array else str(item.image)
    prepared = Prepared(item, metainfo={'img_path': path, 'ori_shape': (1, 1)})
    try:
        results = _load(item, path)
        prepared.image = results['img'][..., ::-1].copy()
        prepared.metainfo['ori_shape'] = results['ori_shape']
        packed = pipeline({**results, 'img_id': 0})
        if packed is None:
            raise ValueError('the pipeline of the config dropped it')
        maps = given_maps(item, depth_settings, results['ori_shape'])
        packed['data_samples'].set_metainfo({**prepared.metainfo, **maps})
        prepared.packed = packed
    except (ValueError, OSError) as error:
        prepared.metainfo['error'] = str(error) or repr(error)
    return prepared


def read_config(model: str | os.PathLike[str] | dict | Config) -> Config:
    """A config from its file or content, as a copy.

    Args:
        model (str, PathLike, dict or Config): The config.

    Returns:
        Config: With the field ``model``.

    Raises:
        ValueError: If it is no config of a model.
    """
    if isinstance(model, str | os.PathLike):
        config = load_config(model)
    elif isinstance(model, Config):
        config = Config(model.to_dict())
    else:
        config = Config(ConfigDict(model).to_dict())
    if 'model' not in config:
        raise ValueError(
            'Expected argument `model` to be a config with the field '
            f'`model`, but got fields {sorted(config)}'
        )
    return config


def transforms_after_loading(config: Config) -> Sequence[dict]:
    """The config's test pipeline without what loads.

    Files are read by LoadImage whatever the config says: it equals
    LoadImageFromFile on plain images and refuses bad ones by name.

    Args:
        config (Config): Of a labeler or detector; without a test dataset
            images are brought to 480×480, as the paper does.

    Returns:
        Sequence[dict]: Configs of transforms.
    """
    try:
        steps = config.test_dataloader.dataset.pipeline
    except AttributeError:
        return _DEFAULT_PIPELINE
    names = [str(step['type']).split('.')[-1] for step in steps]
    return [
        step
        for step, name in zip(steps, names, strict=True)
        if name not in _LOADERS and not name.startswith('LoadAnnotations')
    ]


def _load(item: Item, path: str) -> dict[str, Any]:
    if not isinstance(item.image, np.ndarray):
        return LoadImage()({'img_path': path})
    image = check_array_image(item.image)
    return {
        'img': np.ascontiguousarray(image[..., ::-1]),
        'img_path': path,
        'img_shape': image.shape[:2],
        'ori_shape': image.shape[:2],
    }
