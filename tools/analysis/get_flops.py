"""Counts the operations and the parameters of a detector.

One image of noise goes through the network; neither images nor weights are
needed. Counted are multiply-adds of the operations that mmengine's analysis
knows; what it does not know (RoIAlign, NMS) counts 0. The regions that the
RPN proposes depend on the weights: for two-stage detectors the number is for
as many regions as the untrained network proposes.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import functools
import logging
from typing import Any

from mmengine.config import Config, DictAction

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add('config', help='config of a detector')
    add(
        '--shape',
        type=int,
        nargs=2,
        default=[800, 1333],
        metavar=('HEIGHT', 'WIDTH'),
        help='of the image, in pixels (%(default)s)',
    )
    add(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings that replace those of the config: key=value',
    )
    add_examples(
        parser,
        'tools/analysis/get_flops.py CONFIG --shape 800 1333',
    )
    args = parser.parse_args(arguments)
    if min(args.shape) < 32:
        parser.error(f'--shape: sides of at least 32, but got {args.shape}')
    return args


def count(config: Config, shape: tuple[int, int]) -> dict[str, Any]:
    """Operations and parameters of a config's model.

    Args:
        config (Config): With a detector as its ``model``.
        shape (tuple): Height and width of the image, pixels.

    Returns:
        dict: ``flops`` and ``params`` (float), and ``shape``, that of the
        padded image.

    Raises:
        ValueError: If there is no ``model``, or it is a labeler.
    """
    # --help does not wait for mmdet.
    import torch
    from mmdet.registry import MODELS
    from mmdet.structures import DetDataSample
    from mmengine.analysis import get_model_complexity_info
    from mmengine.model import revert_sync_batchnorm
    from mmengine.registry import init_default_scope

    if 'model' not in config:
        raise ValueError(
            'Expected a config with the field `model`, but got fields '
            f'{sorted(config)}.'
        )
    if str(config.model.type).endswith('Labeler'):
        raise ValueError(
            f'Expected the config of a detector, but got {config.model.type}: '
            'a cut is no network, and its operations cannot be counted.'
        )
    init_default_scope(config.get('default_scope', 'mmdet'))
    torch.manual_seed(0)
    model = revert_sync_batchnorm(MODELS.build(config.model)).eval()
    model.requires_grad_(False)
    sample = DetDataSample(
        metainfo={
            'img_path': 'noise',
            'ori_shape': shape,
            'img_shape': shape,
            'scale_factor': (1.0, 1.0),
        }
    )
    noise = torch.randint(0, 256, (3, *shape), dtype=torch.uint8)
    data = model.data_preprocessor(
        {'inputs': [noise], 'data_samples': [sample]}
    )
    model.forward = functools.partial(
        model.forward, data_samples=data['data_samples']
    )
    # One warning for each kind of operation that counts 0.
    logging.disable(logging.WARNING)
    try:
        found = get_model_complexity_info(
            model,
            inputs=data['inputs'],
            show_table=False,
            show_arch=False,
        )
    finally:
        logging.disable(logging.NOTSET)
    return {
        'flops': found['flops'],
        'params': found['params'],
        'shape': tuple(data['inputs'].shape[-2:]),
    }


def main(arguments: list[str] | None = None) -> int:
    """Counts and prints.

    Args:
        arguments (list[str], optional): Command line. Defaults to None: that
            of the process.

    Returns:
        int: 0.
    """
    args = parse_args(arguments)
    config = load_config(args.config, args.cfg_options)
    found = count(config, tuple(args.shape))
    height, width = found['shape']
    print(f'image: {height} x {width} pixels, padding included')
    print(f'multiply-adds: {found["flops"] / 1e9:.2f} G')
    print(f'parameters: {found["params"] / 1e6:.3f} M')
    return 0


if __name__ == '__main__':
    run_tool_main(main)
