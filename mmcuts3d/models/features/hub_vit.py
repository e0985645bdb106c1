"""Vision Transformers of transformers, checked before anything is run."""

import json
import logging
import math
import os
import re
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from torch import nn

from mmcuts3d.files import shown

from ..hub import not_to_be_had, tell_hub_download
from .backbones import BACKBONES
from .frozen_vit import MEAN, STD

#: Types of model that can be read.
FAMILIES = ('dinov2', 'dinov2_with_registers', 'dinov3_vit')
_HUB_NAME = re.compile(r'[\w.-]+/[\w.-]+')
#: Read by nobody here, and left out by some who convert weights.
_UNUSED = 'mask_token'
_WHAT = 'a DINOv2 or DINOv3 ViT of transformers'


def model_name(model: str | os.PathLike[str]) -> str:
    """Folder, or name on the hub, of what a user calls a model.

    Args:
        model (str or path): A name of ``BACKBONES``, a name on the hub or a
            folder.

    Returns:
        str: As transformers takes it.

    Raises:
        ValueError: If it is none of the three.
    """
    text = str(model)
    named = {
        name: backbone.weights
        for name, backbone in BACKBONES.items()
        if backbone.source == 'FeaturesFromTransformers'
    }
    if text in named:
        return named[text]
    folder = Path(model).expanduser()
    if folder.is_dir():
        return str(folder)
    if _HUB_NAME.fullmatch(text) and not text.startswith('.'):
        return text
    hint = ' (that one is read by ViTKeys)' if text in BACKBONES else ''
    raise ValueError(
        f'Expected argument `model` to be one of {sorted(named)}, a name on '
        'the hub such as facebook/dinov2-base, or a folder that exists, but '
        f'got {shown(text)!r}{hint}'
    )


def load_config(name: str, hub: dict[str, Any]) -> Any:
    """The config of a model, which is that of a ViT that can be read.

    Args:
        name (str): See :func:`model_name`.
        hub (dict): How the hub is asked: ``local_files_only``, ``revision``.

    Returns:
        PretrainedConfig: With ``patch_size`` a number.

    Raises:
        ImportError: If transformers is not installed.
        ValueError: If it cannot be had, or is of another family.
    """
    try:
        from transformers import AutoConfig
    except ImportError as error:
        raise ImportError(
            'FeaturesFromTransformers needs transformers: `pip install '
            'transformers`'
        ) from error
    try:
        config = AutoConfig.from_pretrained(name, **hub)
    except OSError as error:
        raise _missing(name, error) from error
    except (ValueError, KeyError) as error:
        raise ValueError(
            f'Expected argument `model` to be {_WHAT}, but got {shown(name)}: '
            f'{shown(error)} (DINOv3 needs transformers 4.56 or newer)'
        ) from error
    if config.model_type not in FAMILIES:
        raise ValueError(
            f'Expected argument `model` to be {_WHAT}, one of {FAMILIES}, but '
            f'got {shown(name)} of type {config.model_type!r}'
        )
    sides = config.patch_size
    sides = (sides, sides) if isinstance(sides, int) else tuple(sides)
    if len(set(sides)) != 1 or config.num_channels != 3:
        raise ValueError(
            'Expected argument `model` to take square patches of RGB images, '
            f'but got {shown(name)} with patches of {sides} pixels and '
            f'{config.num_channels} channels'
        )
    config.patch_size = sides[0]
    return config


def load_statistics(
    name: str, hub: dict[str, Any]
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of the images a model was trained on.

    Args:
        name (str): See :func:`model_name`.
        hub (dict): See :func:`load_config`.

    Returns:
        tuple[list[float], list[float]]: Of R, G and B, for values 0 … 255:
        those of the model's ``preprocessor_config.json``, or, with a warning,
        ImageNet's, which DINOv2 and the DINOv3 of web images take.

    Raises:
        ValueError: If that file cannot be read.
    """
    from transformers.utils import cached_file

    path = cached_file(
        name,
        'preprocessor_config.json',
        _raise_exceptions_for_gated_repo=False,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
        **hub,
    )
    if path is None:
        print_log(
            f'{shown(name)} has no preprocessor_config.json: the statistics '
            'of ImageNet are taken, which are wrong for satellite images.',
            logger='current',
            level=logging.WARNING,
        )
        return list(MEAN), list(STD)
    try:
        read = json.loads(Path(path).read_text('utf-8'))
        mean, std = (
            [255 * float(value) for value in read[key]]
            for key in ('image_mean', 'image_std')
        )
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f'Expected {shown(path)} to hold image_mean and image_std, but '
            f'got {type(error).__name__}: {shown(error)}'
        ) from error
    values = mean + std
    if len(mean) != 3 or len(std) != 3 or not all(map(math.isfinite, values)):
        raise ValueError(
            f'Expected {shown(path)} to hold three numbers of image_mean and '
            f'image_std, but got {mean} and {std}'
        )
    if min(std) <= 0:
        raise ValueError(
            f'Expected image_std of {shown(path)} to be positive, but got '
            f'{std}'
        )
    return mean, std


def load_network(name: str, hub: dict[str, Any]) -> nn.Module:
    """The network of a model with all of its weights, in float32.

    Args:
        name (str): See :func:`model_name`.
        hub (dict): See :func:`load_config`.

    Returns:
        nn.Module: Without a head.

    Raises:
        ValueError: If the weights cannot be had or read, or do not fill the
            network: transformers would draw the rest at random.
    """
    from transformers import AutoModel

    tell_hub_download(name, **hub)
    try:
        network, report = AutoModel.from_pretrained(
            name, output_loading_info=True, **hub
        )
    except OSError as error:
        raise _missing(name, error) from error
    except Exception as error:  # safetensors, shapes …: all say "not this"
        raise ValueError(
            f'Expected the weights of {shown(name)} to fit its config, but '
            f'got {type(error).__name__}: {shown(error)}'
        ) from error
    lacking = sorted(
        key for key in report['missing_keys'] if not key.endswith(_UNUSED)
    )
    if lacking:
        raise ValueError(
            f'Expected {shown(name)} to hold all weights of its network, but '
            f'{len(lacking)} are missing, the first {lacking[0]!r}. Fetch all '
            'of its files again.'
        )
    return network.float()


def _missing(name: str, error: OSError) -> ValueError:
    before = ''
    if 'dinov3' in name.lower():
        before = (
            'DINOv3 asks to accept the DINOv3 License on that page first; '
            'then log in with `hf auth login`.'
        )
    return ValueError(str(not_to_be_had(name, error, 'ViT', before)))
