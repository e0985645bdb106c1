"""Trains a detector by its config: python tools/train.py CONFIG.

Several processes on a machine without a GPU (torchrun, --launcher pytorch)
talk by gloo.
"""

import mmcuts3d.registry  # noqa: F401  # isort: skip (checks, repairs)

import argparse
import os
from pathlib import Path

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from mmcuts3d.cli.running import add_examples, run_tool_main
from mmcuts3d.engine.config import load_config
from mmcuts3d.engine.config_data import check_training
from mmcuts3d.engine.config_kinds import check_purpose
from mmcuts3d.engine.optim import in_mixed_precision


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line, in the grammar of mmdet's tools."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', nargs='+', help='config file')
    parser.add_argument(
        '--work-dir', help='folder of logs and checkpoints (work_dirs/CONFIG)'
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from this checkpoint; without a value, from the latest '
        'in the work dir',
    )
    parser.add_argument(
        '--amp', action='store_true', help='automatic mixed precision'
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the batch size',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings that replace those of the config: key=value, '
        'key="[a,b]", key.inner=value',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='how the processes of a job are started',
    )
    # torch.distributed writes --local-rank or --local_rank by its version.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    add_examples(
        parser,
        'tools/train.py CONFIG',
        'tools/train.py CONFIG --work-dir work_dirs/first --resume',
    )
    args = parser.parse_args(arguments)
    if len(args.config) > 1:
        parser.error(
            f'Expected one config, but got {len(args.config)}: '
            f'{", ".join(args.config)}. Start a run for each, or make one '
            'file that inherits from them: _base_ = [...]'
        )
    (args.config,) = args.config
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    return args


def read_config(args: argparse.Namespace) -> Config:
    """The config with the command line's settings in it.

    Raises:
        ValueError: If ``--auto-scale-lr`` is given and the config does not
            say for which batch size its learning rate is.
    """
    config = load_config(args.config, args.cfg_options)
    config.launcher = args.launcher
    if args.work_dir is not None:
        config.work_dir = args.work_dir
    elif config.get('work_dir') is None:
        config.work_dir = str(Path('work_dirs') / Path(args.config).stem)
    if args.amp:
        wrapper = config.optim_wrapper
        wrapper.type = in_mixed_precision(wrapper.get('type', ''))
        config.optim_wrapper.loss_scale = 'dynamic'
    if args.auto_scale_lr:
        if 'base_batch_size' not in (config.get('auto_scale_lr') or {}):
            raise ValueError(
                'Expected the config to state `auto_scale_lr.base_batch_size`'
                ' for --auto-scale-lr, but got none'
            )
        config.auto_scale_lr.enable = True
    if args.resume is not None:
        config.resume = True
        config.load_from = None if args.resume == 'auto' else args.resume
    return config


def main() -> None:
    """Builds the runner and trains."""
    args = parse_args()
    config = read_config(args)
    check_purpose(config, args.config, 'train')
    check_training(config, args.config)
    setup_cache_size_limit_of_dynamo()
    Runner.from_cfg(config).train()


if __name__ == '__main__':
    run_tool_main(main, goes_on='--resume')
