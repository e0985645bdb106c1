"""Weights of detectors' backbones by name, for mmengine's ``init_cfg``.

``dict(type='Pretrained', checkpoint='mmcuts3d://dino_resnet50')`` is fetched,
kept and checked as the weights of the feature extractors are.
"""

from collections import OrderedDict
from typing import Any

import torch
from mmengine.dist import barrier, get_dist_info

from .features.weights import OfficialWeights, WeightsError, find_weights
from .resnet_weights import convert_resnet

PREFIX = 'mmcuts3d://'

#: Addresses as in the repositories facebookresearch/dino (README.md) and
#: WXinlong/DenseCL (README.md; ImageNet, 200 epochs), whose link to the file
#: is that of a host that is no more: it is to be placed by hand.
BACKBONE_WEIGHTS = {
    'dino_resnet50': OfficialWeights(
        'resnet50',
        1,
        'dino_resnet50_pretrain.pth',
        '/dino/dino_resnet50_pretrain/dino_resnet50_pretrain.pth',
    ),
    'densecl_resnet101': OfficialWeights(
        'resnet101',
        1,
        'densecl_r101_imagenet_200ep.pth',
        'https://github.com/WXinlong/DenseCL',
    ),
}


def load_from_mmcuts3d(
    filename: str, map_location: Any = None
) -> 'OrderedDict[str, torch.Tensor]':
    """Load a checkpoint by name; mmengine calls it for our prefix.

    In a run of several processes the first downloads and the others wait.

    Args:
        filename (str): ``mmcuts3d://`` and a key of ``BACKBONE_WEIGHTS``.
        map_location (Any): Of ``torch.load``. Defaults to None.

    Returns:
        OrderedDict: The state dict, see :func:`.convert_resnet`.

    Raises:
        ValueError: If there is no such name, or the file holds another
            network; the message names the file.
        WeightsError: If the file cannot be had or read; the message says how
            to place it by hand.
    """
    name = filename.removeprefix(PREFIX)
    if name not in BACKBONE_WEIGHTS:
        raise ValueError(
            f'Expected a checkpoint {PREFIX}NAME with a name of '
            f'{sorted(BACKBONE_WEIGHTS)}, but got {filename!r}'
        )
    rank, _ = get_dist_info()
    if rank == 0:
        find_weights(name, known=BACKBONE_WEIGHTS)
    barrier()
    path = find_weights(name, known=BACKBONE_WEIGHTS)
    try:
        weights = torch.load(path, map_location, weights_only=True)
    except Exception as error:  # pickle, zipfile, EOF: all say "not this"
        raise WeightsError(
            f'{path} cannot be read as a checkpoint ({type(error).__name__}). '
            'If it was not fetched whole, remove it and fetch it again from '
            f'{BACKBONE_WEIGHTS[name].address()}.'
        ) from error
    try:
        state = convert_resnet(weights, BACKBONE_WEIGHTS[name].arch)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    return OrderedDict(state)
